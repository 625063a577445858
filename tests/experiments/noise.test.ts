import { describe, expect, test } from 'vitest';
import { noise } from '../../experiments/noise.ts';
import { type Job, schedule } from '../../lab/schedule.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { Random } from '../../likes/workloads/random.ts';
import { madePlan, madeRates } from '../lab/made-result.ts';
import { pacedRuns, sustainedRuns } from '../lab/made-runs.ts';
import { drawnRuns } from '../lab/statistics/drawn-runs.ts';
import { orderOf } from './step-order.ts';

const BROKER = 'redis-streams';
const REPEATS = noise.repeats!;

function jobs(): Job[] {
  return schedule({
    ...{ experiments: [noise], profile: 'quick', likes: undefined, repeats: REPEATS, seed: 1 },
    contenders: [{ broker: BROKER, tier: 'kill', likesPerSRough: 100_000 }],
  });
}

/** Runs of either name: published and counted, or p50 and p99. `factor` sets one name off. */
function results(repeats: number, factor = 1): TrialResult[] {
  const random = Random.seeded(41, 1);
  return [undefined, `${BROKER} (again)`].flatMap((alias) => {
    const drawn = () =>
      drawnRuns(random, repeats, 100, 5).map((run) => (alias ? run * factor : run));
    const named = { experiment: 'noise', ...(alias && { alias }) };
    const [published, counted] = [drawn(), drawn()];
    const rates = published.map((publishedLikesPerS, place) =>
      madeRates({ publishedLikesPerS, countedLikesPerS: counted[place]! }),
    );
    const plan = madePlan('publish-then-count');
    return [
      ...rates.flatMap((own) => sustainedRuns(BROKER, [0], { ...named, plan, rates: own })),
      ...pacedRuns(BROKER, drawn(), named),
    ];
  });
}

const tableOf = (own: readonly TrialResult[]) => noise.tables!(own)[0]!;

describe('the study of noise', () => {
  test('runs each broker under two names, interleaved, seven blocks of twelve runs a mode', () => {
    const all = jobs();
    expect(all).toHaveLength(REPEATS * 2 * 2);
    expect(REPEATS).toBe(7 * 6);
    for (let round = 0; round < all.length; round += 2) {
      const names = all.slice(round, round + 2).map(({ alias }) => alias ?? BROKER);
      expect(names.sort()).toEqual([BROKER, `${BROKER} (again)`]);
      expect(all[round]!.step).toEqual(all[round + 1]!.step);
    }
    // Neither name always comes first.
    const firsts = all.filter((_, place) => place % 2 === 0).map(({ alias }) => alias);
    expect(new Set(firsts).size).toBe(2);
  });

  test.each(['smoke', 'quick', 'full'] as const)('has samples for a p99: %s', (profile) => {
    const paced = noise.steps(orderOf({ profile })).find(({ mode }) => mode === 'paced')!;
    expect('likesPerS' in paced.rate! && paced.rate.likesPerS * paced.measureS!).toBeGreaterThan(
      300,
    );
  });

  test('takes less than eight minutes, by the times that it names', () => {
    // Around its load a trial takes 1 to 1.5 s, and publishes and counts the likes of a second.
    const seconds = jobs().map(({ step }) =>
      step.mode === 'paced' ? 1.5 + step.warmUpS! + step.measureS! : 1.5 + 1,
    );
    expect(seconds.reduce((sum, one) => sum + one, 0)).toBeLessThan(8 * 60);
  });

  test('forms pairs of six runs, no run in two of a metric, and 40 at most', () => {
    const table = tableOf(results(REPEATS));
    const [pairs, alarms] = ['pairs', 'called different'].map((head) => table.heads.indexOf(head));
    // Two metrics of rates and two of latencies are made up here: 4 × 7 pairs.
    expect(table.rows.map((row) => row[pairs!])).toEqual(['7', '7', '7', '7']);
    const called = table.rows.reduce((sum, row) => sum + Number(row[alarms!]), 0);
    expect(called).toBeLessThanOrEqual(3);
    expect(table.notes[0]).toBe(
      `${called} of 28 pairs of the same thing were called different; up to 1 are expected at ` +
        '95 %, and 3 at most allowed: kept',
    );
    expect(table.notes[1]).toContain('from 14 blocks of 12 runs');
    const capped = tableOf(results(2 * REPEATS));
    const sum = capped.rows.reduce((all, row) => all + Number(row[pairs!]), 0);
    expect(sum).toBe(40);
    expect(capped.notes[0]).toMatch(/of 40 pairs .* 2 are expected at 95 %, and 5 at most/);
  });

  test('notices a planted difference, and says that the bound is missed', () => {
    const table = tableOf(results(12, 2));
    expect(table.notes[0]).toMatch(/^8 of 8 pairs .* 1 at most allowed: missed$/);
    expect(table.notes.filter((note) => note.startsWith('called different: '))).toHaveLength(8);
  });

  test('tells what six runs detect, from all runs of a row', () => {
    const table = tableOf(results(12));
    const place = table.heads.indexOf('six runs detect');
    for (const row of table.rows) {
      const percent = Number(/^([\d.]+) %$/.exec(row[place]!)?.[1]);
      // Around 13 % for normal runs with a deviation of 5 %.
      expect(percent).toBeGreaterThan(6);
      expect(percent).toBeLessThan(26);
    }
  });

  test('forms no pair of fewer than six valid runs, and says so', () => {
    expect(tableOf(results(5)).notes).toEqual([
      'no pair: each needs 6 valid runs under either name',
    ]);
  });
});
