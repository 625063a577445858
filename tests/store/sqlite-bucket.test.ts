import { describe, expect, test } from 'vitest';
import type { CountStore } from '../../store/count-store.ts';
import { openStore } from '../../store/open-store.ts';
import { monotonicUs } from '../../store/transaction-bucket.ts';
import { madeLike } from './made-likes.ts';
import { shardsOf, tamper, temporaryFolder } from './store-folder.ts';

const PER_S = 200;
/** What is in a bucket that nobody has used. */
const BUCKET = PER_S / 10;

function openLimited(folder: string): Promise<CountStore> {
  return openStore({ folder, shards: 1, transactionsPerSMax: PER_S });
}

/** One transaction each, all asked for at once; resolves with how long they took, in s. */
async function applyMany(store: CountStore, source: string, count: number): Promise<number> {
  const startedMs = performance.now();
  const likes = Array.from({ length: count }, (_, seq) => madeLike(source, seq));
  await Promise.all(likes.map((like) => store.apply([like])));
  return (performance.now() - startedMs) / 1_000;
}

describe('a shard that limits its transactions', () => {
  test('gives an idle process’s part to one that is at work', async () => {
    using temporary = temporaryFolder();
    await using _idle = await openLimited(temporary.folder);
    await using store = await openLimited(temporary.folder);
    const tookS = await applyMany(store, 'a', BUCKET + PER_S / 2);
    // Half a second at the whole rate; at half of it, as if it were shared out, a whole second.
    expect(tookS).toBeGreaterThan(0.49);
    expect(tookS).toBeLessThan(0.9);
    expect((await store.totals()).likes).toBeGreaterThan(0);
    expect(await store.findProblems()).toEqual([]);
  });

  test('keeps to its rate over all processes that are at work', async () => {
    using temporary = temporaryFolder();
    await using one = await openLimited(temporary.folder);
    await using other = await openLimited(temporary.folder);
    const each = BUCKET / 2 + PER_S / 5;
    const startedMs = performance.now();
    await Promise.all([applyMany(one, 'a', each), applyMany(other, 'b', each)]);
    expect(performance.now() - startedMs).toBeGreaterThan(399);
    const { marks } = await one.totals();
    expect(marks).toBe(2 * each);
  });

  test('tells its limit, and counts nothing while it holds back', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder, shards: 2, transactionsPerSMax: 10 });
    expect(await store.settings()).toMatchObject({ shards: '2', transactionsPerSMax: '10' });
    // The bucket of shard 0 is empty for the next 100 ms.
    const fullUs = monotonicUs() + 100_000;
    tamper(folder, 0, `INSERT INTO meta VALUES ('bucketFullUs', ${fullUs})`);
    const [held, free] = await Promise.all(
      shardsOf(store).map(async (shard) => {
        await shard.apply([madeLike('a', shard.index)], [0], 1);
        return monotonicUs();
      }),
    );
    expect(held).toBeGreaterThanOrEqual(fullUs);
    expect(free).toBeLessThan(held!);
  });
});
