import { describe, expect, test } from 'vitest';
import type { Like } from '../../likes/like.ts';
import type { CountStore } from '../../store/count-store.ts';
import { StoreUnavailableError } from '../../store/errors.ts';
import { MemoryShard } from '../../store/memory-shard.ts';
import { openStore } from '../../store/open-store.ts';
import { ShardedStore } from '../../store/sharded-store.ts';
import { evenSlotMap, type SlotMap, shardsOfPost, withPostMoved } from '../../store/slot-map.ts';
import { readStoreFile, writeStoreFile } from '../../store/store-file.ts';
import { madeLike, madeLikes } from './made-likes.ts';
import { shardsOf, temporaryFolder } from './store-folder.ts';

/** Moves a post that has no counts yet, as far as the store's own description goes. */
function describeMove(folder: string, post: string): { map: SlotMap; home: number; away: number } {
  const description = readStoreFile(folder);
  const home = shardsOfPost(description.slotMap, post)[0]!;
  const away = (home + 1) % description.slotMap.shards;
  const map = withPostMoved(description.slotMap, post, [away]);
  writeStoreFile(folder, { ...description, slotMap: map });
  return { map, home, away };
}

async function adopt(store: CountStore, map: SlotMap): Promise<void> {
  for (const shard of shardsOf(store)) await shard.adoptSlotMap(map);
}

describe('a store whose slot map changes', () => {
  test('routes again when another process has moved a post', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder });
    await using mover = await openStore({ folder });
    const { map, home, away } = describeMove(folder, 'wanderer');
    await adopt(mover, map);
    const likes = [...madeLikes('a', 50), madeLike('a', 50, { post: 'wanderer', action: 'like' })];
    await store.apply(likes);
    const heldBy = (index: number) => shardsOf(store)[index]!.countsOf(['wanderer']);
    expect(await heldBy(away)).toEqual([{ post: 'wanderer', likes: 1, unlikes: 0 }]);
    expect(await heldBy(home)).toEqual([]);
    expect((await store.totals()).marks).toBe(51);
    expect(await store.findProblems()).toEqual([]);
  });

  test('reads a moved post where it lives now', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder });
    await using mover = await openStore({ folder });
    await adopt(mover, describeMove(folder, 'wanderer').map);
    await using writer = await openStore({ folder });
    await writer.apply([madeLike('a', 0, { post: 'wanderer', action: 'like' })]);
    expect((await store.countOf('wanderer')).likes).toBe(1);
  });

  test('waits while a move is under way, and stores what it can meanwhile', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder });
    const { map } = describeMove(folder, 'wanderer');
    for (const shard of shardsOf(store).slice(0, 2)) await shard.adoptSlotMap(map);
    let commits = 0;
    await store.apply(madeLikes('a', 200), () => {
      commits++;
      // The last of the shards that were ready; from here on the move goes on.
      if (commits === 2) queueMicrotask(() => adopt(store, map));
    });
    expect(commits).toBe(4);
    expect((await store.totals()).marks).toBe(200);
  });

  test('calls a move that never ends an outage, and says which problem it is', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder }))[Symbol.asyncDispose]();
    const { map } = describeMove(folder, 'wanderer');
    await using store = await openStore({ folder });
    for (const shard of shardsOf(store).slice(1)) await shard.adoptSlotMap(map);
    await expect(store.apply(madeLikes('a', 200))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('finish the move'),
    });
    expect(await store.findProblems()).toEqual([
      'shard 0: is at slot map version 1, the store at 2',
    ]);
  });
});

/** A shard that waits for the others before it commits, and then for nobody. */
class WaitingShard extends MemoryShard {
  readonly #meet: () => Promise<void>;

  constructor(index: number, map: SlotMap, meet: () => Promise<void>) {
    super(index, map);
    this.#meet = meet;
  }

  override async apply(likes: readonly Like[], places: readonly number[], version: number) {
    await this.#meet();
    return await super.apply(likes, places, version);
  }
}

describe('a store whose shards are applied side by side', () => {
  const map = evenSlotMap(3);

  test('begins with all at once, and tells of each commit when it is there', async () => {
    const order: string[] = [];
    const arrived = Promise.withResolvers<void>();
    const shards = [0, 1, 2].map(
      (index) =>
        new WaitingShard(index, map, async () => {
          order.push(`begins ${index}`);
          if (index === 2) arrived.resolve();
          await arrived.promise;
        }),
    );
    await using store = await ShardedStore.open(shards, () => map, { sideBySide: true });
    const fresh: number[] = [];
    await store.apply(madeLikes('a', 100), (commit) => {
      order.push(`commits ${commit.shard}`);
      fresh.push(...commit.fresh);
    });
    expect(order.slice(0, 3)).toEqual(['begins 0', 'begins 1', 'begins 2']);
    expect(order.slice(3).sort()).toEqual(['commits 0', 'commits 1', 'commits 2']);
    expect(new Set(fresh).size).toBe(100);
  });

  test('fails only when all have ended, so that no commit comes after it', async () => {
    const shards = [0, 1, 2].map(
      (index) =>
        new WaitingShard(index, map, async () => {
          if (index === 0) throw new StoreUnavailableError('away');
          await new Promise((resolve) => setImmediate(resolve));
        }),
    );
    await using store = await ShardedStore.open(shards, () => map, { sideBySide: true });
    const heard: number[] = [];
    const applied = store.apply(madeLikes('a', 100), ({ shard }) => heard.push(shard));
    await expect(applied).rejects.toThrow('away');
    expect(heard.sort()).toEqual([1, 2]);
  });
});

describe('a hot post that is split', () => {
  test('is counted in slices, and read as one sum, also among the top posts', async () => {
    const map = withPostMoved(evenSlotMap(4), 'hot', [0, 1, 3]);
    const shards = [0, 1, 2, 3].map((index) => new MemoryShard(index, map));
    await using store = await ShardedStore.open(shards, () => map);
    const ofHot = Array.from({ length: 300 }, (_, seq) =>
      madeLike('a', seq, { post: 'hot', action: 'like', user: `user-${seq}` }),
    );
    const warm = Array.from({ length: 150 }, (_, seq) =>
      madeLike('b', seq, { post: 'warm', action: 'like' }),
    );
    await store.apply([...ofHot, ...warm]);
    const slices = await Promise.all(shards.map((shard) => shard.countsOf(['hot'])));
    expect(slices.map(([slice]) => slice !== undefined)).toEqual([true, true, false, true]);
    expect(Math.max(...slices.flat().map(({ likes }) => likes))).toBeLessThan(150);
    expect(await store.countOf('hot')).toEqual({ post: 'hot', likes: 300, unlikes: 0 });
    // No slice alone is larger than the other post.
    expect((await store.topPosts(2)).map(({ post }) => post)).toEqual(['hot', 'warm']);
    expect(await store.findProblems()).toEqual([]);
  });
});

describe('ShardedStore', () => {
  test('an error of the observer fails the batch, and the retry is exact', async () => {
    await using store = await openStore({ engine: 'memory' });
    const likes = madeLikes('a', 100);
    const failing = store.apply(likes, () => {
      throw new Error('observer failed');
    });
    await expect(failing).rejects.toThrow('observer failed');
    await store.apply(likes);
    expect((await store.totals()).marks).toBe(100);
  });
});

describe('a store with another routing than slots', () => {
  test.each([
    [{ name: 'letters' } as const, ['ada', 'Mel', 'zoe', '7up'], [0, 1, 3, 0]],
    [{ name: 'ids', idsSeen: 100 } as const, ['p0', 'p30', 'p99', 'p100'], [0, 1, 3, 3]],
  ])('%j counts and reads each post in its shard', async (routing, posts, homes) => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using store = await openStore({ folder, routing });
    await store.apply(posts.map((post, seq) => madeLike('a', seq, { post, action: 'like' })));
    for (const [place, post] of posts.entries()) {
      const held = await shardsOf(store)[homes[place]!]!.countsOf([post]);
      expect(held).toEqual([{ post, likes: 1, unlikes: 0 }]);
      expect(await store.countOf(post)).toEqual(held[0]);
    }
    expect(await store.findProblems()).toEqual([]);
  });
});

describe('a store whose transactions are limited', () => {
  test('cuts large batches, and tells of each commit with its own likes', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    const limits = { transactionsPerSMax: 1_000, likesPerTransactionMax: 10 };
    await using store = await openStore({ folder, shards: 3, ...limits });
    const likes = madeLikes('a', 200);
    const commits: { shard: number; places: number[] }[] = [];
    await store.apply(likes, ({ shard, fresh }) => commits.push({ shard, places: [...fresh] }));
    expect(commits.every(({ places }) => places.length <= 10)).toBe(true);
    expect(commits.flatMap(({ places }) => places).sort((a, b) => a - b)).toEqual(
      likes.map((_, place) => place),
    );
    expect(commits.length).toBeGreaterThanOrEqual(20);
    expect(await store.settings()).toMatchObject({
      transactionsPerSMax: '1000',
      likesPerTransactionMax: '10',
    });
    const seen: number[] = [];
    await store.apply(likes, (commit) => seen.push(...commit.seen));
    expect(seen).toHaveLength(200);
    expect(await store.findProblems()).toEqual([]);
  });

  test('takes a large batch in slices, so that no shard works alone for long', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    const limits = { transactionsPerSMax: 10_000, likesPerTransactionMax: 5 };
    await using store = await openStore({ folder, shards: 2, ...limits });
    const likes = madeLikes('a', 200);
    const latest: number[] = [];
    await store.apply(likes, ({ fresh }) => latest.push(...fresh));
    // Four transactions of both shards are 40 likes: nothing of the next 40 is before them.
    for (const [at, place] of latest.entries()) {
      expect(Math.floor(place / 40)).toBe(Math.floor(at / 40));
    }
    expect(latest).toHaveLength(200);
  });

  test('fails as a whole when one shard does, after all others are done', async () => {
    const map = evenSlotMap(2);
    const [good, bad] = [new MemoryShard(0, map), new MemoryShard(1, map)];
    bad.apply = async () => {
      throw new Error('no disk');
    };
    await using store = await ShardedStore.open([good, bad], () => map, { sideBySide: true });
    const likes = madeLikes('a', 50);
    let counted = 0;
    await expect(
      store.apply(likes, ({ fresh }) => {
        counted += fresh.length;
      }),
    ).rejects.toThrow('no disk');
    expect(counted).toBe((await good.totals()).marks);
    expect(counted).toBeGreaterThan(0);
  });
});
