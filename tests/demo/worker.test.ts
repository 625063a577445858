import { expect, test } from 'vitest';
import type { ChildMessage } from '../../demo/messages.ts';
import { openWorker } from '../../demo/worker.ts';
import type { HandleLikes, Like } from '../../likes/like.ts';
import { openStore } from '../../store/open-store.ts';

const likesOf = (...users: number[]): Like[] =>
  users.map((user) => ({
    source: 'gateway',
    seq: user,
    user: `u-${user}`,
    post: 'p',
    action: 'like',
    version: 1,
    likedAtMs: 1_000 + user,
  }));

async function madeWorker() {
  const store = await openStore({ engine: 'memory', rule: 'states' });
  const told: ChildMessage[] = [];
  let handle: HandleLikes | undefined;
  const worker = await openWorker({
    store,
    tell: (message) => told.push(message),
    async openConsumer(handleLikes) {
      handle = handleLikes;
      const stop = async () => undefined;
      const failed = new Promise<never>(() => undefined);
      return { failed, stop, [Symbol.asyncDispose]: stop };
    },
  });
  return { store, told, worker, handle: handle! };
}

test('tells whose likes it was given before they are stored, and then what it stored', async () => {
  const { told, handle, store } = await madeWorker();
  await handle(likesOf(0, 1));
  await handle(likesOf(1, 2));
  expect(told).toEqual([
    { kind: 'delivered', users: [0, 1] },
    { kind: 'counted', likes: 2, transactions: 1, newestLikedAtMs: 1_001 },
    { kind: 'delivered', users: [1, 2] },
    { kind: 'counted', likes: 1, transactions: 1, newestLikedAtMs: 1_002 },
  ]);
  expect(await store.countOf('p')).toMatchObject({ likes: 3 });
});

test('told to hold, it stores what comes next and never acknowledges it', async () => {
  const { told, handle, store, worker } = await madeWorker();
  worker.hold();
  await handle(likesOf(0));
  let isAcknowledged = false;
  void Promise.resolve(handle(likesOf(1, 2))).then(() => {
    isAcknowledged = true;
  });
  await expect.poll(() => told.at(-1)).toEqual({ kind: 'holding', likes: 2 });
  expect(await store.countOf('p')).toMatchObject({ likes: 3 });
  expect(isAcknowledged).toBe(false);
});
