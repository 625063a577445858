/** How a workload's likes would fall on the shards, routing by routing: counted, not measured. */
import { readSurnames } from '../likes/workloads/author-posts.ts';
import { type Workload, WorkloadHash } from '../likes/workloads/workload.ts';
import type { CalculatedLoads } from './sharding-schema.ts';

/** A routing as the lab is given it; store/routing has them. */
export interface RoutingRule {
  readonly name: string;
  /** From 0 to `shards - 1`. */
  shardOf(post: string, shards: number): number;
  /** Where a post stands after one shard was added, where that is not `shardOf` of one more. */
  afterOneMore?(post: string, shards: number): number;
}

/** All of them, for ranges of ids that were cut when there were so many. */
export type RoutingRules = (idsSeen: number) => readonly RoutingRule[];

export const SHARDS = [2, 4, 8, 16, 32, 64];
/** The number of shards whose loads are kept one by one, for a picture. */
export const BAR_SHARDS = 8;
/** Loads change over a stream: it is cut into so many parts of equally many likes. */
const PARTS = 10;

/** Likes by part of the stream and post, both by their places. */
interface PostLoads {
  readonly posts: readonly string[];
  readonly sent: number;
  readonly hash: string;
  /** `parts[part][place]`. */
  readonly parts: readonly Uint32Array[];
}

/** One pass over the stream. Tenths are of the distinct likes; a retry counts where it comes. */
export function countByPost(workload: Workload): PostLoads {
  const { posts, likes } = workload;
  const places = new Map(posts.map((post, place) => [post, place]));
  const parts = Array.from({ length: PARTS }, () => new Uint32Array(posts.length));
  const hash = new WorkloadHash();
  let sent = 0;
  let distinct = 0;
  for (const like of workload.stream()) {
    hash.add(like);
    const part = parts[Math.min(PARTS - 1, Math.floor((distinct * PARTS) / likes))]!;
    part[places.get(like.post)!]!++;
    sent++;
    if (!like.retry) distinct++;
  }
  return { posts, sent, hash: hash.digest(), parts };
}

/**
 * Trending video ids say nothing of when they came; the place in the order of their first day does,
 * so it is put behind them: a range of ids needs a number that rises. The other routings see the
 * same ids.
 */
export function idsOf({ name, posts }: Pick<Workload, 'name' | 'posts'>): readonly string[] {
  return name === 'trending' ? posts.map((post, place) => `${post}#${place}`) : posts;
}

/** The loads of one workload under each routing, for each number of shards. */
export function calculateLoads(
  workload: Workload,
  stream: string,
  rules: RoutingRules,
): { loads: CalculatedLoads; hash: string } {
  const counted = countByPost(workload);
  const whole = sumOf(counted.parts);
  const ids = idsOf(workload);
  const routings = rules(workload.postsAtStart).map((rule) => {
    const shardsOf = SHARDS.map((shards) => ids.map((id) => rule.shardOf(id, shards)));
    const ratioOf = (load: Uint32Array) => (shardOf: readonly number[], at: number) =>
      largestOverMean(loadsOf(load, shardOf, SHARDS[at]!));
    const byPart = counted.parts.map((part) => shardsOf.map(ratioOf(part)));
    const bars = loadsOf(whole, shardsOf[SHARDS.indexOf(BAR_SHARDS)]!, BAR_SHARDS);
    return {
      routing: rule.name,
      postRatios: shardsOf.map(ratioOf(whole.map((likes) => (likes > 0 ? 1 : 0)))),
      ratios: shardsOf.map(ratioOf(whole)),
      ratiosWorstTenth: SHARDS.map((_, at) => Math.max(...byPart.map((ratios) => ratios[at]!))),
      bars: Array.from(bars),
    };
  });
  const { topShare } = workload;
  return {
    hash: counted.hash,
    loads: {
      ...{ stream, sent: counted.sent, posts: whole.filter((likes) => likes > 0).length },
      ...{ shards: SHARDS, routings },
      topPost: {
        share: topShareIn(whole),
        shareWorstTenth: Math.max(...counted.parts.map(topShareIn)),
        ...(topShare && { expectedShare: topShare.whole, expectedShareMost: topShare.most }),
      },
    },
  };
}

function sumOf(parts: readonly Uint32Array[]): Uint32Array {
  const sum = new Uint32Array(parts[0]!.length);
  for (const part of parts) for (const [place, likes] of part.entries()) sum[place]! += likes;
  return sum;
}

function loadsOf(load: Uint32Array, shardOf: readonly number[], shards: number): Float64Array {
  const loads = new Float64Array(shards);
  for (const [place, likes] of load.entries()) loads[shardOf[place]!]! += likes;
  return loads;
}

/** 1 when all are alike, and as many as there are shards when one has everything. */
export function largestOverMean(loads: ArrayLike<number>): number {
  const all = Array.from(loads);
  const sum = all.reduce((running, load) => running + load, 0);
  return sum === 0 ? 1 : (Math.max(...all) * all.length) / sum;
}

function topShareIn(load: Uint32Array): number {
  const sum = load.reduce((running, likes) => running + likes, 0);
  const most = load.reduce((running, likes) => Math.max(running, likes), 0);
  return sum === 0 ? 0 : most / sum;
}

/** What surnames alone make of ranges of letters, were all posts liked alike. */
export function expectedByLetter(letters: RoutingRule): number[] {
  const surnames = readSurnames();
  return SHARDS.map((shards) => {
    const people = new Float64Array(shards);
    for (const one of surnames) people[letters.shardOf(one.name, shards)]! += one.people;
    return largestOverMean(people);
  });
}

/** The share of keys that must move, by a formula for each routing. */
const MOVED_EXPECTED: Readonly<Record<string, (shards: number, rule: RoutingRule) => number>> = {
  // Letters are too few for a formula: those whose range is another one, by their people.
  letters(shards, rule) {
    const surnames = readSurnames();
    const isMoved = ({ name }: (typeof surnames)[number]) =>
      rule.shardOf(name, shards) !== rule.shardOf(name, shards + 1);
    const sumOfPeople = (some: typeof surnames) => some.reduce((sum, one) => sum + one.people, 0);
    return sumOfPeople(surnames.filter(isMoved)) / sumOfPeople(surnames);
  },
  // Each border i/S becomes i/(S + 1), and what lies between the two moves: half in all.
  ids: () => 1 / 2,
  // A remainder stays where it is in 1 of S + 1 cases.
  modulo: (shards) => shards / (shards + 1),
  // Only what the new shard is to hold.
  jump: (shards) => 1 / (shards + 1),
  rendezvous: (shards) => 1 / (shards + 1),
  slots: (shards) => 1 / (shards + 1),
};

const SHARDS_BEFORE = [4, 8, 16, 32];

/** The same keys under each routing, before and after a shard is added. */
export function calculateMoves(
  keys: readonly string[],
  rules: RoutingRules,
): NonNullable<CalculatedLoads['moves']> {
  const routings = rules(keys.length).map((rule) => {
    const after = (key: string, shards: number) =>
      rule.afterOneMore?.(key, shards) ?? rule.shardOf(key, shards + 1);
    return {
      routing: rule.name,
      moved: SHARDS_BEFORE.map((shards) => {
        const moved = keys.filter((key) => after(key, shards) !== rule.shardOf(key, shards));
        return moved.length / keys.length;
      }),
      expected: SHARDS_BEFORE.map((shards) => MOVED_EXPECTED[rule.name]?.(shards, rule) ?? 1),
    };
  });
  return { keys: keys.length, shardsBefore: SHARDS_BEFORE, routings };
}
