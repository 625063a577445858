/**
 * The check of likes that a gateway wrote into a database by `+1`: nothing there knows single
 * likes, so each post's count is held against what was acknowledged for it. A like of unknown
 * outcome may be in it or not, so where there are such likes the count lies in a range.
 *
 * _lost_ is what a count lacks to the acknowledged likes of its post, _double effects_ what it has
 * beyond all that may be in it. Likes and unlikes are counts of their own.
 */
import type { CheckInput, CheckOutput } from '../checker.ts';
import { openReading, readSends } from '../checker-records.ts';
import type { Ledger } from '../ledger.ts';
import { LikeStates, STATE } from '../like-states.ts';
import { KIND } from '../record-format.ts';
import { Names, type RecordBlock } from '../record-reader.ts';

/** Of one post and action. */
interface CountRange {
  /** Acknowledged, and acknowledged or of unknown outcome. */
  least: number;
  most: number;
  stored: number;
}

export async function checkDirect(input: CheckInput): Promise<CheckOutput> {
  const names = new Names();
  const likes = new LikeStates();
  const { read, truncations } = openReading(names);
  const readProducers = () => read(input.producerRecords);
  const sends = readSends(readProducers(), likes);
  const sweep = likes.sweep();
  const ranges = new Map<string, CountRange>();
  for (const file of readProducers()) addSends(file, likes, (key) => rangeOf(ranges, key));
  let counted = 0;
  for (const shard of input.stored.shards) {
    for await (const { post, likes: pressed, unlikes } of shard.counts()) {
      const number = names.numberOf(post);
      rangeOf(ranges, keyOf(number, false)).stored += pressed;
      rangeOf(ranges, keyOf(number, true)).stored += unlikes;
      counted += pressed + unlikes;
    }
  }
  // The database does not tell which of a post's likes it holds, so a like is known as counted
  // where none of its post is missing.
  const isWhole = ({ least, stored }: CountRange) => stored >= least;
  const posts = postsOf(readProducers(), ranges, isWhole);
  input.swept?.({
    isAcknowledged: (source, seq) => likes.has(names.numberOf(source), seq, STATE.ok),
    isCounted: (source, seq) => posts.has(`${names.numberOf(source)} ${seq}`),
  });
  return {
    ledger: ledgerOf(input, { ...sweep, counted, again: sends.again }, [...ranges.values()]),
    truncations: truncations(),
    lostOkUsFirst: undefined,
    lostOkUsLast: undefined,
    lostBefore: undefined,
  };
}

function keyOf(post: number, isUnlike: boolean): string {
  return `${isUnlike ? '-' : '+'}${post}`;
}

function rangeOf(ranges: Map<string, CountRange>, key: string): CountRange {
  const known = ranges.get(key);
  if (known !== undefined) return known;
  const range = { least: 0, most: 0, stored: 0 };
  ranges.set(key, range);
  return range;
}

function addSends(
  file: Iterable<RecordBlock>,
  likes: LikeStates,
  of: (key: string) => CountRange,
): void {
  for (const { kind, count, source, seq, post, isUnlike } of file) {
    if (kind !== KIND.attempted) continue;
    for (let index = 0; index < count; index++) {
      const range = of(keyOf(post(index), isUnlike(index)));
      const state = likes.get(source, seq(index));
      const isOk = (state & STATE.ok) !== 0;
      if (isOk) range.least++;
      // A like without any outcome was under way when its gateway ended.
      if (isOk || (state & STATE.fail) === 0) range.most++;
    }
  }
}

/** The numbers of the likes whose count lacks nothing. */
function postsOf(
  files: readonly Iterable<RecordBlock>[],
  ranges: ReadonlyMap<string, CountRange>,
  isWhole: (range: CountRange) => boolean,
): Set<string> {
  const whole = new Set<string>();
  for (const file of files) {
    for (const { kind, count, source, seq, post, isUnlike } of file) {
      if (kind !== KIND.attempted) continue;
      for (let index = 0; index < count; index++) {
        const range = ranges.get(keyOf(post(index), isUnlike(index)))!;
        if (isWhole(range)) whole.add(`${source} ${seq(index)}`);
      }
    }
  }
  return whole;
}

interface Sums {
  readonly attempted: number;
  readonly ok: number;
  readonly unknown: number;
  readonly fail: number;
  readonly counted: number;
  readonly again: number;
}

function ledgerOf(input: CheckInput, sums: Sums, ranges: readonly CountRange[]): Ledger {
  const add = (of: (range: CountRange) => number) =>
    ranges.reduce((sum, range) => sum + Math.max(0, of(range)), 0);
  const lost = add(({ least, stored }) => least - stored);
  const doubleEffects = add(({ most, stored }) => stored - most);
  const recovered = add(({ least, most, stored }) => Math.min(stored, most) - least);
  const errorOf = ({ least, most, stored }: CountRange) =>
    Math.max(least - stored, stored - most, 0);
  const errors = ranges.map(errorOf);
  const { attempted, ok, unknown, fail, counted, again } = sums;
  return {
    ...{ attempted, ok, unknown, fail, counted, lost, doubleEffects, recovered },
    ...{ stuck: 0, redelivered: 0, revived: 0, phantom: 0, parked: 0, wronglyParked: 0 },
    ...{ inversions: 0, inversionSeqsMax: 0, sentAgain: again },
    miscountedPosts: errors.filter((error) => error > 0).length,
    miscountedLikes: errors.reduce((sum, error) => sum + error, 0),
    miscountedLikesMax: errors.reduce((most, error) => Math.max(most, error), 0),
    ...{ unexpectedPosts: undefined, expectedPosts: undefined },
    residual:
      Math.abs(input.sums.attempted - (ok + unknown + fail)) +
      Math.abs(ok + recovered + doubleEffects - lost - counted),
  };
}
