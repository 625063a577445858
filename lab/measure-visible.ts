/**
 * Visible is visible: what a reader saw of a few posts, against the times at which the records say
 * that their likes became visible. A record is written after the commit that it tells of, so:
 *
 * - what was recorded as visible before a read began must be in that read. If not, it is _stale_.
 * - a like that is in a read must have been delivered to a consumer before the read was over. If
 *   not, it was visible too _early_: something other than its recorded delivery made it count.
 * - between the two lies the commit. A read that shows a like before its record was written says
 *   how late that record is at least, and so by how much a latency is told too long.
 *
 * A reader that is itself held up sees nothing meanwhile, and says nothing against anybody: a like
 * is missed only by a read that began long enough after its record and did not show it.
 *
 * The first two need no tolerance: all processes read one clock, and SQLite shows whoever begins to
 * read after a commit that commit (sqlite.org/isolation.html).
 */
import { KIND } from './record-format.ts';
import { Names, type RecordBlock, readMerged } from './record-reader.ts';
import { readSightings, type Sighting } from './sightings.ts';

/** A read that begins this long after a like's record and does not show it has missed it. */
export const SEEN_US_MAX = 500_000;
/** A record that is later than this tells a latency that is too long. */
export const RECORD_LATE_US_MAX = 10_000;
/** Of the likes seen, so many records may be: a process that has to wait for a core between a
 * commit and its record is no fault of anybody. */
const TOO_LATE_SHARE_MAX = 0.01;
const TOO_LATE_LIKES_MAX = 5;

export interface VisibleInput {
  readonly consumerRecords: readonly string[];
  /** Of one reader. */
  readonly sightings: string;
}

/** Times in µs. `seen`: the end of the first read that showed the like. */
export interface VisibleMeasure {
  readonly posts: number;
  /** Likes of these posts that were recorded as visible. */
  readonly likes: number;
  /** Those that the reader saw. */
  readonly confirmed: number;
  /** Those that it saw later than SEEN_US_MAX after their record, or never. */
  readonly seenLate: number;
  /** Of those, never seen, or not seen by a read that began later than SEEN_US_MAX after it. */
  readonly missed: number;
  /** Likes in a read that nobody had delivered by its end. */
  readonly early: number;
  /** Likes that a read did not show although they had been recorded as visible before it began. */
  readonly stale: number;
  /** Reads after which a count had become smaller, which no count here ever does. */
  readonly shrunk: number;
  /** Seen minus recorded, over all that were confirmed; below 0 where the record came later. */
  readonly afterRecord: {
    readonly leastUs: number;
    readonly p1Us: number;
    readonly p50Us: number;
    readonly p99Us: number;
    readonly mostUs: number;
  };
  /** Likes seen before their record was written: late by at least this much. */
  readonly recordLate: {
    readonly likes: number;
    /** By more than RECORD_LATE_US_MAX. */
    readonly tooLate: number;
    readonly p99Us: number;
    readonly mostUs: number;
  };
}

/** Of one post, each in rising order. */
interface Recorded {
  readonly deliveredUs: number[];
  readonly visibleUs: number[];
}

/**
 * Undefined when none of the watched likes was recorded as visible or seen.
 * @throws LabError RECORDS_UNREADABLE when a file is not what it should be
 */
export function measureVisible(input: VisibleInput): VisibleMeasure | undefined {
  const { posts, sightings } = readSightings(input.sightings);
  const recorded = recordedOf(posts, input.consumerRecords);
  const afterUs: number[] = [];
  const sums = { early: 0, stale: 0, shrunk: 0, missed: 0 };
  for (const [place, of] of recorded.entries()) {
    const ofPost = sightings.filter((sighting) => sighting.place === place);
    compare(ofPost, of, sums, afterUs);
  }
  const likes = recorded.reduce((sum, { visibleUs }) => sum + visibleUs.length, 0);
  if (likes === 0 || afterUs.length === 0) return undefined;
  const sorted = Float64Array.from(afterUs).sort();
  const late = sorted.filter((us) => us < 0).map((us) => -us);
  late.sort();
  return {
    posts: posts.length,
    likes,
    confirmed: sorted.length,
    seenLate: likes - sorted.length + sorted.filter((us) => us > SEEN_US_MAX).length,
    ...sums,
    missed: likes - sorted.length + sums.missed,
    afterRecord: {
      leastUs: sorted[0]!,
      p1Us: at(sorted, 0.01),
      p50Us: at(sorted, 0.5),
      p99Us: at(sorted, 0.99),
      mostUs: sorted.at(-1)!,
    },
    recordLate: {
      likes: late.length,
      tooLate: late.filter((us) => us > RECORD_LATE_US_MAX).length,
      p99Us: at(late, 0.99),
      mostUs: late.at(-1) ?? 0,
    },
  };
}

/** Why the numbers of the trial cannot stand; undefined is a measure that nobody could take. */
export function doubtsOfVisible(visible: VisibleMeasure | undefined): string[] {
  if (visible === undefined) return ['no like was confirmed to be visible by a reader'];
  const { early, stale, shrunk, missed, confirmed, recordLate } = visible;
  const doubts: string[] = [];
  if (early > 0) doubts.push(`visible too early: ${early} likes seen before their delivery`);
  if (recordLate.tooLate > Math.max(TOO_LATE_LIKES_MAX, TOO_LATE_SHARE_MAX * confirmed)) {
    const limit = `${RECORD_LATE_US_MAX / 1000} ms`;
    doubts.push(
      `visible too early: ${recordLate.tooLate} of ${confirmed} likes seen more than ${limit} ` +
        'before their record, so latencies are too long',
    );
  }
  if (stale > 0) doubts.push(`not visible: ${stale} likes missing in a read after their commit`);
  if (shrunk > 0) doubts.push(`not visible: counts became smaller in ${shrunk} reads`);
  if (missed > 0) {
    const limit = SEEN_US_MAX / 1000;
    doubts.push(`not visible: ${missed} likes not seen within ${limit} ms of their commit`);
  }
  return doubts;
}

/** What a reader was held up for is told, and strikes nothing: it is the lab's own process. */
export function notesOfVisible(
  visible: VisibleMeasure | undefined,
  { pollIntervalUsMax }: { readonly pollIntervalUsMax: number },
): string[] {
  const late = visible === undefined ? 0 : visible.seenLate - visible.missed;
  if (late === 0) return [];
  return [
    `late reader: it saw ${late} likes more than ${SEEN_US_MAX / 1000} ms after their record, ` +
      `and once did not look for ${Math.round(pollIntervalUsMax / 1000)} ms`,
  ];
}

function compare(
  sightings: readonly Sighting[],
  { deliveredUs, visibleUs }: Recorded,
  sums: { early: number; stale: number; shrunk: number; missed: number },
  afterUs: number[],
): void {
  let count = 0;
  for (const { likes, unlikes, beforeUs, fromUs, toUs } of sightings) {
    const next = likes + unlikes;
    // The read before this one still showed the count before it, and this one shows its own.
    const missing = [countUpTo(visibleUs, beforeUs) - count, countUpTo(visibleUs, fromUs) - next];
    sums.stale += Math.max(0, ...missing);
    if (next < count) sums.shrunk++;
    sums.early += Math.max(0, next - Math.max(count, countUpTo(deliveredUs, toUs)));
    for (let place = count; place < Math.min(next, visibleUs.length); place++) {
      afterUs.push(toUs - visibleUs[place]!);
      // The read before this one did not show it.
      if (beforeUs - visibleUs[place]! > SEEN_US_MAX) sums.missed++;
    }
    count = Math.max(count, next);
  }
}

/** First deliveries and commits of each post, whichever consumer saw them. */
function recordedOf(posts: readonly string[], paths: readonly string[]): Recorded[] {
  const names = new Names();
  const placeOf = new Map(posts.map((post, place) => [names.numberOf(post), place]));
  const recorded: Recorded[] = posts.map(() => ({ deliveredUs: [], visibleUs: [] }));
  /** By source and seq: the place of its post. */
  const watched = new Map<number, Map<number, number>>();
  for (const block of readMerged(paths, names)) {
    const ofSource = watched.get(block.source) ?? new Map<number, number>();
    watched.set(block.source, ofSource);
    if (block.kind === KIND.delivered) readDelivered(block, placeOf, ofSource, recorded);
    else if (block.kind === KIND.fresh) readFresh(block, ofSource, recorded);
  }
  return recorded;
}

function readDelivered(
  { count, seq, post, timeUs }: RecordBlock,
  placeOf: ReadonlyMap<number, number>,
  ofSource: Map<number, number>,
  recorded: readonly Recorded[],
): void {
  for (let index = 0; index < count; index++) {
    const place = placeOf.get(post(index));
    if (place === undefined || ofSource.has(seq(index))) continue;
    ofSource.set(seq(index), place);
    recorded[place]!.deliveredUs.push(timeUs);
  }
}

function readFresh(
  { count, seq, timeUs }: RecordBlock,
  ofSource: ReadonlyMap<number, number>,
  recorded: readonly Recorded[],
): void {
  for (let index = 0; index < count; index++) {
    const place = ofSource.get(seq(index));
    if (place !== undefined) recorded[place]!.visibleUs.push(timeUs);
  }
}

/** How many of the times, in rising order, are not after `us`. */
function countUpTo(timesUs: readonly number[], us: number): number {
  let [low, high] = [0, timesUs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timesUs[middle]! <= us) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The value that a share of the sorted ones is not above; 0 without any. */
function at(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
