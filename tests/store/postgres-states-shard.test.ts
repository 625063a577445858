/** The rule *states* in a real PostgreSQL. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../store/open-store.ts';
import { schemaOf } from '../../store/postgres-schema.ts';
import { testStatesStore } from '../store-contract-states.ts';
import { randomFrom } from './made-likes.ts';
import { allOf, madePresses, modelOf } from './made-presses.ts';
import { type PostgresUnderTest, startPostgres } from './postgres-server.ts';

/** Making and opening a store takes longer here than counting does. */
const PROPERTY_RUNS = 6;
const WRITERS = 8;

let postgres: PostgresUnderTest;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
});

testStatesStore(
  'postgres',
  async () => {
    const options = { ...postgres.freshStore(), rule: 'states' } as const;
    return {
      open: () => openStore(options),
      breakShard: (index) =>
        postgres.connect(
          `BEGIN; LOCK TABLE ${schemaOf(options.name, index)}.shard IN EXCLUSIVE MODE`,
        ),
      async [Symbol.asyncDispose]() {},
    };
  },
  PROPERTY_RUNS,
);

describe('PostgresStatesShard', () => {
  test('is exact under many writers of the same users and posts, without a deadlock', async () => {
    const options = { ...postgres.freshStore(), shards: 1, rule: 'states' } as const;
    await using store = await openStore({ ...options, connectionsMax: WRITERS });
    const likes = madePresses(6, 10, 5);
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        const random = randomFrom(writer);
        // Everybody writes everything, each in an order and in batches of its own.
        const own = likes.toSorted(() => random() - 0.5);
        for (let from = 0; from < own.length; from += 40) {
          await store.apply(own.slice(from, from + 40));
        }
      }),
    );
    expect(await allOf(store)).toEqual(modelOf(likes));
    expect(await store.findProblems()).toEqual([]);
  });

  test('stores a batch in two round trips', async () => {
    const options = { ...postgres.freshStore(), shards: 1, rule: 'states' } as const;
    await (await openStore(options))[Symbol.asyncDispose]();
    await using counting = await countRoundTrips(postgres.url);
    await using store = await openStore({ ...options, urls: [counting.url] });
    const likes = madePresses(6, 10, 5);
    // The first batch opens the connection, whose greeting is none of it.
    await store.apply(likes.slice(0, 100));
    const before = counting.roundTrips();
    await store.apply(likes.slice(100));
    expect(counting.roundTrips() - before).toBe(2);
  });

  test('keeps its rule, and another one is refused', async () => {
    const options = postgres.freshStore();
    await (await openStore({ ...options, rule: 'states' }))[Symbol.asyncDispose]();
    await using store = await openStore(options);
    expect(store.rule).toBe('states');
    await expect(openStore({ ...options, rule: 'tally' })).rejects.toMatchObject({
      code: 'STORE_RULE_DIFFERS',
    });
  });

  test.each([
    ['a count that is too large', 'UPDATE $.counts SET likes = likes + 1', /but \d+ users/],
    ['a count that is missing', 'DELETE FROM $.counts', /has no count, but \d+ users/],
    ['an action that was turned', 'UPDATE $.states SET action = 1 - action', /but \d+ users/],
    ['a version that no like has', 'UPDATE $.states SET version = 0', /version 0: no like has/],
    ['a column below 0', 'UPDATE $.counts SET likes = -5', /: below 0/],
  ])('findProblems names %s', async (_, statement, finding) => {
    const options = { ...postgres.freshStore(), rule: 'states' } as const;
    await using store = await openStore(options);
    await store.apply(madePresses(20, 5, 3).filter(({ seq }) => seq % 4 !== 2));
    expect(await store.findProblems()).toEqual([]);
    await postgres.sql(statement.replaceAll('$', schemaOf(options.name, 1)));
    expect((await store.findProblems()).join('\n')).toMatch(finding);
  });
});

interface RoundTrips extends AsyncDisposable {
  readonly url: string;
  /** How often a client spoke after the server had, or first. */
  roundTrips(): number;
}

/** Stands between client and server, and passes on all that they say. */
async function countRoundTrips(url: string): Promise<RoundTrips> {
  const target = new URL(url);
  let turns = 0;
  const proxy = createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    let hasServerSpoken = true;
    client.on('data', (bytes) => {
      if (hasServerSpoken) turns += 1;
      hasServerSpoken = false;
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      hasServerSpoken = true;
      client.write(bytes);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const through = new URL(url);
  through.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    url: through.href,
    roundTrips: () => turns,
    async [Symbol.asyncDispose]() {
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
