import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openClock } from '../../lab/clock.ts';
import { consume } from '../../lab/consume.ts';
import { KIND } from '../../lab/record-format.ts';
import { Names, readRecords } from '../../lab/record-reader.ts';
import type { HandleLikes, Like } from '../../likes/like.ts';
import { madeLikes } from '../store/made-likes.ts';
import { madePort } from './made-port.ts';
import { recordsFolder } from './trial-fixture.ts';

const LIKES = madeLikes('gateway-1', 3);

/** A consumer at work: its queue is the test itself, its store a list of what it was given. */
function atWork(folder: ReturnType<typeof recordsFolder>, { reopens = false } = {}) {
  const port = madePort();
  const stored: Like[] = [];
  const handlers: HandleLikes[] = [];
  const failures: PromiseWithResolvers<never>[] = [];
  let handing: Promise<void> = Promise.resolve();
  const ended = consume(
    { recordsPath: folder.path('records'), reopens },
    {
      async openConsumer(handleLikes) {
        handlers.push(handleLikes);
        const failure = Promise.withResolvers<never>();
        failure.promise.catch(() => undefined);
        failures.push(failure);
        const stop = () => handing;
        return { failed: failure.promise, stop, [Symbol.asyncDispose]: stop };
      },
      store: {
        async apply(likes, committed) {
          stored.push(...likes);
          committed({ fresh: likes.map((_, place) => place), seen: [] });
        },
        settings: () => ({ engine: 'a list' }),
      },
      clock: openClock(),
      port,
    },
  );
  ended.catch(() => undefined);
  return {
    port,
    stored,
    ended,
    opened: () => handlers.length,
    hand: (likes: Like[]) => {
      handing = handlers.at(-1)!(likes);
      return handing;
    },
    fail: () => failures.at(-1)!.reject(new Error('its queue is gone')),
    recorded: (kind: number) => {
      const blocks = readRecords(folder.path('records'), new Names(), () => undefined);
      const seqs: number[] = [];
      for (const { kind: found, count, seq } of blocks) {
        if (found === kind) for (let index = 0; index < count; index++) seqs.push(seq(index));
      }
      return seqs;
    },
  };
}

/** Long enough for everything that waits for nothing but promises. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

describe('a consumer', () => {
  test('records, stores and reports what it is given, and has opened its queue once', async () => {
    using folder = recordsFolder();
    const consumer = atWork(folder);
    await consumer.port.until('ready');
    await consumer.hand(LIKES);
    consumer.port.command({ kind: 'stop' });
    const { report } = await consumer.port.until('consumer-done');
    await consumer.ended;
    expect(consumer.stored).toEqual(LIKES);
    expect(consumer.recorded(KIND.delivered)).toEqual([0, 1, 2]);
    expect(consumer.recorded(KIND.fresh)).toEqual([0, 1, 2]);
    expect(report).toMatchObject({
      sums: { delivered: 3, counted: 3, transactions: 1 },
      storeSettings: { engine: 'a list' },
      reopened: 0,
    });
  });

  test('that fails ends the worker, unless it is to be opened again', async () => {
    using folder = recordsFolder();
    const consumer = atWork(folder);
    await consumer.port.until('ready');
    consumer.fail();
    await expect(consumer.ended).rejects.toThrow('its queue is gone');
    expect(consumer.opened()).toBe(1);
  });

  test('that is to be opened again goes on after a failure, and says how often', async () => {
    using folder = recordsFolder();
    const consumer = atWork(folder, { reopens: true });
    await consumer.port.until('ready');
    consumer.fail();
    await expect.poll(consumer.opened, { interval: 5 }).toBe(2);
    await consumer.hand(LIKES);
    consumer.port.command({ kind: 'stop' });
    const { report } = await consumer.port.until('consumer-done');
    expect(report).toMatchObject({ reopened: 1, sums: { counted: 3 } });
  });
});

describe('a consumer that is held', () => {
  test('has what it is given on disk, stores nothing of it, goes on when released', async () => {
    using folder = recordsFolder();
    const consumer = atWork(folder);
    await consumer.port.until('ready');
    consumer.port.command({ kind: 'hold', held: true });
    await settle();
    const handed = consumer.hand(LIKES);
    await settle();
    expect(consumer.stored).toEqual([]);
    expect(consumer.recorded(KIND.delivered)).toEqual([0, 1, 2]);
    expect(consumer.recorded(KIND.fresh)).toEqual([]);
    consumer.port.command({ kind: 'hold', held: false });
    await handed;
    expect(consumer.stored).toEqual(LIKES);
    await consumer.hand([]);
    consumer.port.command({ kind: 'stop' });
    await consumer.ended;
  });

  test('stays held when it is told so twice, and is free after one release', async () => {
    using folder = recordsFolder();
    const consumer = atWork(folder);
    await consumer.port.until('ready');
    for (const held of [true, true]) consumer.port.command({ kind: 'hold', held });
    await settle();
    const handed = consumer.hand(LIKES);
    await settle();
    expect(consumer.stored).toEqual([]);
    consumer.port.command({ kind: 'hold', held: false });
    await handed;
    consumer.port.command({ kind: 'stop' });
    await consumer.ended;
  });

  test('stores what it holds when it is to stop, and only then ends', async () => {
    using folder = recordsFolder();
    const consumer = atWork(folder);
    await consumer.port.until('ready');
    consumer.port.command({ kind: 'hold', held: true });
    await settle();
    void consumer.hand(LIKES);
    consumer.port.command({ kind: 'stop' });
    const { report } = await consumer.port.until('consumer-done');
    expect(report.sums).toEqual({ delivered: 3, counted: 3, transactions: 1 });
    expect(consumer.stored).toEqual(LIKES);
    await consumer.ended;
  });
});
