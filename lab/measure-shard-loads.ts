/** What a trial did to each shard: likes, transactions, and how late those of the hottest are. */
import { largestOverMean } from './calculate-loads.ts';
import type { StoredCounts } from './checker.ts';
import { LatencyRecorder } from './latency-histogram.ts';
import { Places, readLikeTimes } from './measure-latency.ts';
import { KIND } from './record-format.ts';
import { Names, readMerged } from './record-reader.ts';
import type { TrialResult } from './trial-result.ts';

type ShardLoads = NonNullable<TrialResult['shardLoads']>;

export interface ShardLoadsInput {
  readonly producerRecords: readonly string[];
  readonly consumerRecords: readonly string[];
  /** Distinct likes. */
  readonly likes: number;
  /** Paced trials: likes due in this time are not measured; undefined takes no latency. */
  readonly warmUpS: number | undefined;
  /** Of each consumer, commits by shard. */
  readonly transactions: readonly (readonly number[])[];
}

/** `measured`: what each shard holds, by measureShards. Undefined for a store that cannot tell. */
export async function measureShardLoads(
  input: ShardLoadsInput,
  stored: Pick<StoredCounts, 'shards'>,
  measured: NonNullable<TrialResult['shards']>,
): Promise<ShardLoads | undefined> {
  const shardOf = await shardFinder(stored);
  if (shardOf === undefined) return undefined;
  const likes = measured.map((one) => one.likes + one.unlikes);
  const transactions = likes.map((_, shard) =>
    input.transactions.reduce((sum, own) => sum + (own[shard] ?? 0), 0),
  );
  const hottest = likes.indexOf(Math.max(...likes));
  return {
    transactions,
    likesRatio: largestOverMean(likes),
    transactionsRatio: largestOverMean(transactions),
    hottest,
    ...(input.warmUpS !== undefined && latenciesOf(input, input.warmUpS, shardOf, hottest)),
  };
}

type ShardOf = (post: string) => number;

/** By what the shards themselves say. */
async function shardFinder({ shards }: Pick<StoredCounts, 'shards'>): Promise<ShardOf | undefined> {
  const owners: ((post: string) => boolean)[] = [];
  for (const shard of shards) {
    const owns = await shard.ownership?.();
    if (owns === undefined) return undefined;
    owners.push(owns);
  }
  const known = new Map<string, number>();
  return (post) => {
    const found = known.get(post) ?? owners.findIndex((owns) => owns(post));
    known.set(post, found);
    return found;
  };
}

function latenciesOf(
  input: ShardLoadsInput,
  warmUpS: number,
  shardOf: ShardOf,
  hottest: number,
): Pick<ShardLoads, 'hottestLatency' | 'othersLatency'> {
  const times = readLikeTimes(input);
  const shards = shardByPlace(input, shardOf);
  const fromUs = (times.due[0] ?? 0) + warmUpS * 1e6;
  const [hot, others] = [new LatencyRecorder(), new LatencyRecorder()];
  for (let place = 0; place < times.size; place++) {
    const us = times.visible[place]! - times.due[place]!;
    if (times.due[place]! < fromUs || Number.isNaN(us)) continue;
    (shards[place] === hottest ? hot : others).record(us);
  }
  return { hottestLatency: hot.summary(), othersLatency: others.summary() };
}

/** In the order of first sends, as the times are. */
function shardByPlace({ producerRecords, likes }: ShardLoadsInput, shardOf: ShardOf): Int16Array {
  const names = new Names();
  const places = new Places();
  const shards = new Int16Array(likes).fill(-1);
  for (const block of readMerged(producerRecords, names)) {
    if (block.kind !== KIND.attempted) continue;
    const { seq, post } = block;
    for (let index = 0; index < block.count; index++) {
      const place = places.add(block.source, seq(index));
      if (place !== undefined) shards[place] = shardOf(names.nameOf(post(index)));
    }
  }
  return shards;
}
