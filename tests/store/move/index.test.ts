import { describe, expect, test } from 'vitest';
import {
  type MoveWish,
  openMovingStore,
  resumeMove,
  rollBackMove,
  startMove,
} from '../../../store/move/index.ts';
import { openStore } from '../../../store/open-store.ts';
import { readStoreFile } from '../../../store/store-file.ts';
import { allCounts, modelCounts } from '../made-likes.ts';
import { tamper, temporaryFolder } from '../store-folder.ts';
import { HOT, likesFrom, stopAfter } from './stopped-moves.ts';

describe('a move', () => {
  test('done again moves nothing', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder }))[Symbol.asyncDispose]();
    const wish: MoveWish = { kind: 'post', post: HOT, shards: [1, 2] };
    expect((await startMove({ folder }, wish)).outcome).toBe('moved');
    const { slotMap } = readStoreFile(folder);
    expect((await startMove({ folder }, wish)).outcome).toBe('nothing to move');
    expect((await startMove({ folder }, { kind: 'shards', shards: 4 })).outcome).toBe(
      'nothing to move',
    );
    expect(readStoreFile(folder)).toMatchObject({ slotMap: { version: slotMap.version } });
  });
});

describe('what a mover refuses', () => {
  test('is a second move while one is unfinished, and the way back after the switch', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder }))[Symbol.asyncDispose]();
    const wish: MoveWish = { kind: 'shards', shards: 5 };
    await expect(resumeMove({ folder })).rejects.toMatchObject({ code: 'NO_MOVE' });
    await expect(rollBackMove({ folder })).rejects.toMatchObject({ code: 'NO_MOVE' });
    await stopAfter('caught up', (watch) => startMove({ folder }, wish, watch));
    await expect(startMove({ folder }, wish)).rejects.toMatchObject({
      code: 'MOVE_UNFINISHED',
      message: expect.stringContaining('4 to 5 shards, copying); end it first, with --resume or'),
    });
    await stopAfter('switched', (watch) => resumeMove({ folder }, watch));
    await expect(rollBackMove({ folder })).rejects.toMatchObject({ code: 'MOVE_CANNOT_GO_BACK' });
    await resumeMove({ folder });
    expect(readStoreFile(folder).move).toBeUndefined();
  });

  test('is another mover at the same time', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder }))[Symbol.asyncDispose]();
    {
      await using _first = await openMovingStore({ folder });
      await expect(openMovingStore({ folder })).rejects.toMatchObject({ code: 'MOVE_UNDER_WAY' });
    }
    await (await openMovingStore({ folder }))[Symbol.asyncDispose]();
  });

  test.each<[MoveWish, RegExp]>([
    [{ kind: 'shards', shards: 0 }, /0 shards: a store has 1 to 1024/],
    [{ kind: 'shards', shards: 1_025 }, /1025 shards/],
    [{ kind: 'split', post: HOT, slices: 5 }, /allowed are 2 to 4/],
    [{ kind: 'split', post: HOT, slices: 1 }, /allowed are 2 to 4/],
    [
      { kind: 'isolate', post: HOT, shard: 5 },
      /allowed are 0 to 3, each once, and 4 for a new one/,
    ],
    [{ kind: 'post', post: HOT, shards: [] }, /allowed are 0 to 3/],
    [{ kind: 'post', post: HOT, shards: [1, 1] }, /each once/],
  ])('is what a store cannot have: %j', async (wish, message) => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder }))[Symbol.asyncDispose]();
    await expect(startMove({ folder }, wish)).rejects.toMatchObject({
      code: 'MOVE_IMPOSSIBLE',
      message: expect.stringMatching(message),
    });
    expect(readStoreFile(folder).move).toBeUndefined();
  });

  test('is other shards where they are found by their number', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using _store = await openStore({ folder, routing: { name: 'modulo' } });
    for (const wish of [
      { kind: 'shards', shards: 5 },
      { kind: 'isolate', post: HOT, shard: 4 },
    ] as const) {
      await expect(startMove({ folder }, wish)).rejects.toThrow(/found by modulo here/);
    }
    expect((await startMove({ folder }, { kind: 'isolate', post: HOT, shard: 1 })).outcome).toBe(
      'moved',
    );
  });

  test('is an end of a source while posts move; afterwards every shard knows of it', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder, shards: 2 });
    await store.apply(likesFrom(0, 200).map((like) => ({ ...like, source: 'old' })));
    await store.apply(likesFrom(0, 200).map((like) => ({ ...like, source: 'young' })));
    expect(await store.retireSource('old')).toBe(200);
    const wish: MoveWish = { kind: 'shards', shards: 3 };
    await stopAfter('received', (watch) => startMove({ folder }, wish, watch));
    await expect(store.retireSource('young')).rejects.toThrow(/posts are being moved/);
    await resumeMove({ folder });
    const late = likesFrom(200, 300).map((like) => ({ ...like, source: 'old' }));
    await expect(store.apply(late)).rejects.toMatchObject({ refusals: { length: 300 } });
    expect(await store.retireSource('young')).toBe(200);
    expect(await store.totals()).toMatchObject({ marks: 0, marksDropped: 400 });
    await startMove({ folder }, { kind: 'shards', shards: 1 });
    expect(await store.totals()).toMatchObject({ marks: 0, marksDropped: 400, likes: 320 });
    expect(await store.findProblems()).toEqual([]);
  });
});

describe('what a mover finds', () => {
  test('is a count that was damaged, or is gone; then nothing is dropped', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder, shards: 2 });
    await store.apply(likesFrom(0, 500));
    const wish: MoveWish = { kind: 'shards', shards: 3 };
    await stopAfter('switched', (watch) => startMove({ folder }, wish, watch));
    const victim = 'SELECT min(post) FROM counts';
    const damage = (sign: string) =>
      tamper(folder, 2, `UPDATE counts SET likes = likes ${sign} 1 WHERE post = (${victim})`);
    damage('+');
    await expect(resumeMove({ folder })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('does not have its checksum'),
    });
    damage('-');
    tamper(folder, 2, `CREATE TABLE kept AS SELECT * FROM counts WHERE post = (${victim})`);
    tamper(folder, 2, 'DELETE FROM counts WHERE post = (SELECT post FROM kept)');
    await expect(resumeMove({ folder })).rejects.toMatchObject({ code: 'MOVE_SUMS_DIFFER' });
    tamper(folder, 2, 'INSERT INTO counts SELECT * FROM kept; DROP TABLE kept');
    await resumeMove({ folder });
    // As of the last look at the slot map, so it has to look.
    expect(await store.totals()).toMatchObject({ marks: 500 });
    expect(await allCounts(store)).toEqual(modelCounts(likesFrom(0, 500)));
    tamper(folder, 2, "UPDATE meta SET value = value + 1 WHERE key = 'movedLikes'");
    expect(await store.findProblems()).toEqual([
      expect.stringMatching(/^shard 2: .* came from other shards$/),
    ]);
  });
});
