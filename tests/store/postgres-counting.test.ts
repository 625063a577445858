/** Many writers, cut connections and changed slot maps, on a real PostgreSQL. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Like } from '../../likes/like.ts';
import { openStore } from '../../store/open-store.ts';
import { schemaOf, writeSlotMap } from '../../store/postgres-schema.ts';
import { PostgresSessions } from '../../store/postgres-sessions.ts';
import type { PostgresStoreOptions } from '../../store/postgres-store.ts';
import type { ShardedStore } from '../../store/sharded-store.ts';
import { evenSlotMap, withPostMoved } from '../../store/slot-map.ts';
import { CommitCutter } from './commit-cutter.ts';
import { allCounts, madeLike, madeLikes, modelCounts, randomFrom } from './made-likes.ts';
import { type PostgresUnderTest, SHARDS, startPostgres } from './postgres-server.ts';

const WRITERS = 8;
const LIKES_PER_SOURCE = 600;
const BATCH_SIZE = 60;

let postgres: PostgresUnderTest;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** Over some 20 blocks of marks, in an order of this seed's own. */
function shuffledBatches(sources: readonly string[], seed: number): Like[][] {
  const random = randomFrom(seed);
  const likes = sources.flatMap((source) =>
    Array.from({ length: LIKES_PER_SOURCE }, (_, n) => madeLike(source, n * 101)),
  );
  const keyed = likes.map((like) => ({ like, key: random() }));
  const shuffled = keyed.sort((one, other) => one.key - other.key).map(({ like }) => like);
  const batches: Like[][] = [];
  for (let start = 0; start < shuffled.length; start += BATCH_SIZE) {
    batches.push(shuffled.slice(start, start + BATCH_SIZE));
  }
  return batches;
}

/**
 * What all writers have in turn with what only this one has: the first meet in the marks, and so
 * hardly ever in the counts; the second meet in the counts alone.
 */
function batchesOf(writer: number): Like[][] {
  const own = shuffledBatches([`own-${writer}`], writer);
  const all = shuffledBatches(['one', 'two'], writer);
  return all.flatMap((batch, index) => [batch, ...own.slice(index, index + 1)]);
}

async function open(options: PostgresStoreOptions): Promise<ShardedStore> {
  return (await openStore(options)) as ShardedStore;
}

/** Puts a map into force as a mover does: in the shards, then in the store. */
async function changeSlotMap(store: ShardedStore, options: PostgresStoreOptions): Promise<void> {
  const map = withPostMoved(evenSlotMap(SHARDS), 'a post that nobody likes', [1, 2]);
  for (const shard of store.shards) await shard.adoptSlotMap(map);
  await using home = new PostgresSessions({ url: options.urls[0]! });
  await writeSlotMap(home, schemaOf(options.name, 0), map);
}

test('eight writers, all with the same likes, a new map and a retired source: exact', async () => {
  const options = { ...postgres.freshStore(), lockTimeoutMs: 20_000 };
  // None of them is there yet: eight at once make one store.
  const stores = await Promise.all(Array.from({ length: WRITERS }, () => open(options)));
  const likes = stores.flatMap((_, writer) => batchesOf(writer).flat());
  const fresh = stores.map(() => 0);
  const write = async (store: ShardedStore, writer: number) => {
    for (const batch of batchesOf(writer)) {
      await store.apply(batch, (commit) => {
        fresh[writer]! += commit.fresh.length;
      });
    }
  };
  const change = async (store: ShardedStore) => {
    await store.apply(madeLikes('gone', 50));
    await changeSlotMap(store, options);
    expect(await store.retireSource('gone')).toBe(50);
  };
  await Promise.all([...stores.map(write), change(stores[0]!)]);
  const store = stores[1]!;
  expect(await allCounts(store)).toEqual(modelCounts([...likes, ...madeLikes('gone', 50)]));
  expect(fresh.reduce((sum, count) => sum + count, 0)).toBe((WRITERS + 2) * LIKES_PER_SOURCE);
  // Proof that they did write side by side.
  expect(fresh.filter((count) => count > 0).length).toBeGreaterThan(WRITERS / 2);
  expect(await store.findProblems()).toEqual([]);
  expect(await store.shards[3]!.slotMapVersion()).toBe(2);
  const [statistics] = await postgres.sql(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  expect(statistics!.deadlocks).toBe('0');
  for (const each of stores) await each[Symbol.asyncDispose]();
});

test.each(['before', 'after'] as const)(
  'a connection cut %s a COMMIT is an outage, and a retry is exact',
  async (where) => {
    const { cutter, url } = await CommitCutter.start(postgres.url);
    await using _ = cutter;
    const options = postgres.freshStore();
    await using store = await openStore({ ...options, urls: [url] });
    await using witness = await openStore(options);
    await store.apply(madeLikes('warm', 40));
    const likes = madeLikes('a', 400);
    const heard: number[] = [];
    cutter.cutNext(where);
    const outage = store.apply(likes, ({ fresh }) => heard.push(...fresh));
    await expect(outage).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining(
        'what was counted before the connection ended has its marks',
      ),
    });
    expect(cutter.made).toBe(1);
    const heardAtOnce = heard.length;
    expect(heardAtOnce).toBeLessThan(400);
    const stored = (await witness.totals()).marks - 40;
    // Cut before, nobody has stored what was not heard of; cut after, that shard has all of it.
    expect(stored).toBe(where === 'before' ? heard.length : 400);
    const seen: number[] = [];
    await store.apply(likes, (commit) => {
      heard.push(...commit.fresh);
      seen.push(...commit.seen);
    });
    expect(seen.length).toBe(stored);
    expect(heard.length).toBe(where === 'before' ? 400 : heardAtOnce);
    expect(await allCounts(witness)).toEqual(modelCounts([...madeLikes('warm', 40), ...likes]));
    expect(await witness.findProblems()).toEqual([]);
  },
);

test('a server that is killed while it counts is an outage, and a retry is exact', async () => {
  await using store = await openStore(postgres.freshStore());
  const likes = madeLikes('a', 100_000);
  let heard = 0;
  let attempted = 0;
  const countTo = async (end: number, handed?: () => void) => {
    for (let start = 0; start < end; start += 100) {
      attempted = Math.max(attempted, start + 100);
      await store.apply(likes.slice(start, start + 100), ({ fresh }) => {
        heard += fresh.length;
      });
      if (start === 1_000) handed?.();
    }
  };
  let killed: Promise<unknown> | undefined;
  const counted = countTo(likes.length, () => {
    killed = postgres.server.kill();
  });
  await expect(counted).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await killed;
  await postgres.server.start();
  // Whatever was heard of is there. More may be: commits whose answer was lost.
  expect((await store.totals()).marks).toBeGreaterThanOrEqual(heard);
  await countTo(attempted);
  expect(await allCounts(store)).toEqual(modelCounts(likes.slice(0, attempted)));
  expect(await store.findProblems()).toEqual([]);
});

test('a commit that no standby has confirmed is an outage, although it is stored', async () => {
  await using store = await openStore({ ...postgres.freshStore(), shards: 1 });
  await store.apply(madeLikes('warm', 1));
  onTestFinished(async () => {
    await postgres.sql('ALTER SYSTEM RESET synchronous_standby_names');
    await postgres.sql('SELECT pg_reload_conf()');
  });
  await postgres.sql("ALTER SYSTEM SET synchronous_standby_names = 'absent'");
  await postgres.sql('SELECT pg_reload_conf()');
  await untilCommitsWait();
  const applied = store.apply(madeLikes('a', 10)).then(
    () => undefined,
    (error: Error) => error,
  );
  while ((await cancelWaitingCommits()) === 0);
  expect(await applied).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('not known to be safe (canceling wait for synchronous'),
  });
  await postgres.sql('ALTER SYSTEM RESET synchronous_standby_names');
  await postgres.sql('SELECT pg_reload_conf()');
  await store.apply(madeLikes('a', 10));
  expect((await store.totals()).marks).toBe(11);
});

/** How many commits waited for a standby, and do no more. */
async function cancelWaitingCommits(): Promise<number> {
  const cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  return (await postgres.sql(cancel)).length;
}

/** A transaction that writes into the log of the server and nowhere else. */
const WRITE = "SELECT pg_logical_emit_message(true, 'probe', 'text')";

/**
 * A process of the server reads its settings again when it comes to it, and the one that decides
 * whether commits wait is busy for a while after a restart. So commits are tried until one waits.
 */
async function untilCommitsWait(): Promise<void> {
  for (;;) {
    let isOver = false;
    const commit = postgres.sql(WRITE).finally(() => {
      isOver = true;
    });
    let cancelled = 0;
    while (!isOver && cancelled === 0) cancelled = await cancelWaitingCommits();
    await commit;
    if (cancelled > 0) return;
  }
}

test('a source that was retired elsewhere is refused, also when its blocks are known', async () => {
  const options = postgres.freshStore();
  await using store = await openStore(options);
  await using elsewhere = await openStore(options);
  await store.apply(madeLikes('a', 100));
  await store.apply(madeLikes('b', 100));
  expect(await elsewhere.retireSource('a')).toBe(100);
  const refused = store.apply([madeLike('a', 1), madeLike('b', 100)]);
  await expect(refused).rejects.toMatchObject({ code: 'LIKES_REFUSED', refusals: [{ index: 0 }] });
  expect(await store.totals()).toMatchObject({ marks: 101, marksDropped: 100 });
  expect(await store.findProblems()).toEqual([]);
});

test('a store that was deleted and made again is counted into as a new one', async () => {
  const options = postgres.freshStore();
  await using store = await openStore(options);
  await store.apply(madeLikes('a', 100));
  const rows = ['counts', 'marks'].flatMap((table) =>
    [0, 1, 2, 3].map((index) => `DELETE FROM ${schemaOf(options.name, index)}.${table}`),
  );
  await postgres.sql(rows.join(';'));
  await store.apply(madeLikes('a', 100));
  expect(await allCounts(store)).toEqual(modelCounts(madeLikes('a', 100)));
});
