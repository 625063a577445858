import { describe, expect, test } from 'vitest';
import { type Contest, expectExactly } from '../../bench/contest.ts';
import { runContest } from '../../bench/run-contest.ts';
import type { Stage } from '../../bench/stage.ts';

/** A contest runs on whatever stage it is given; these sides need none of its servers. */
function stageWith(signal: AbortSignal): Stage {
  const stage = { likes: 1, signal, log: () => undefined };
  return { ...stage, sized: (likes: number) => ({ ...stage, likes }) } as unknown as Stage;
}

function contestOf(
  sides: { ours: () => Promise<number>; bare: () => Promise<number> },
  more: Partial<Contest> = {},
): Contest {
  return {
    name: 'made',
    unit: 'likes',
    warmsUp: false,
    ours: '',
    openPair: async () => sides,
    ...more,
  };
}

describe('a contest', () => {
  test('lets the two sides take turns in going first, and keeps the warm-up out', async () => {
    const order: string[] = [];
    const side = (name: string) => async () => order.push(name);
    const contest = contestOf({ ours: side('ours'), bare: side('bare') }, { warmsUp: true });
    const { pairs } = await runContest(contest, stageWith(new AbortController().signal), 3);
    expect(order.join(' ')).toBe('bare ours ours bare bare ours ours bare');
    expect(pairs).toEqual([
      { ours: 3, bare: 4 },
      { ours: 6, bare: 5 },
      { ours: 7, bare: 8 },
    ]);
  });

  test('strikes out a pair of which one side did other work, and keeps the others', async () => {
    let runs = 0;
    const contest = contestOf({
      ours: async () => 1,
      async bare() {
        runs++;
        expectExactly('likes handled', runs, 1);
        return 2;
      },
    });
    const result = await runContest(contest, stageWith(new AbortController().signal), 2);
    expect(result.pairs).toEqual([{ ours: 1, bare: 2 }]);
    expect(result.struck).toHaveLength(1);
    expect(result.struck[0]).toMatch(/^pair 2: likes handled: 2 instead of 1;/);
  });

  test('names what failed first when clearing up after it fails too', async () => {
    const contest = contestOf({ ours: async () => 1, bare: async () => 2 });
    const openPair = async () => ({
      ours: () => Promise.reject(new Error('the server is gone')),
      held: {
        async [Symbol.asyncDispose]() {
          throw new Error('nothing to delete');
        },
      },
    });
    const stage = stageWith(new AbortController().signal);
    const { struck } = await runContest({ ...contest, openPair }, stage, 1);
    expect(struck).toEqual(['pair 1: the server is gone']);
  });

  test('keeps whole pairs and begins no other once it is interrupted', async () => {
    const controller = new AbortController();
    let runs = 0;
    const contest = contestOf({
      ours: async () => 1,
      async bare() {
        runs++;
        if (runs === 1) return 2;
        controller.abort();
        throw controller.signal.reason;
      },
    });
    const result = await runContest(contest, stageWith(controller.signal), 5);
    expect(result).toMatchObject({ pairs: [{ ours: 1, bare: 2 }], struck: [] });
    expect(runs).toBe(2);
  });
});
