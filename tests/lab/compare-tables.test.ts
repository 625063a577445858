import { describe, expect, test } from 'vitest';
import { compareRuns } from '../../lab/compare-runs.ts';
import { comparisonJson, headlineOf, renderComparison } from '../../lab/compare-tables.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { cleanLedger, madeResult } from './made-result.ts';
import { LIMITS, madeRun, SIX, times, trialsAt } from './made-run.ts';

const compared = (a: readonly TrialResult[], b: readonly TrialResult[], confidence = 0.95) =>
  compareRuns(madeRun(a), madeRun(b, { run: 'run-2' }), { ...LIMITS, confidence });

const lost = madeResult({
  ...{ experiment: 'persistence', verdict: 'fail', numbersValid: false },
  ledger: cleanLedger({ lost: 3 }),
  reasons: ['3 lost: acknowledged, never counted'],
});
const kept = madeResult({ experiment: 'persistence', rates: undefined });
const worse = compared([...trialsAt(SIX), kept], [...trialsAt(times(0.8)), lost]);

describe('the headline', () => {
  test('says what is a regression', () => {
    expect(headlineOf(worse)).toBe(
      'Regression: promises newly broken in 1 trial, 1 figure worse by more than 5 %.',
    );
  });

  test('says what was compared where there is none, and what to do where nothing is told', () => {
    expect(headlineOf(compared(trialsAt(SIX), trialsAt(SIX)))).toBe(
      'No regression beyond 5 %: promises kept in 1 trial, 1 figure compared.',
    );
    expect(headlineOf(compared([madeResult()], [madeResult()]))).toMatch(
      /^Cannot tell: nothing can be told of the one figure .* run both sides with --repeats 6/,
    );
  });
});

describe('as text', () => {
  const text = renderComparison(worse, 'text');
  const lineWith = (words: string) => text.split('\n').find((line) => line.includes(words));

  test('the promise comes before the figures, both with what shows it', () => {
    expect(text.indexOf('NEWLY BROKEN')).toBeLessThan(text.indexOf('WORSE'));
    expect(lineWith('NEWLY BROKEN')).toContain('3 lost: acknowledged, never counted');
    expect(lineWith('WORSE')).toMatch(
      /kafka +kill .* 1,001 \(.*\) +801 \(.*\) +−20\.0 % +−.* to −/,
    );
  });

  test('one line tells how many figures may be worse by chance alone', () => {
    expect(text).toContain('1 figure compared at 95 %: by chance alone up to 0.03 of them may be');
    const many = Array.from({ length: 20 }, (_, index) =>
      trialsAt(SIX, { experiment: `experiment-${index}` }),
    ).flat();
    const chance = (confidence: number) =>
      renderComparison(compared(many, many, confidence), 'text');
    expect(chance(0.95)).toContain('up to 0.5 of them may be called worse. --level 99% makes');
    expect(chance(0.99)).not.toContain('--level 99%');
  });

  test('figures that may hide a regression are counted', () => {
    const wide = trialsAt([600, 800, 1_000, 1_200, 1_400, 1_600]);
    const hiding = renderComparison(compared(wide, wide), 'text');
    expect(hiding).toContain(
      'In 1 of them the interval also holds changes for the worse beyond 5 %',
    );
  });

  test('trials that one side lacks are named', () => {
    const lone = renderComparison(compared([madeResult(), kept], [madeResult()]), 'text');
    expect(lone).toContain('Only in A, compared with nothing\n· kafka at kill, persistence');
  });
});

test('as Markdown it has headings and tables, for a pull request', () => {
  const markdown = renderComparison(worse, 'markdown');
  expect(markdown).toMatch(/^## Regression: /);
  expect(markdown).toContain('| promises | broker | tier | trial | A | B | what shows it |');
  expect(markdown).toMatch(/^\| WORSE \| kafka \| kill \| throughput, sustained \| /m);
});

test('as JSON it has all of it, and no trial twice', () => {
  const told = JSON.parse(comparisonJson(worse, 1));
  expect(told).toMatchObject({
    ...{ format: 1, exitCode: 1, outcome: 'regression', tolerancePercent: 5, levelPercent: 95 },
    a: { run: 'run-1' },
    b: { run: 'run-2' },
    promises: [{ outcome: 'newly broken' }, { outcome: 'kept' }],
    ...{ warnings: [], blind: [], onlyInA: [], onlyInB: [] },
  });
  expect(told.numbers).toMatchObject([
    { metric: 'sustained', verdict: 'worse', isRegression: true },
  ]);
  expect(JSON.stringify(told)).not.toContain('ledger');
});
