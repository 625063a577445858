import { expect, test } from 'vitest';
import { type DatabaseProbe, watchDatabase } from '../../../lab/path/database-probe.ts';
import { lockWaitsOf } from '../../../lab/path/judge-path.ts';

/** A database whose count a test moves, and in which one more waits each time it is looked at. */
function madeProbe() {
  const state = { transactions: 500, looks: 0, isOpen: true };
  const probe: DatabaseProbe = {
    transactions: async () => state.transactions,
    sessionsWaiting: async () => state.looks++,
    [Symbol.asyncDispose]: async () => {
      state.isOpen = false;
    },
  };
  return { state, probe };
}

test('a watch counts from its beginning, and looks until it is told to stop', async () => {
  const { state, probe } = madeProbe();
  {
    await using watch = await watchDatabase(probe);
    state.transactions = 620;
    await expect.poll(() => state.looks, { interval: 5 }).toBeGreaterThan(2);
    await watch.stopLooking();
    const { looks } = state;
    // What sessions tell when they end is waited for.
    state.transactions = 640;
    const facts = await watch.finish();
    expect(facts.transactions).toBe(140);
    expect(facts.waiting).toEqual(Array.from({ length: looks }, (_, look) => look));
  }
  expect(state.isOpen).toBe(false);
});

test('a database that goes away while it is watched is no silent gap', async () => {
  const { probe } = madeProbe();
  const away = { ...probe, sessionsWaiting: () => Promise.reject(new Error('away')) };
  await using watch = await watchDatabase(away);
  await expect(watch.finish()).rejects.toThrow('away');
});

test('lock waits are told as a mean, a maximum and a share of the looks', () => {
  expect(lockWaitsOf([0, 3, 1, 0])).toEqual({
    ...{ samples: 4, waitingSessionsMean: 1, waitingSessionsMax: 3, shareOfSamplesWaiting: 0.5 },
  });
  expect(lockWaitsOf([])).toEqual({
    ...{ samples: 0, waitingSessionsMean: 0, waitingSessionsMax: 0, shareOfSamplesWaiting: 0 },
  });
});
