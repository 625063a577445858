import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openMovingStore } from '../../store/move/index.ts';
import { openStore } from '../../store/open-store.ts';
import { evenSlotMap, shardsOfPost, withPostMoved } from '../../store/slot-map.ts';
import { readStoreFile, STORE_FILE_NAME, writeStoreFile } from '../../store/store-file.ts';
import { testStatesStore } from '../store-contract-states.ts';
import { allOf, madePresses, modelOf, press } from './made-presses.ts';
import { lockShard, shardsOf, tamper, temporaryFolder } from './store-folder.ts';

const SHORT_BUSY_TIMEOUT_MS = 30;

testStatesStore('sqlite', async () => {
  const { folder, ...temporary } = temporaryFolder();
  return {
    open: () => openStore({ folder, rule: 'states', busyTimeoutMs: SHORT_BUSY_TIMEOUT_MS }),
    breakShard: async (index) => {
      const lock = lockShard(folder, index);
      return { [Symbol.asyncDispose]: async () => lock[Symbol.dispose]() };
    },
    [Symbol.asyncDispose]: async () => temporary[Symbol.dispose](),
  };
});

describe('a SQLite store under states', () => {
  test('keeps its rule, and is opened by it where nobody names one', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder, rule: 'states' }))[Symbol.asyncDispose]();
    await using store = await openStore({ folder });
    expect(store.rule).toBe('states');
    expect(await store.settings()).toMatchObject({ engine: 'sqlite', synchronous: 'FULL' });
  });

  test.each([
    ['states', 'tally'],
    ['tally', 'states'],
  ] as const)('that counts by %s is not opened by %s', async (found, asked) => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder, rule: found }))[Symbol.asyncDispose]();
    await expect(openStore({ folder, rule: asked })).rejects.toMatchObject({
      code: 'STORE_RULE_DIFFERS',
      message: expect.stringContaining(`counts by the rule ${found}, ${asked} was asked for`),
    });
  });

  test.each([
    ['states', '"engine": "sqlite",\n  "rule": "states"', '"engine": "sqlite"'],
    ['tally', '"engine": "sqlite"', '"engine": "sqlite",\n  "rule": "states"'],
  ] as const)('refuses files of another rule than its own: %s', async (rule, before, after) => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder, rule }))[Symbol.asyncDispose]();
    const path = join(folder, STORE_FILE_NAME);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(before);
    writeFileSync(path, text.replace(before, after));
    await expect(openStore({ folder })).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(/counts by the rule \w+, its store by \w+; put back a copy/),
    });
  });

  test('under tally nobody can say who likes a post', async () => {
    using temporary = temporaryFolder();
    await using store = await openStore({ folder: temporary.folder });
    expect(store.rule).toBe('tally');
    await expect(store.isLikedBy('ann', 'x')).rejects.toMatchObject({
      code: 'STORE_RULE_WRONG',
      message: expect.stringContaining('made with the rule states'),
    });
  });

  test('is not moved: that carries marks and sums', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder, rule: 'states' }))[Symbol.asyncDispose]();
    await expect(openMovingStore({ folder })).rejects.toMatchObject({
      code: 'MOVE_IMPOSSIBLE',
      message: expect.stringContaining('count into it from the queue'),
    });
  });

  test('an error after the states were written takes the states back too', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder, rule: 'states', shards: 1 });
    tamper(
      folder,
      0,
      `CREATE TRIGGER sabotage BEFORE INSERT ON counts WHEN new.post = 'bad'
       BEGIN SELECT RAISE(FAIL, 'sabotaged'); END`,
    );
    const batch = [press('ann', 'good', 1), press('ann', 'bad', 1)];
    await expect(store.apply(batch)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('sabotaged'),
    });
    expect(await store.totals()).toMatchObject({ posts: 0, states: 0 });
    tamper(folder, 0, 'DROP TRIGGER sabotage');
    await store.apply(batch);
    expect(await allOf(store)).toEqual(modelOf(batch));
  });

  test('routes and reads by the new map when a post has moved', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder, rule: 'states' });
    await using mover = await openStore({ folder });
    const description = readStoreFile(folder);
    const home = shardsOfPost(description.slotMap, 'wanderer')[0]!;
    const map = withPostMoved(description.slotMap, 'wanderer', [(home + 1) % 4]);
    writeStoreFile(folder, { ...description, slotMap: map });
    expect(readStoreFile(folder).rule).toBe('states');
    for (const shard of shardsOf(mover)) await shard.adoptSlotMap(map);
    await mover.apply([press('ann', 'wanderer', 1)]);
    expect(await store.isLikedBy('ann', 'wanderer')).toBe(true);
    await store.apply([press('ann', 'wanderer', 2, 'unlike')]);
    expect(await store.isLikedBy('ann', 'wanderer')).toBe(false);
    expect(await store.findProblems()).toEqual([]);
  });
});

describe('findProblems under states', () => {
  const foreign = Array.from({ length: 50 }, (_, number) => `post-${number}`).find(
    (post) => shardsOfPost(evenSlotMap(4), post)[0] === 3,
  );

  test.each([
    ['a count that is too large', 'UPDATE counts SET likes = likes + 1', /\d+ likes and 0 unlikes/],
    [
      'a count that is missing',
      'DELETE FROM counts',
      /has no count, but \d+ users whose last action/,
    ],
    ['a count without states', 'DELETE FROM states', /likes and 0 unlikes, but 0 users/],
    ['an action that was turned', 'UPDATE states SET action = 1 - action', /but \d+ users/],
    ['unlikes, which nobody counts here', 'UPDATE counts SET unlikes = 1', /and 1 unlikes/],
    ['a column below 0', 'UPDATE counts SET likes = -5', /: below 0/],
    [
      'a number beyond all numbers',
      'UPDATE counts SET likes = 9007199254740993',
      /9007199254740993 likes and/,
    ],
    ['a version that no like has', 'UPDATE states SET version = 0', /version 0: no like has/],
    ['an action that is none', 'UPDATE states SET action = 7', /has action 7/],
    [
      'a post of another shard',
      `UPDATE states SET post = '${foreign}' WHERE post = (SELECT min(post) FROM counts);
       UPDATE counts SET post = '${foreign}' WHERE post = (SELECT min(post) FROM counts)`,
      /belongs to shard 3/,
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
    await using store = await openStore({ folder, rule: 'states' });
    // Two of three presses, so that each user likes some posts and has unliked others.
    await store.apply(madePresses(40, 5, 3).filter(({ seq }) => seq % 4 !== 2));
    expect(await store.findProblems()).toEqual([]);
    tamper(folder, 1, statements);
    const problems = await store.findProblems();
    expect(problems.join('\n')).toMatch(finding);
    expect(problems.every((problem) => problem.startsWith('shard 1: '))).toBe(true);
    expect(problems.every((problem) => !problem.includes('\n'))).toBe(true);
  });

  test('finds a user in a slice of another shard', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder, rule: 'states' }))[Symbol.asyncDispose]();
    const description = readStoreFile(folder);
    const map = withPostMoved(description.slotMap, 'hot', [0, 1]);
    writeStoreFile(folder, { ...description, slotMap: map });
    await using store = await openStore({ folder });
    for (const shard of shardsOf(store)) await shard.adoptSlotMap(map);
    await store.apply(madePresses(1, 50, 1).map((like) => ({ ...like, post: 'hot' })));
    expect(await store.findProblems()).toEqual([]);
    tamper(
      folder,
      0,
      `INSERT INTO states SELECT post, user || ' again', version, action FROM states LIMIT 20;
       UPDATE counts SET likes = likes + 20`,
    );
    const problems = await store.findProblems();
    expect(problems[0]).toMatch(
      /^shard 0: user ".*" of post "hot" belongs to the slice in shard 1/,
    );
  });
});
