/** What a reader of its own sees of a real store, beside a consumer that counts into it. */
import { describe, expect, test } from 'vitest';
import { openClock } from '../../lab/clock.ts';
import { type CountsLikes, consume } from '../../lab/consume.ts';
import { doubtsOfVisible, measureVisible } from '../../lab/measure-visible.ts';
import { readCounts } from '../../lab/read-counts.ts';
import type { HandleLikes } from '../../likes/like.ts';
import { openStore } from '../../store/open-store.ts';
import { madeLike } from '../store/made-likes.ts';
import { madePort } from './made-port.ts';
import { recordsFolder } from './trial-fixture.ts';

const POSTS = ['post-1', 'post-2'];

/** A consumer that counts into a real store, and a reader of the same folder beside it. */
async function measuredOnStore(
  storeOf: (store: CountsLikes, polled: () => Promise<void>) => CountsLikes,
) {
  using folder = recordsFolder();
  const storeFolder = folder.path('store');
  await using store = await openStore({ folder: storeFolder, shards: 2 });
  await using shown = await openStore({ folder: storeFolder, readOnly: true });
  const [consuming, reading, clock] = [madePort(), madePort(), openClock()];
  let reads = 0;
  const posts = POSTS;
  const polled = async () => {
    const least = reads + 2 * posts.length;
    await expect.poll(() => reads, { interval: 1 }).toBeGreaterThanOrEqual(least);
  };
  const reader = readCounts(
    { recordsPath: folder.path('sightings'), posts },
    {
      ...{ clock, port: reading },
      store: {
        countOf(post) {
          reads++;
          return shown.countOf(post);
        },
      },
    },
  );
  const opened = Promise.withResolvers<HandleLikes>();
  const consumer = consume(
    { recordsPath: folder.path('consumer'), reopens: false },
    {
      ...{ clock, port: consuming, store: storeOf(store, polled) },
      async openConsumer(handleLikes) {
        opened.resolve(handleLikes);
        const stop = async () => undefined;
        return { failed: new Promise(() => undefined), stop, [Symbol.asyncDispose]: stop };
      },
    },
  );
  const handleLikes = await opened.promise;
  for (let seq = 0; seq < 6; seq++) {
    await handleLikes([madeLike('gateway-1', seq, { post: posts[seq % 2]! })]);
    await polled();
  }
  consuming.command({ kind: 'stop' });
  await consumer;
  reading.command({ kind: 'stop' });
  await reader;
  const sightings = folder.path('sightings');
  return measureVisible({ consumerRecords: [folder.path('consumer')], sightings })!;
}

describe('a reader of a real store', () => {
  test('confirms every like of an honest consumer', async () => {
    const found = await measuredOnStore((store) => store);
    expect(found).toMatchObject({ posts: 2, likes: 6, confirmed: 6, early: 0, stale: 0 });
    expect(doubtsOfVisible(found)).toEqual([]);
  });

  test('finds a consumer that calls likes visible before their commit', async () => {
    const found = await measuredOnStore((store, polled) => ({
      settings: () => store.settings(),
      async apply(likes, committed) {
        committed({ fresh: likes.map((_, place) => place), seen: [] });
        await polled();
        await store.apply(likes, () => undefined);
      },
    }));
    expect(found).toMatchObject({ stale: 6, confirmed: 6 });
    expect(doubtsOfVisible(found).join()).toMatch(/^not visible: 6 likes missing in a read/);
  });

  test('finds a consumer that stores other likes than it was handed', async () => {
    const found = await measuredOnStore(doubling);
    expect(found.early).toBeGreaterThan(0);
    expect(doubtsOfVisible(found).join()).toMatch(/^visible too early/);
  });
});

/** Counts each like once more under another name, and tells nobody. */
function doubling(store: CountsLikes): CountsLikes {
  return {
    settings: () => store.settings(),
    async apply(likes, committed) {
      await store.apply(
        likes.map((like) => ({ ...like, source: 'nobody' })),
        () => undefined,
      );
      await store.apply(likes, committed);
    },
  };
}
