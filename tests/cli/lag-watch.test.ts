import { expect, test } from 'vitest';
import type { Backlog, Broker } from '../../brokers/broker.ts';
import { LagWatch } from '../../cli/lag-watch.ts';

const EMPTY: Backlog = { waiting: 0, unacknowledged: 0, parked: 3 };

/** Answers what it is told to; which servers say what is for the tests of `count` to show. */
function brokerThat(backlog: () => Promise<Backlog>, hasQueue = true) {
  const broker = { backlog, hasQueue: async () => hasQueue } as Partial<Broker> as Broker;
  return { broker, queue: 'likes' };
}

async function isSettled(promise: Promise<void>): Promise<boolean> {
  const notYet = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)));
  return await Promise.race([promise.then(() => true), notYet]);
}

test('approximate counts must say for a time, without a break, that nothing is left', async () => {
  const drainedTimeMs = 50;
  let asked = 0;
  let lastLeftMs = 0;
  const backlog = async () => {
    asked++;
    if (asked !== 2) return EMPTY;
    lastLeftMs = performance.now();
    return { ...EMPTY, unacknowledged: 1 };
  };
  using watch = new LagWatch(brokerThat(backlog), drainedTimeMs);
  while (!(await isSettled(watch.drained))) await watch.ask();
  expect(asked).toBeGreaterThan(3);
  expect(performance.now() - lastLeftMs).toBeGreaterThanOrEqual(drainedTimeMs);
  expect(watch.lag).toMatchObject({ backlog: EMPTY, problem: undefined });
});

test('exact counts need to say only once that nothing is left', async () => {
  let left: Backlog = { ...EMPTY, waiting: 1 };
  using watch = new LagWatch(
    brokerThat(async () => left),
    0,
  );
  await watch.ask();
  expect(await isSettled(watch.drained)).toBe(false);
  left = { ...EMPTY, unacknowledged: 1 };
  await watch.ask();
  expect(await isSettled(watch.drained)).toBe(false);
  left = EMPTY;
  await watch.ask();
  expect(await isSettled(watch.drained)).toBe(true);
});

test('questions never overlap', async () => {
  let underWay = 0;
  let most = 0;
  const backlog = async () => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
    return EMPTY;
  };
  using watch = new LagWatch(brokerThat(backlog), 0);
  await Promise.all([watch.ask(), watch.ask(), watch.ask()]);
  expect(most).toBe(1);
});

test('a server that does not answer is told with its reason, and its last word stays', async () => {
  let isUp = true;
  const backlog = async () => {
    if (isUp) return { ...EMPTY, waiting: 7 };
    throw new Error('no route');
  };
  using watch = new LagWatch(brokerThat(backlog), 0);
  await watch.ask();
  isUp = false;
  await watch.ask();
  expect(watch.lag).toMatchObject({ backlog: { waiting: 7 }, problem: 'no route' });
  expect(await isSettled(watch.gone)).toBe(false);
});

test('a queue that the server says it has not is gone', async () => {
  const backlog = async () => {
    throw new Error('no such queue');
  };
  using watch = new LagWatch(brokerThat(backlog, false), 0);
  await watch.gone;
  expect(await isSettled(watch.drained)).toBe(false);
});
