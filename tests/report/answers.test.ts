import { describe, expect, test } from 'vitest';
import { EVERY_EXPERIMENT } from '../../experiments/index.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { answerTo, either, NEEDS } from '../../report/answers.ts';
import { choicesOf, type TiersOf } from '../../report/decision.ts';
import { gather } from '../../report/shown.ts';
import { pressed, rated, runOf, soundBroker, struck } from './made-data.ts';

const [POWER, KILL] = NEEDS;
const BOTH: TiersOf = () => ['kill', 'power'];

function choose(need: (typeof NEEDS)[number], results: readonly TrialResult[], tiers = BOTH) {
  const choices = choicesOf(gather(EVERY_EXPERIMENT, [runOf(results)]), tiers);
  return answerTo(need, choices);
}

/** All that kafka shows, with the results of one fault or experiment in another form. */
function except(name: string, tier: string, ...others: TrialResult[]): TrialResult[] {
  const isLeft = ({ tier: own, faults, experiment }: TrialResult) =>
    own !== tier || (faults?.name ?? experiment) !== name;
  return [...soundBroker('kafka').filter(isLeft), ...others];
}

describe('500 ordered likes/s that survive a power cut', () => {
  test('fit whom every trial speaks for, and the reasons are figures', () => {
    const { fits, others, untested } = choose(POWER!, soundBroker('kafka'));
    expect(others).toEqual([]);
    expect(untested).toEqual([]);
    expect(fits.map(({ choice }) => choice.broker)).toEqual(['kafka']);
    expect(fits[0]!.reasons).toEqual([
      '0 of 2,000 likes out of order',
      'power cut: 0 lost in 5 power cuts (loss chance <\u00a060\u00a0%)',
      '80,000 correct likes/s',
      'p99 20.0 ms at 2,000/s',
    ]);
  });

  test('are said to be a promise where no power was cut', () => {
    const { fits, untested } = choose(POWER!, except('power-cut', 'power'));
    expect(untested.map(({ broker }) => broker)).toEqual(['kafka']);
    expect(fits[0]!.reasons).toContain('power cut: promised, never tried');
  });

  test.each<[string, TrialResult[], RegExp]>([
    [
      'lost likes in a cut',
      except(
        'power-cut',
        'power',
        struck('power-cut', 5, 3, { tier: 'power', verdict: 'fail', reasons: ['3 lost'] }),
      ),
      /^3 lost in 5 power cuts$/,
    ],
    [
      'mixes up a post',
      except('ordering', 'power', pressed(90, { tier: 'power' })),
      /^up to 90,000 per million out of order$/,
    ],
    [
      'is too slow',
      except('throughput', 'power', rated(499, { tier: 'power' })),
      /^499 correct likes\/s at most$/,
    ],
    ['was not measured', except('throughput', 'power'), /^no rate was measured at tier power$/],
  ])('do not fit who %s', (_what, results, obstacle) => {
    const { fits, others } = choose(POWER!, results);
    expect(fits).toEqual([]);
    expect(others[0]!.obstacle).toMatch(obstacle);
  });

  test('do not fit who has no such tier', () => {
    const results = soundBroker('sqs').filter(({ tier }) => tier === 'kill');
    const { others } = choose(POWER!, results, () => ['kill']);
    expect(others[0]!.obstacle).toBe('no such tier here');
  });

  test('do not fit whose order ends with its server', () => {
    const results = soundBroker('sqs-fifo').map((result) => ({
      ...result,
      promises: { ...result.promises!, orderEndsWithServer: true as const },
    }));
    expect(choose(POWER!, results).others[0]!.obstacle).toContain('until its server restarts');
  });
});

test('where order does not matter, who mixes up posts fits', () => {
  const results = except('ordering', 'kill', pressed(90));
  expect(choose(KILL!, results).fits).toHaveLength(1);
});

test('names are listed as one says them', () => {
  expect(['a', 'b', 'c'].map((_, at, all) => either(all.slice(0, at + 1)))).toEqual([
    'a',
    'a or b',
    'a, b or c',
  ]);
});
