import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../store/open-store.ts';
import { SqliteBucket } from '../../store/sqlite-bucket.ts';
import { ADMISSION_WAIT_MS_MAX, monotonicUs } from '../../store/transaction-bucket.ts';
import { madeLike } from './made-likes.ts';
import { shardsOf, tamper, temporaryFolder } from './store-folder.ts';

const PER_S = 200;
/** What is in a bucket that nobody has used. */
const BUCKET = PER_S / 10;

/** Buckets of several processes on one shard, on a clock that only waiting moves. */
function sharedBucket(processes: number) {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT');
  const clock = { nowUs: 1_000_000 };
  const wait = async (ms: number) => {
    const wakesUs = clock.nowUs + ms * 1_000;
    // Whoever waits shorter wakes first.
    while (clock.nowUs < wakesUs) {
      await Promise.resolve();
      clock.nowUs = Math.min(wakesUs, clock.nowUs + 100);
    }
  };
  const time = { nowUs: () => clock.nowUs, wait };
  const buckets = Array.from(
    { length: processes },
    () => new SqliteBucket(database, 'a shard', PER_S, time),
  );
  return { buckets, clock };
}

/** One transaction after the other; with the moments of their admission, in ms. */
async function takeMany(bucket: SqliteBucket, count: number, clock: { nowUs: number }) {
  const admittedMs: number[] = [];
  for (let taken = 0; taken < count; taken++) {
    await bucket.whenAdmitted(() => bucket.take());
    admittedMs.push(clock.nowUs / 1_000 - 1_000);
  }
  return admittedMs;
}

describe('the bucket of a shard', () => {
  test('gives an idle process’s part to the one that is at work', async () => {
    const { buckets, clock } = sharedBucket(2);
    const admittedMs = await takeMany(buckets[0]!, BUCKET + PER_S / 2, clock);
    // Half a second at the whole rate; were it shared out, it would be a second.
    expect(admittedMs.at(-1)).toBeCloseTo(500, 0);
    expect(admittedMs[BUCKET - 1]).toBe(0);
  });

  test('keeps to its rate when two are at work, and lets both in', async () => {
    const { buckets, clock } = sharedBucket(2);
    const found = await Promise.all(buckets.map((one) => takeMany(one, BUCKET, clock)));
    expect(Math.max(...found.flat())).toBeGreaterThanOrEqual((BUCKET * 1_000) / PER_S - 0.1);
    expect(Math.max(...found.flat())).toBeLessThan((2 * BUCKET * 1_000) / PER_S);
  });

  test('calls it an outage when others are let in for ever', async () => {
    const { buckets, clock } = sharedBucket(1);
    const [bucket] = buckets;
    await takeMany(bucket!, BUCKET, clock);
    const never = bucket!.whenAdmitted(() => {
      // Somebody else takes each token just before this one asks.
      bucket!.take();
      bucket!.take();
    });
    await expect(never).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(
        /a shard: not among the 200 transactions a second.*offer less/,
      ),
    });
    expect(clock.nowUs / 1_000).toBeGreaterThan(ADMISSION_WAIT_MS_MAX);
  });
});

describe('a store with a limit', () => {
  test('tells it, and counts nothing in a shard whose bucket is empty', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder, shards: 2, transactionsPerSMax: 10 });
    expect(await store.settings()).toMatchObject({ shards: '2', transactionsPerSMax: '10' });
    const fullUs = monotonicUs() + 100_000;
    tamper(folder, 0, `INSERT INTO meta VALUES ('bucketFullUs', ${fullUs})`);
    const [held] = shardsOf(store);
    await held!.apply([madeLike('a', 0)], [0], 1);
    expect(monotonicUs()).toBeGreaterThanOrEqual(fullUs);
    expect((await store.totals()).marks).toBe(1);
  });

  test('shares one bucket among all that open it', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    const open = () => openStore({ folder, shards: 1, transactionsPerSMax: PER_S });
    await using one = await open();
    await using other = await open();
    const startedUs = monotonicUs();
    const each = (store: typeof one, source: string) =>
      Array.from({ length: BUCKET }, (_, seq) => store.apply([madeLike(source, seq)]));
    await Promise.all([...each(one, 'a'), ...each(other, 'b')]);
    // A bucketful at once; as many more take a tenth of a second.
    expect(monotonicUs() - startedUs).toBeGreaterThanOrEqual(100_000);
    expect((await one.totals()).marks).toBe(2 * BUCKET);
  });
});
