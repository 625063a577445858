/** What a student does within three minutes, and what has to come of it on any broker. */
import { expect } from 'vitest';
import { isAlive } from '../../brokers/servers/local/living.ts';
import type { Snapshot } from '../../demo/snapshot.ts';
import type { DemoUnderTest } from './demo-fixture.ts';

const LIKES_PER_S = 200;
/** Likes that are on the way when something is killed. */
const LIKES_LEAST = 60;

/** The ledger is closed: all is counted once, and nothing is lost. */
export async function isExact(demo: DemoUnderTest) {
  const { ledger, failed } = await demo.isSo('all is counted', (snapshot) => {
    return snapshot.crowd === null && snapshot.ledger.lost !== null;
  });
  const { attempted, accepted, refused, unknown, counted, landedUnknown } = ledger;
  expect(failed).toBeNull();
  expect(ledger).toMatchObject({ lost: 0, countedTwice: 0, onItsWay: 0 });
  expect(attempted).toBe(accepted + refused + unknown);
  expect(counted).toBe(accepted + landedUnknown!);
  await demo.shows('#lost', /^0$/);
  await demo.shows('#count', new RegExp(`^${counted.toLocaleString('en-US')}$`));
  return ledger;
}

export async function callCrowd(demo: DemoUnderTest, likesPerS = LIKES_PER_S): Promise<void> {
  const { accepted } = (await demo.snapshot()).ledger;
  await demo.likesPerS(likesPerS);
  await demo.push('crowd', 'Call a crowd');
  await demo.isSo('the crowd likes', ({ ledger }) => ledger.accepted > accepted + LIKES_LEAST);
}

const isIdle = ({ busy }: Snapshot) => busy === undefined;

export async function sendHome(demo: DemoUnderTest): Promise<void> {
  // One that has stayed long enough may have gone by itself.
  await demo.page.evaluate(
    `(() => {
      const button = document.getElementById('crowd');
      if (button.textContent === 'Send it home') button.click();
    })()`,
  );
  await demo.isSo('the crowd has gone', ({ crowd }) => crowd === null);
}

export interface StoryOptions {
  /** What the broker takes with ease. */
  readonly likesPerS?: number;
  /** Done while the queue waits for a dead worker. */
  readonly meanwhile?: () => Promise<void>;
}

/** A worker dies with likes in its hands; they come to the next one again, and count once. */
export async function killWorkerUnderLoad(
  demo: DemoUnderTest,
  { likesPerS = LIKES_PER_S, meanwhile = async () => {} }: StoryOptions = {},
): Promise<void> {
  await callCrowd(demo, likesPerS);
  const before = demo.processes;
  await demo.push('strike-worker', 'Kill the worker');
  await demo.isSo('the worker is dead', (now) => now.worker === 'dead' && isIdle(now));
  expect(before.filter((found) => !isAlive(found))).toHaveLength(1);
  await demo.shows('#headline', /worker is dead: likes wait in the queue.*nobody's like is lost/);
  await demo.shows('[data-story=worker]', /SIGKILL.* after it stored \d+ likes? and before/);
  const dead = (await demo.snapshot()).ledger;
  const { ledger } = await demo.isSo('likes wait', ({ ledger: { onItsWay } }) => {
    return onItsWay > dead.onItsWay + LIKES_LEAST;
  });
  // No user has noticed anything.
  const { refused, unknown } = dead;
  expect(ledger).toMatchObject({ refused, unknown, lost: null });
  await demo.push('strike-worker', 'Start a new worker');
  await demo.isSo('a new worker is up', (now) => now.worker === 'up' && isIdle(now));
  await sendHome(demo);
  await meanwhile();
  const { cameAgain } = await isExact(demo);
  expect(cameAgain).toBeGreaterThan(0);
  await demo.shows('#came-again', /^[1-9]/);
  await demo.shows('#headline', /came to a worker twice.*none counted twice/);
  // Whoever cannot see it is told as well.
  await demo.shows('#spoken', /came to a worker twice.*none counted twice/);
}

/** The gateway says no while there is no broker, and yes again afterwards. */
export async function killBrokerUnderLoad(
  demo: DemoUnderTest,
  { likesPerS = LIKES_PER_S }: StoryOptions = {},
): Promise<void> {
  await callCrowd(demo, likesPerS);
  const before = demo.processes;
  await demo.push('strike-broker', 'Kill the broker');
  await demo.isSo('the broker is dead', (now) => now.broker === 'dead' && isIdle(now));
  expect(before.filter((found) => !isAlive(found))).toHaveLength(1);
  await demo.isSo('users are turned away', ({ ledger: { refused, unknown } }) => {
    return refused + unknown > LIKES_LEAST;
  });
  await demo.shows('#headline', /is dead\. The gateway tells every user so \(503\)/);
  await demo.shows('#lost', /^–$/);
  await demo.push('strike-broker', 'Start the broker again');
  await demo.isSo('the broker is up', (now) => now.broker === 'up' && isIdle(now));
  await sendHome(demo);
  await callCrowd(demo, likesPerS);
  await sendHome(demo);
  const { refused, unknown } = await isExact(demo);
  expect(refused + unknown).toBeGreaterThan(LIKES_LEAST);
}
