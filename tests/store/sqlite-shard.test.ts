import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openStore, shardPath } from '../../store/open-store.ts';
import { evenSlotMap, shardsOfPost } from '../../store/slot-map.ts';
import { testStore } from '../store-contract.ts';
import { madeLike, madeLikes } from './made-likes.ts';
import { lockShard, tamper, temporaryFolder } from './store-folder.ts';

const SHORT_BUSY_TIMEOUT_MS = 30;
const PAGE_BYTES = 4_096;

testStore('sqlite', async () => {
  const { folder, ...temporary } = temporaryFolder();
  return {
    open: () => openStore({ folder, busyTimeoutMs: SHORT_BUSY_TIMEOUT_MS }),
    breakShard: async (index) => {
      const lock = lockShard(folder, index);
      return { [Symbol.asyncDispose]: async () => lock[Symbol.dispose]() };
    },
    [Symbol.asyncDispose]: async () => temporary[Symbol.dispose](),
  };
});

describe('SqliteShard', () => {
  test.each(['FULL', 'NORMAL', 'OFF'] as const)(
    'reports WAL and synchronous %s as SQLite itself keeps them',
    async (synchronous) => {
      using temporary = temporaryFolder();
      await using store = await openStore({ folder: temporary.folder, synchronous });
      expect(await store.settings()).toMatchObject({
        engine: 'sqlite',
        journalMode: 'wal',
        synchronous,
      });
    },
  );

  test('a locked shard is an outage that says so, and leaves no transaction open', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({
      folder,
      shards: 1,
      busyTimeoutMs: SHORT_BUSY_TIMEOUT_MS,
    });
    const lock = lockShard(folder, 0);
    await expect(store.apply(madeLikes('a', 10))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('another process holds the write lock'),
      cause: expect.objectContaining({ errcode: 5 }),
    });
    lock[Symbol.dispose]();
    await store.apply(madeLikes('a', 10));
    expect((await store.totals()).marks).toBe(10);
  });

  test('an error after the marks were written takes the marks back too', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder, shards: 1 });
    tamper(
      folder,
      0,
      `CREATE TRIGGER sabotage BEFORE INSERT ON counts WHEN new.post = 'bad'
       BEGIN SELECT RAISE(FAIL, 'sabotaged'); END`,
    );
    const batch = [madeLike('a', 0, { post: 'good' }), madeLike('a', 1, { post: 'bad' })];
    await expect(store.apply(batch)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('sabotaged'),
    });
    expect(await store.totals()).toEqual({
      posts: 0,
      likes: 0,
      unlikes: 0,
      marks: 0,
      marksDropped: 0,
    });
    tamper(folder, 0, 'DROP TRIGGER sabotage');
    await store.apply(batch);
    expect(await store.totals()).toMatchObject({ posts: 2, marks: 2 });
  });

  test('marks that are cut short are an outage, never counted over', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder, shards: 1 });
    await store.apply(madeLikes('a', 10));
    tamper(folder, 0, "UPDATE seen SET bits = x'ff'");
    await expect(store.apply(madeLikes('a', 20))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('1 bytes instead of 512'),
    });
  });

  test('a slot map that is none anymore says so, to whoever asks what the shard owns', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder, shards: 1 });
    expect((await store.shards[0]!.ownership())('any')).toBe(true);
    tamper(folder, 0, "UPDATE meta SET value = 'torn' WHERE key = 'slotMap'");
    await expect(store.shards[0]!.ownership()).rejects.toThrow(
      /slot map cannot be read; put back a copy/,
    );
  });

  test('the bytes on disk are those of the files and their logs', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder, shards: 2 });
    const before = await store.diskBytes();
    await store.apply(madeLikes('a', 100_000));
    const sizeOf = (path: string) => statSync(path).size;
    const files = [0, 1].map((index) => shardPath(folder, index));
    const found = files.map((path) => sizeOf(path) + sizeOf(`${path}-wal`));
    expect(await store.diskBytes()).toBe(found[0]! + found[1]!);
    // Two shards cost at most two bits a like, and here little else.
    expect((await store.diskBytes()) - before).toBeGreaterThan(2 * (100_000 / 8));
  });
});

describe('findProblems', () => {
  const foreign = Array.from({ length: 50 }, (_, number) => `post-${number}`).find(
    (post) => shardsOfPost(evenSlotMap(4), post)[0] === 3,
  );

  test.each([
    ['a count without a mark', 'UPDATE counts SET likes = likes + 1', /\d+ likes and \d+ unlikes/],
    [
      'a mark without a count',
      'DELETE FROM counts',
      /0 likes and 0 unlikes are counted, but [1-9]/,
    ],
    ['a loss and a double that cancel are not, a negative column is', keepingTheSum(), /: below 0/],
    ['a post of another shard', foreignPost(foreign!), /belongs to shard 3/],
    ['marks cut short', "UPDATE seen SET bits = x'ff'", /1 bytes instead of 512/],
    ['marks of a retired source', 'UPDATE sources SET ended = 1', /a source that was retired/],
    [
      'marks of an unknown source',
      'PRAGMA foreign_keys = OFF; DELETE FROM sources',
      /a source that is not known/,
    ],
    [
      'dropped marks that nobody dropped',
      "UPDATE meta SET value = 7 WHERE key = 'marksDropped'",
      /7 were dropped/,
    ],
    [
      'a version that is not the map’s',
      "UPDATE meta SET value = 2 WHERE key = 'slotMapVersion'",
      /slot map has version 1, its transactions check 2/,
    ],
    [
      'a slot map that is none',
      "UPDATE meta SET value = '{}' WHERE key = 'slotMap'",
      /its slot map is not one/,
    ],
  ])('names the shard and the finding: %s', async (_, statements, finding) => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder });
    await store.apply(madeLikes('a', 1_000));
    expect(await store.findProblems()).toEqual([]);
    tamper(folder, 1, statements);
    const problems = await store.findProblems();
    expect(problems.join('\n')).toMatch(finding);
    expect(problems.every((problem) => problem.startsWith('shard 1: '))).toBe(true);
    expect(problems.every((problem) => !problem.includes('\n'))).toBe(true);
  });

  test('finds a damaged page, and apply calls it an outage', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    {
      await using store = await openStore({ folder });
      await store.apply(madeLikes('a', 5_000));
    }
    overwriteAfterFirstPage(shardPath(folder, 1));
    await using store = await openStore({ folder });
    expect((await store.findProblems()).join('\n')).toMatch(/^shard 1: the file is damaged/);
    await expect(store.apply(madeLikes('a', 5_000))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('put back a copy of the whole store folder'),
    });
  });

  test('spells out a few findings of a kind and counts the rest', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder, shards: 1 });
    await store.apply(madeLikes('a', 1_000));
    tamper(folder, 0, 'UPDATE counts SET likes = likes - 1000, unlikes = unlikes + 1000');
    const problems = await store.findProblems();
    expect(problems.filter((problem) => problem.includes('below 0'))).toHaveLength(3);
    expect(problems.at(-1)).toBe('shard 0: 34 more like the one before');
  });
});

/** Keeps the sum of the shard as it is, so that only the look at each number can find it. */
function keepingTheSum(): string {
  return `UPDATE counts SET likes = likes + unlikes + 5, unlikes = -5
          WHERE post = (SELECT min(post) FROM counts)`;
}

function foreignPost(post: string): string {
  return `UPDATE counts SET post = '${post}' WHERE post = (SELECT min(post) FROM counts)`;
}

/** Page 1 holds schema and header; page 2 is the root of `meta`, which opening reads. */
function overwriteAfterFirstPage(path: string): void {
  const handle = openSync(path, 'r+');
  const pages = statSync(path).size / PAGE_BYTES;
  for (let page = 2; page < pages; page++) {
    writeSync(handle, Buffer.alloc(64, 0xff), 0, 64, page * PAGE_BYTES);
  }
  closeSync(handle);
}
