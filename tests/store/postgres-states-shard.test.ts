/** The rule *states* in a real PostgreSQL. */
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
