import { describe, expect, test } from 'vitest';
import type { Like } from '../../../likes/like.ts';
import { HotPath } from '../../../store/hot/hot-path.ts';
import { openPostMover } from '../../../store/hot/post-mover.ts';
import { openStore } from '../../../store/open-store.ts';
import { slotOf } from '../../../store/slot.ts';
import { madeLike, modelCounts, randomFrom } from '../made-likes.ts';
import { temporaryFolder } from '../store-folder.ts';

const LIKES = 4_000;
const BATCH = 20;
const CONSUMERS = 2;

/** Half of them on one post, and each tenth delivered again much later, to either consumer. */
function deliveries(): { likes: Like[]; batches: Like[][] } {
  const random = randomFrom(7);
  const likes = Array.from({ length: LIKES }, (_, seq) =>
    madeLike('gateway', seq, {
      post: random() < 0.5 ? 'hot' : `post-${seq % 40}`,
      user: `user-${seq % 300}`,
    }),
  );
  const again = likes.filter(() => random() < 0.1);
  const order = [...likes, ...again].map((like) => ({ like, at: like.seq + random() * LIKES }));
  const sorted = order.sort((one, other) => one.at - other.at).map(({ like }) => like);
  const batches = Array.from({ length: Math.ceil(sorted.length / BATCH) }, (_, batch) =>
    sorted.slice(batch * BATCH, (batch + 1) * BATCH),
  );
  return { likes, batches };
}

describe('a hot post that is cured while it is counted', () => {
  test('is counted exactly: split, isolated, held, taken back, likes coming again', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    const options = { folder, shards: 5, spareShards: 1 };
    const { likes, batches } = deliveries();
    const half = batches.length / 2;
    const done = { batches: 0 };
    const reached = async (batch: number) => {
      while (done.batches < batch) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    const orders = new Set<HotPath>();
    const consume = async () => {
      await using store = await openStore(options);
      const smallTransactions = { likesMax: 5, atOnceMax: 4 };
      const path = new HotPath(store, { nowMs: () => performance.now(), smallTransactions });
      orders.add(path);
      for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
        await path.apply(batch);
        done.batches++;
      }
    };
    const mover = openPostMover(options);
    const cure = async () => {
      await reached(5);
      await mover.split('hot', [0, 1, 2]);
      expect((await mover.slotMap()).exceptions.get('hot')).toEqual([0, 1, 2]);
      await reached(half * 0.4);
      for (const path of orders) path.hold({ posts: ['hot'], lingerMs: 2, likesMax: 50 });
      await mover.isolate('hot', 4);
      await reached(half * 0.8);
      for (const path of orders) path.hold({ posts: [], lingerMs: 2, likesMax: 50 });
      await mover.takeBack('hot');
      expect((await mover.slotMap()).exceptions.size).toBe(0);
    };
    await Promise.all([...Array.from({ length: CONSUMERS }, consume), cure()]);

    await using store = await openStore({ folder, readOnly: true });
    const expected = modelCounts(likes);
    expect(await store.countsOf(expected.map(({ post }) => post))).toEqual(expected);
    expect(await store.findProblems()).toEqual([]);
    const owners = await Promise.all(store.shards.map((shard) => shard.ownership()));
    expect(owners.findIndex((owns) => owns('hot'))).toBe(Math.floor((slotOf('hot') * 4) / 4_096));
  }, 60_000);
});
