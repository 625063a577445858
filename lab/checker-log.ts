/**
 * Compares the server's own log with the sends: for brokers whose server keeps what was
 * acknowledged, in lanes whose places it numbers one by one. About nine bytes a place in memory.
 */
import type { LogEntry } from '../brokers/broker.ts';
import type { Like } from '../likes/like.ts';
import { likeIn } from './checker-store.ts';
import type { Ledger } from './ledger.ts';
import { LikeCounts, type LikeStates } from './like-states.ts';
import { KIND } from './record-format.ts';
import type { Names, RecordBlock } from './record-reader.ts';

export interface LogInput {
  /** Read after the trial by a fresh client. */
  readonly log?: Iterable<LogEntry> | undefined;
  /** Read once more by another one, with nothing done to the log in between. */
  readonly logAgain?: Iterable<LogEntry> | undefined;
}

export type LogFindings = Pick<
  Ledger,
  'offsetConflicts' | 'offsetGaps' | 'storedAgain' | 'splitPosts'
> & {
  /** Likes in the log that were never attempted. */
  readonly phantom: number;
};

const PLACES_PER_PAGE = 1_024;
/** In the place of a source: a message that is no like. Its seq is then a hash of its text. */
const NO_SOURCE = 0xffff_ffff;
const SEQ_MAX = 0xffff_ffff;

/** What was found at a place: the readings that had it, as bits, and whether they differed. */
const FOUND = { reading: 1, readingAgain: 2, differs: 4 } as const;

/** Some neighbouring places of a lane. */
interface Page {
  readonly sources: Uint32Array;
  readonly seqs: Uint32Array;
  readonly found: Uint8Array;
}

class Lane {
  readonly #pages = new Map<number, Page>();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #held = 0;

  /** Tells whether the place is a new one. */
  add(position: number, reading: number, source: number, seq: number): boolean {
    const place = position % PLACES_PER_PAGE;
    const page = this.#pageAt((position - place) / PLACES_PER_PAGE);
    const before = page.found[place]!;
    page.found[place]! |= reading;
    if (before !== 0) {
      const isSame = page.sources[place] === source && page.seqs[place] === seq;
      if (!isSame) page.found[place]! |= FOUND.differs;
      return false;
    }
    page.sources[place] = source;
    page.seqs[place] = seq;
    this.#first = Math.min(this.#first, position);
    this.#last = Math.max(this.#last, position);
    this.#held++;
    return true;
  }

  gaps(): number {
    return this.#held === 0 ? 0 : this.#last - this.#first + 1 - this.#held;
  }

  /** Places with two different answers; `readings` are those that should have had each place. */
  conflicts(readings: number): number {
    let conflicts = 0;
    for (const { found } of this.#pages.values()) {
      for (let place = 0; place < found.length; place++) {
        if (found[place] !== 0 && found[place] !== readings) conflicts++;
      }
    }
    return conflicts;
  }

  #pageAt(number: number): Page {
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = {
        sources: new Uint32Array(PLACES_PER_PAGE),
        seqs: new Uint32Array(PLACES_PER_PAGE),
        found: new Uint8Array(PLACES_PER_PAGE),
      };
      this.#pages.set(number, page);
    }
    return page;
  }
}

/**
 * After the sends. `sends` reads the records of the producers again, and only where there is a log.
 */
export function checkLog(
  { log, logAgain }: LogInput,
  names: Names,
  states: LikeStates,
  sends: () => readonly Iterable<RecordBlock>[],
): LogFindings {
  if (log === undefined) return { ...NO_LOG };
  const check = new LogCheck(names, states);
  check.read(log, FOUND.reading);
  if (logAgain !== undefined) check.read(logAgain, FOUND.readingAgain);
  takeSends(sends(), check.copies);
  const lanes = [...check.lanes.values()];
  const readings = FOUND.reading | (logAgain === undefined ? 0 : FOUND.readingAgain);
  return {
    offsetConflicts: lanes.reduce((sum, lane) => sum + lane.conflicts(readings), 0),
    offsetGaps: lanes.reduce((sum, lane) => sum + lane.gaps(), 0),
    storedAgain: check.copies.sum(),
    splitPosts: check.splitPosts.size,
    phantom: check.phantom,
  };
}

const NO_LOG = {
  offsetConflicts: undefined,
  offsetGaps: undefined,
  storedAgain: undefined,
  splitPosts: undefined,
  phantom: 0,
};

class LogCheck {
  readonly lanes = new Map<number, Lane>();
  /** How many places hold each like. */
  readonly copies = new LikeCounts();
  readonly splitPosts = new Set<number>();
  phantom = 0;
  readonly #laneOfPost = new Map<number, number>();
  readonly #names: Names;
  readonly #states: LikeStates;

  constructor(names: Names, states: LikeStates) {
    this.#names = names;
    this.#states = states;
  }

  read(entries: Iterable<LogEntry>, reading: number): void {
    for (const { lane: number, position, text } of entries) {
      let lane = this.lanes.get(number);
      if (lane === undefined) {
        lane = new Lane();
        this.lanes.set(number, lane);
      }
      const like = likeIn(text);
      if (like === undefined) {
        lane.add(position, reading, NO_SOURCE, hashOf(text));
        continue;
      }
      const source = this.#names.numberOf(like.source);
      const isNew = lane.add(position, reading, source, Math.min(like.seq, SEQ_MAX));
      if (isNew) this.#addCopy(like, source, number);
    }
  }

  #addCopy({ seq, post }: Like, source: number, lane: number): void {
    if (!this.#states.isAttempted(source, seq)) {
      this.phantom++;
      return;
    }
    this.copies.add(source, seq);
    const number = this.#names.numberOf(post);
    const known = this.#laneOfPost.get(number);
    if (known === undefined) this.#laneOfPost.set(number, lane);
    else if (known !== lane) this.splitPosts.add(number);
  }
}

/** Each send explains one copy, whatever was answered to it. */
function takeSends(files: readonly Iterable<RecordBlock>[], copies: LikeCounts): void {
  for (const file of files) {
    for (const { kind, count, source, seq } of file) {
      if (kind !== KIND.attempted) continue;
      for (let index = 0; index < count; index++) copies.take(source, seq(index));
    }
  }
}

/** 32-bit FNV-1a over UTF-16 units (draft-eastlake-fnv): only ever compared with itself. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
