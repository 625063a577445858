import { describe, expect, test } from 'vitest';
import type { Backlog } from '../../../brokers/broker.ts';
import { openClock } from '../../../lab/clock.ts';
import { backlog } from '../../../lab/faults/backlog.ts';
import type { Stage } from '../../../lab/faults/fault.ts';

/** A queue that grows by so many likes each time it is asked for, while consumers are held. */
function madeStage(likesPerAnswer: number, signal = new AbortController().signal) {
  const told: boolean[] = [];
  let waiting = 100;
  const broker = {
    async backlog(): Promise<Backlog> {
      if (told.at(-1) === true) waiting += likesPerAnswer;
      return { waiting, unacknowledged: 7, parked: 3 };
    },
  };
  const crew = {
    holdConsumers: (held: boolean) => void told.push(held),
    whileAlive: <T>(work: Promise<T>) => work,
  };
  const stage = { broker, crew, queue: 'q', clock: openClock(), signal } as unknown as Stage;
  return { stage, told };
}

describe.concurrent('a deep backlog', () => {
  test('ends as soon as it is deep enough', async () => {
    const { stage, told } = madeStage(15_000);
    const { facts, doubts } = await backlog.strike(stage);
    expect(facts).toMatchObject({ backlogBefore: 107, backlogDeepest: 30_107 });
    expect(facts.heldMs).toBeLessThan(5_000);
    expect(doubts).toEqual([]);
    expect(told).toEqual([true, false]);
  });

  test('ends before sessions do, and proves nothing when it stayed shallow', async () => {
    const { stage, told } = madeStage(10);
    const { facts, doubts } = await backlog.strike(stage);
    expect(facts.heldMs).toBeGreaterThan(5_000);
    expect(facts.heldMs).toBeLessThan(8_000);
    expect(doubts).toEqual([
      expect.stringMatching(/^the backlog grew by \d+ likes only in \d+ ms$/),
    ]);
    expect(told).toEqual([true, false]);
  });

  test('lets the consumers go when the trial is interrupted', async () => {
    const controller = new AbortController();
    const { stage, told } = madeStage(10, controller.signal);
    const striking = backlog.strike(stage);
    controller.abort();
    await expect(striking).rejects.toThrow();
    expect(told.at(-1)).toBe(false);
  });
});
