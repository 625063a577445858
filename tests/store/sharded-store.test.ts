import { describe, expect, test } from 'vitest';
import type { CountStore } from '../../store/count-store.ts';
import { openStore } from '../../store/open-store.ts';
import { type SlotMap, shardOfPost, withPostMoved } from '../../store/slot-map.ts';
import { readStoreFile, writeStoreFile } from '../../store/store-file.ts';
import { madeLike, madeLikes } from './made-likes.ts';
import { temporaryFolder } from './store-folder.ts';

/** Moves a post that has no counts yet, as far as the store's own description goes. */
function describeMove(folder: string, post: string): { map: SlotMap; home: number; away: number } {
  const description = readStoreFile(folder);
  const home = shardOfPost(description.slotMap, post);
  const away = (home + 1) % description.slotMap.shards;
  const map = withPostMoved(description.slotMap, post, away);
  writeStoreFile(folder, { ...description, slotMap: map });
  return { map, home, away };
}

function adopt(store: CountStore, map: SlotMap): void {
  for (const shard of store.shards) shard.adoptSlotMap(map);
}

describe('a store whose slot map changes', () => {
  test('routes again when another process has moved a post', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    using store = await openStore({ folder });
    using mover = await openStore({ folder });
    const { map, home, away } = describeMove(folder, 'wanderer');
    adopt(mover, map);
    const likes = [...madeLikes('a', 50), madeLike('a', 50, { post: 'wanderer', action: 'like' })];
    await store.apply(likes);
    expect(store.shards[away]!.countOf('wanderer')?.likes).toBe(1);
    expect(store.shards[home]!.countOf('wanderer')).toBeUndefined();
    expect(store.totals().marks).toBe(51);
    expect(store.findProblems()).toEqual([]);
  });

  test('reads a moved post where it lives now', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    using store = await openStore({ folder });
    using mover = await openStore({ folder });
    adopt(mover, describeMove(folder, 'wanderer').map);
    using writer = await openStore({ folder });
    await writer.apply([madeLike('a', 0, { post: 'wanderer', action: 'like' })]);
    expect(store.countOf('wanderer').likes).toBe(1);
  });

  test('waits while a move is under way, and stores what it can meanwhile', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    using store = await openStore({ folder });
    const { map } = describeMove(folder, 'wanderer');
    for (const shard of store.shards.slice(0, 2)) shard.adoptSlotMap(map);
    let commits = 0;
    await store.apply(madeLikes('a', 200), () => {
      commits++;
      // The last of the shards that were ready; from here on the move goes on.
      if (commits === 2) queueMicrotask(() => adopt(store, map));
    });
    expect(commits).toBe(4);
    expect(store.totals().marks).toBe(200);
  });

  test('calls a move that never ends an outage, and says which problem it is', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    (await openStore({ folder }))[Symbol.dispose]();
    const { map } = describeMove(folder, 'wanderer');
    using store = await openStore({ folder });
    for (const shard of store.shards.slice(1)) shard.adoptSlotMap(map);
    await expect(store.apply(madeLikes('a', 200))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('finish the move'),
    });
    expect(store.findProblems()).toEqual(['shard 0: is at slot map version 1, the store at 2']);
  });
});

describe('ShardedStore', () => {
  test('an error of the observer fails the batch, and the retry is exact', async () => {
    using store = await openStore({ engine: 'memory' });
    const likes = madeLikes('a', 100);
    const failing = store.apply(likes, () => {
      throw new Error('observer failed');
    });
    await expect(failing).rejects.toThrow('observer failed');
    await store.apply(likes);
    expect(store.totals().marks).toBe(100);
  });
});
