import { describe, expect, test } from 'vitest';
import { RoundWatch } from '../../demo/round-watch.ts';

const database = {
  countOf: async () => 5,
  usersOf: async () => [],
  lockWaits: async () => 2,
  [Symbol.asyncDispose]: async () => undefined,
};

const backlogOf = (waiting: number, unacknowledged = 0) => ({ waiting, unacknowledged, parked: 0 });
const SOON = { timeout: 10_000 };

function watchOver(backlog: (() => Promise<ReturnType<typeof backlogOf>>) | undefined, ms = 0) {
  return new RoundWatch({ post: 'p', database, backlog, drainedTimeMs: ms });
}

describe('a queue is drained', () => {
  test('when its server says that nothing is left, and was asked after the last like', async () => {
    const answers: PromiseWithResolvers<ReturnType<typeof backlogOf>>[] = [];
    using watch = watchOver(() => {
      answers.push(Promise.withResolvers());
      return answers.at(-1)!.promise;
    });
    await expect.poll(() => answers.length, SOON).toBe(1);
    // The server was asked before this like came, so its answer says nothing of it.
    watch.touch();
    answers[0]!.resolve(backlogOf(0));
    await expect.poll(() => answers.length, SOON).toBe(2);
    expect(watch.drainedSinceMs).toBeUndefined();
    answers[1]!.resolve(backlogOf(0));
    await expect.poll(() => watch.drainedSinceMs, SOON).toBeGreaterThan(0);
    watch.touch();
    expect(watch.drainedSinceMs).toBeUndefined();
  });

  test('neither while likes wait or are unacknowledged, nor while it is silent', async () => {
    const answers = [backlogOf(3), backlogOf(0, 2)];
    let asked = 0;
    using watch = watchOver(async () => {
      const answer = answers[asked++];
      if (answer === undefined) throw new Error('the server does not answer');
      return answer;
    });
    await expect.poll(() => watch.seen.backlog, SOON).toBe(3);
    await expect.poll(() => watch.seen.backlog, SOON).toBe(2);
    expect(watch.drainedSinceMs).toBeUndefined();
    await expect.poll(() => watch.seen.backlog, SOON).toBeUndefined();
    expect(watch.drainedSinceMs).toBeUndefined();
  });

  test('only after a while where the counts of the server are approximate', async () => {
    using watch = watchOver(async () => backlogOf(0), 60_000);
    await expect.poll(() => watch.seen.counted, SOON).toBe(5);
    expect(watch.drainedSinceMs).toBeUndefined();
  });
});

test('without a queue all that is answered is counted', async () => {
  using watch = watchOver(undefined);
  expect(watch.drainedSinceMs).toBeLessThanOrEqual(performance.now());
  await expect.poll(() => watch.seen, SOON).toMatchObject({ counted: 5, lockWaits: 2, backlog: 0 });
});
