/** A limit on the transactions of shards in a real PostgreSQL, and another routing than slots. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CountStore } from '../../store/count-store.ts';
import { openStore } from '../../store/open-store.ts';
import { madeLike, madeLikes } from './made-likes.ts';
import { type PostgresUnderTest, startPostgres } from './postgres-server.ts';

const PER_S = 200;
const BUCKET = PER_S / 10;

let postgres: PostgresUnderTest;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres?.[Symbol.asyncDispose]());

const optionsOf = (name: string) =>
  ({ engine: 'postgres', urls: [postgres.url], name, shards: 1 }) as const;

/** One transaction a like, four at a time, as a process that counts would. */
async function applyOneByOne(store: CountStore, source: string, count: number): Promise<void> {
  const likes = madeLikes(source, count);
  await Promise.all(
    [0, 1, 2, 3].map(async (first) => {
      for (let at = first; at < count; at += 4) await store.apply([likes[at]!]);
    }),
  );
}

test('all processes share the bucket of a shard', async () => {
  const options = { ...optionsOf('bucket'), transactionsPerSMax: PER_S };
  await using one = await openStore(options);
  await using other = await openStore(options);
  expect(await one.settings()).toMatchObject({ transactionsPerSMax: String(PER_S) });
  const startedMs = performance.now();
  await Promise.all([
    applyOneByOne(one, 'a', BUCKET),
    applyOneByOne(other, 'b', BUCKET + PER_S / 5),
  ]);
  // A bucketful at once; the rest at the rate.
  const waited = BUCKET + PER_S / 5;
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual((waited * 1_000) / PER_S);
  expect((await one.totals()).marks).toBe(2 * BUCKET + PER_S / 5);
  expect(await one.findProblems()).toEqual([]);
});

test('posts stand where the routing says, and another routing is refused', async () => {
  const options = { ...optionsOf('letters'), shards: 2, routing: { name: 'letters' } } as const;
  await using store = await openStore(options);
  await store.apply([
    madeLike('a', 0, { post: 'ada', action: 'like' }),
    madeLike('a', 1, { post: 'zoe', action: 'like' }),
  ]);
  const held = store.shards.map(async (shard) => {
    return (await Array.fromAsync(shard.counts())).map(({ post }) => post);
  });
  expect(await Promise.all(held)).toEqual([['ada'], ['zoe']]);
  expect(await store.settings()).toMatchObject({ routing: 'letters' });
  expect(await store.findProblems()).toEqual([]);
  await expect(openStore({ ...options, routing: { name: 'jump' } })).rejects.toMatchObject({
    code: 'STORE_ROUTING_DIFFERS',
  });
});

test('several processes that open a limited store at once all get it', async () => {
  const options = { ...optionsOf('at_once'), shards: 3 };
  // It is there, and its buckets are not: so all make them at the same moment.
  await (await openStore(options))[Symbol.asyncDispose]();
  const limited = { ...options, transactionsPerSMax: PER_S };
  const opened = await Promise.all(Array.from({ length: 8 }, () => openStore(limited)));
  for (const store of opened) await store[Symbol.asyncDispose]();
});
