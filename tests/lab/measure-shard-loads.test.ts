import { describe, expect, test } from 'vitest';
import { measureShardLoads, type ShardLoadsInput } from '../../lab/measure-shard-loads.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import { shardLoadsSchema } from '../../lab/sharding-schema.ts';
import { madeLike } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

const POSTS = ['hot', 'cold', 'hot', 'hot', 'cold'];
const likes = POSTS.map((post, seq) => madeLike('gateway-1', seq, { post }));
/** Due at 0, 1, 2, 3 and 4 s; what is hot becomes visible 500 ms later, what is cold 20 ms. */
const DUE_US = [0, 1e6, 2e6, 3e6, 4e6];
const LATE_US = { hot: 500_000, cold: 20_000 } as const;

const shardOf = (index: number) => ({
  marks: () => [],
  counts: () => [],
  ownership: () => (post: string) => (post === 'hot' ? 1 : 0) === index,
});
const STORED = { shards: [shardOf(0), shardOf(1)] };
const MEASURED = [
  { shard: 0, posts: 1, likes: 2, unlikes: 0 },
  { shard: 1, posts: 1, likes: 2, unlikes: 1 },
];

async function withRecords<Result>(
  use: (input: ShardLoadsInput) => Promise<Result>,
): Promise<Result> {
  using folder = recordsFolder();
  const [producer, consumer] = [folder.path('producer'), folder.path('consumer')];
  {
    using sent = new RecordWriter(producer);
    using counted = new RecordWriter(consumer);
    for (const [place, like] of likes.entries()) {
      sent.attempted(DUE_US[place]! + 100, [like], [100]);
      sent.outcome(DUE_US[place]! + 200, [like], 'ok');
      counted.delivered(DUE_US[place]! + 300, [like]);
      const visibleUs = DUE_US[place]! + LATE_US[like.post as keyof typeof LATE_US];
      counted.stored(visibleUs, [like], []);
    }
  }
  const records = { producerRecords: [producer], consumerRecords: [consumer] };
  return await use({ ...records, likes: 5, warmUpS: 0.5, transactions: [[1, 3], [1]] });
}

describe('the loads of shards', () => {
  test('are likes and transactions over all consumers, largest over mean', async () => {
    const loads = await withRecords((input) => measureShardLoads(input, STORED, MEASURED));
    expect(loads).toMatchObject({
      ...{ hottest: 1, transactions: [2, 3], likesRatio: 1.2, transactionsRatio: 1.2 },
    });
    expect(() => shardLoadsSchema.parse(loads)).not.toThrow();
  });

  test('have the latency of the hottest shard apart, after the warm-up', async () => {
    const loads = await withRecords((input) => measureShardLoads(input, STORED, MEASURED));
    const { hottestLatency, othersLatency } = loads!;
    expect([hottestLatency!.samples, othersLatency!.samples]).toEqual([2, 2]);
    expect(hottestLatency!.p99Us / LATE_US.hot).toBeCloseTo(1, 2);
    expect(othersLatency!.p99Us / LATE_US.cold).toBeCloseTo(1, 2);
  });

  test('have no latency where none is asked for', async () => {
    const loads = await withRecords((input) =>
      measureShardLoads({ ...input, warmUpS: undefined }, STORED, MEASURED),
    );
    expect(loads).not.toHaveProperty('hottestLatency');
  });

  test('are unknown where the store cannot tell whose a post is', async () => {
    const blind = { shards: [{ marks: () => [], counts: () => [] }] };
    const loads = withRecords((input) => measureShardLoads(input, blind, MEASURED));
    expect(await loads).toBeUndefined();
  });
});
