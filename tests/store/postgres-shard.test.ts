/** The store in a real PostgreSQL: the contract, what it is opened with, what its audit finds. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StoreUnavailableError } from '../../store/errors.ts';
import { openStore } from '../../store/open-store.ts';
import { schemaOf } from '../../store/postgres-schema.ts';
import { fence } from '../../store/postgres-shard.ts';
import { deletePostgresStore } from '../../store/postgres-store.ts';
import { testStore } from '../store-contract.ts';
import { allCounts, madeLike, madeLikes, modelCounts } from './made-likes.ts';
import { type PostgresUnderTest, startPostgres } from './postgres-server.ts';

/** Each makes a store and opens it three times, which takes longer here than counting does. */
const PROPERTY_RUNS = 12;

let postgres: PostgresUnderTest;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

testStore(
  'postgres',
  async () => {
    const options = postgres.freshStore();
    return {
      open: () => openStore(options),
      // Holds the lock of the shard's row, as a process does that was stopped.
      breakShard: (index) =>
        postgres.connect(
          `BEGIN; LOCK TABLE ${schemaOf(options.name, index)}.shard IN EXCLUSIVE MODE`,
        ),
      async [Symbol.asyncDispose]() {},
    };
  },
  PROPERTY_RUNS,
);

describe('opening', () => {
  test('a wrong password is refused for good, without a word of the right one', async () => {
    const options = postgres.freshStore();
    const { password } = new URL(postgres.url);
    const url = postgres.url.replace(password, 'guessed');
    const error = await openStore({ ...options, urls: [url] }).catch((found: Error) => found);
    expect(error).toMatchObject({ code: 'STORE_ADDRESS_REFUSED' });
    expect((error as Error).message).toMatch(/127\.0\.0\.1:\d+\/postgres: password .*28P01/);
    expect((error as Error).message).not.toMatch(/guessed/);
    const elsewhere = openStore({ ...options, urls: [postgres.url.replace(/postgres$/, 'none')] });
    await expect(elsewhere).rejects.toMatchObject({ code: 'STORE_ADDRESS_REFUSED' });
  });

  test('a server that is not there is an outage', async () => {
    const options = { ...postgres.freshStore(), urls: ['postgres://lab:secret@127.0.0.1:1/x'] };
    const opened = openStore(options);
    await expect(opened).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(openStore(options)).rejects.toThrow(/^127\.0\.0\.1:1\/x: connect ECONNREFUSED/);
  });

  test.each([
    { urls: [] },
    { urls: ['mysql://localhost/x'] },
    { name: 'Drop table' },
    { shards: 0 },
  ])('wrong options are refused: %j', async (wrong) => {
    const opened = openStore({ ...postgres.freshStore(), ...wrong });
    await expect(opened).rejects.toMatchObject({ code: 'STORE_OPTIONS_INVALID' });
  });

  test('whoever only looks makes no store, and changes none', async () => {
    const options = postgres.freshStore();
    const looking = { ...options, readOnly: true };
    await expect(openStore(looking)).rejects.toMatchObject({ code: 'NOT_A_STORE' });
    await using store = await openStore(options);
    await store.apply(madeLikes('a', 100));
    await using shown = await openStore(looking);
    expect(await allCounts(shown)).toEqual(modelCounts(madeLikes('a', 100)));
    const applied = shown.apply(madeLikes('a', 200));
    await expect(applied).rejects.toThrow(/25006\); open the store for writing/);
    expect(await store.diskBytes()).toBeGreaterThan(100_000);
    expect(await store.settings()).toEqual({
      engine: 'postgres',
      shards: '4',
      postgresVersion: '18.4',
      fsync: 'on',
      synchronousCommit: 'on',
    });
  });

  test('what a dead process began is ended, and a shard that was lost stays lost', async () => {
    const options = postgres.freshStore();
    await (await openStore(options))[Symbol.asyncDispose]();
    const drop = `DROP SCHEMA ${schemaOf(options.name, 3)} CASCADE`;
    const begun = `UPDATE ${schemaOf(options.name, 0)}.store SET is_complete = false`;
    await postgres.sql(`${drop}; ${begun}`);
    const looking = openStore({ ...options, readOnly: true });
    await expect(looking).rejects.toThrow(/is still being made/);
    {
      await using store = await openStore(options);
      await store.apply(madeLikes('a', 100));
      expect(await store.findProblems()).toEqual([]);
    }
    await postgres.sql(drop);
    await expect(openStore(options)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  test('shards go round robin over the addresses, which keep their order', async () => {
    await postgres.sql('CREATE DATABASE second');
    const second = postgres.url.replace(/postgres$/, 'second');
    const options = { ...postgres.freshStore(), urls: [postgres.url, second] };
    {
      await using store = await openStore(options);
      await store.apply(madeLikes('a', 100));
    }
    const schemas = `SELECT count(*)::int AS found FROM pg_namespace
                     WHERE nspname LIKE 'like_store_${options.name}_%'`;
    expect(await postgres.sql(schemas)).toEqual([{ found: 2 }]);
    const turned = { ...options, urls: [...options.urls].reverse(), readOnly: true };
    await expect(openStore(turned)).rejects.toMatchObject({ code: 'NOT_A_STORE' });
    const lacking = openStore({ ...options, urls: [postgres.url] });
    await expect(lacking).rejects.toThrow(/the shard is not there; name the addresses that/);
    const more = openStore({ ...options, shards: 5 });
    await expect(more).rejects.toMatchObject({ code: 'STORE_SHARDS_DIFFER' });
    await deletePostgresStore(options);
    await deletePostgresStore(options);
    expect(await postgres.sql(schemas)).toEqual([{ found: 0 }]);
    await expect(openStore({ ...options, readOnly: true })).rejects.toThrow(/is not there yet/);
  });
});

test('a database without locks of tables is fenced by the lock of a row', async () => {
  const asked: unknown[] = [];
  const session = {
    async ask(statement: unknown) {
      asked.push(statement);
      if (statement !== 'LOCK') return [];
      const cause = Object.assign(new Error('no such thing'), { code: '0A000', severity: 'ERROR' });
      throw new StoreUnavailableError('not here', { cause });
    },
  };
  await fence(session, { lockTable: 'LOCK', lockRow: 'ROW' });
  expect(asked).toEqual(['BEGIN', 'SAVEPOINT fence', 'LOCK', 'ROLLBACK TO SAVEPOINT fence', 'ROW']);
});

test('the audit finds what must never be in a shard', async () => {
  const options = { ...postgres.freshStore(), shards: 2 };
  await using store = await openStore(options);
  await store.apply(madeLikes('a', 100));
  const schema = schemaOf(options.name, 1);
  const [one] = await postgres.sql(`SELECT post FROM ${schema}.counts LIMIT 1`);
  const post = String(one!.post);
  const shard = async () =>
    (await store.findProblems()).filter((line) => line.startsWith('shard 1'));
  await postgres.sql(`UPDATE ${schema}.counts SET likes = likes - 1000 WHERE post = '${post}'`);
  expect(await shard()).toEqual([
    expect.stringMatching(/^shard 1: -\d+ likes and \d+ unlikes are counted, but \d+ marks/),
    expect.stringMatching(new RegExp(`^shard 1: post "${post}" has -\\d+ likes .*: below 0$`)),
  ]);
  await postgres.sql(`UPDATE ${schema}.counts SET likes = likes + 1000 WHERE post = '${post}'`);
  expect(await shard()).toEqual([]);
  await postgres.sql(`
    INSERT INTO ${schema}.marks VALUES ('b', 7, 'short'),
      ('gone', 0, decode(repeat('00', 512), 'hex'));
    INSERT INTO ${schema}.retired_sources VALUES ('gone');
    INSERT INTO ${schema}.counts SELECT post, 0, 0 FROM ${schemaOf(options.name, 0)}.counts LIMIT 1;
    UPDATE ${schema}.shard SET slot_map_version = 7`);
  const found = (await shard()).join('\n');
  expect(found).toMatch(/marks are held/);
  expect(found).toMatch(/block 7 of source "b" has 5 bytes instead of 512/);
  expect(found).toMatch(/block 0 of source "gone" has marks of a source that was retired/);
  expect(found).toMatch(/post "post-\d+" belongs to shard 0/);
  expect(found).toMatch(/its slot map has version 1, its transactions check 7/);
  expect(found).toMatch(/is at slot map version 7, the store at 1/);
  await postgres.sql(`UPDATE ${schema}.shard SET slot_map = 'none', slot_map_version = 1`);
  expect((await shard()).join()).toMatch(/its slot map is not one/);
  const damaged = store.apply([{ ...madeLikes('b', 1)[0]!, seq: 7 * 4_096, post }]);
  await expect(damaged).rejects.toThrow(/block 7 has 5 bytes instead of 512; put back a backup/);
});

test('the audit spells out as many findings of a kind as it is asked for', async () => {
  const options = { ...postgres.freshStore(), shards: 1 };
  await using store = await openStore(options);
  const posts = ['a', 'b', 'c', 'd', 'e'];
  await store.apply(posts.map((post, seq) => madeLike('s', seq, { post })));
  await postgres.sql(`UPDATE ${schemaOf(options.name, 0)}.counts SET likes = -1, unlikes = 0`);
  const belowZero = (problems: string[]) => problems.filter((line) => line.endsWith(': below 0'));
  const usual = await store.findProblems();
  expect(belowZero(usual)).toHaveLength(3);
  expect(usual).toContain('shard 0: 2 more like the one before');
  expect(belowZero(await store.findProblems(posts.length))).toHaveLength(posts.length);
});
