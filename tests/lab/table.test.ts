import { describe, expect, test } from 'vitest';
import { medianInterval } from '../../lab/statistics/bootstrap.ts';
import { formatNumber, tableOf, toMarkdown, toText } from '../../lab/table.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { cleanLedger, madeExperiment, madeRates, madeResult } from './made-result.ts';

function resultWith(sustainedLikesPerS: number, changed: Partial<TrialResult> = {}): TrialResult {
  return madeResult({ rates: madeRates({ sustainedLikesPerS }), ...changed });
}

function struck(rate: number, reason: string): Partial<TrialResult> & { rates: object } {
  return {
    rates: madeRates({ sustainedLikesPerS: rate }),
    numbersValid: false,
    numbersStruck: [reason],
  };
}

describe('a table', () => {
  test('has a row for each key, in the order of the keys, numbers by their value', () => {
    const table = tableOf(madeExperiment, [
      madeResult({ broker: 'sqs', tier: 'kill' }),
      madeResult({ broker: 'kafka', tier: 'power' }),
      madeResult({ broker: 'kafka', tier: 'kill' }),
    ]);
    expect(table.heads).toEqual(['broker', 'tier', 'counts', 'likes/s', 'drain s', 'lost']);
    expect(table.rows.map((row) => row.slice(0, 2))).toEqual([
      ['kafka', 'kill'],
      ['kafka', 'power'],
      ['sqs', 'kill'],
    ]);
    const byRate = {
      ...madeExperiment,
      rowKey: ({ plan }: TrialResult) => [String(plan.likesPerS)],
    };
    const rates = [10_000, 900, 2_000].map((likesPerS) =>
      madeResult({ plan: { ...madeResult().plan, likesPerS } }),
    );
    expect(tableOf(byRate, rates).rows.map(([key]) => key)).toEqual(['900', '2000', '10000']);
  });

  test('shows one run as it is, and several as their median with least and most', () => {
    const one = tableOf(madeExperiment, [resultWith(1_234.4)]);
    expect(one.rows[0]![3]).toBe('1,234');
    const three = tableOf(madeExperiment, [
      resultWith(3_000),
      resultWith(1_000),
      resultWith(2_500),
    ]);
    expect(three.rows[0]![3]).toBe('2,500 (1,000–3,000)');
    const alike = tableOf(madeExperiment, [resultWith(1_000.2), resultWith(1_000.4)]);
    expect(alike.rows[0]![3]).toBe('1,000');
  });

  test('shows the interval of the median from six runs up, and stays with a range below', () => {
    const rates = [3_000, 1_000, 2_500, 2_400, 2_600, 2_700];
    const six = tableOf(
      madeExperiment,
      rates.map((rate) => resultWith(rate)),
    );
    const { low, high } = medianInterval(rates)!;
    const [least, most] = [formatNumber(low, 0), formatNumber(high, 0)];
    expect(six.rows[0]![3]).toBe(`2,550 [${least}–${most}]`);
    const five = tableOf(
      madeExperiment,
      rates.slice(1).map((rate) => resultWith(rate)),
    );
    expect(five.rows[0]![3]).toBe('2,500 (1,000–2,700)');
    const struckOnce = [
      ...rates.slice(1).map((rate) => resultWith(rate)),
      madeResult(struck(1, 'late')),
    ];
    expect(tableOf(madeExperiment, struckOnce).rows[0]![3]).toBe('2,500 (1,000–2,700)');
  });

  test('never hides the worst of a finding in an interval', () => {
    const lost = [0, 0, 0, 0, 0, 0, 0, 5].map((count) => cleanLedger({ lost: count }));
    const table = tableOf(
      madeExperiment,
      lost.map((ledger) => madeResult({ ledger })),
    );
    expect(table.rows[0]![5]).toBe('0 (0–5)');
  });

  test('says once what several runs of a row say with other figures, and of how many', () => {
    const runs = [91, 96, 104].map((percent) =>
      resultWith(1_000, { notes: [`client-bound: producer at ${percent} %`] }),
    );
    const idle = resultWith(1_000, { notes: ['1 of 2 consumers were given nothing'] });
    expect(tableOf(madeExperiment, [...runs, idle]).notes).toEqual([
      'kafka kill: client-bound: producer at 91 % (and 2 more of these runs alike)',
      'kafka kill: 1 of 2 consumers were given nothing',
    ]);
  });

  test('shows what was not measured as –, also when it is struck out', () => {
    const table = tableOf(madeExperiment, [
      madeResult({ ledger: undefined, rates: undefined, numbersValid: false }),
    ]);
    expect(table.rows[0]!.slice(3)).toEqual(['–', '–', '–']);
  });

  test('strikes out numbers that do not stand, says why below, and leaves findings', () => {
    const result = madeResult({
      ...struck(1_000, 'generator late: p99 12.0 ms behind its schedule'),
      rates: madeRates({ sustainedLikesPerS: 1_000, drainS: 0.5 }),
      ledger: cleanLedger({ lost: 2 }),
      verdict: 'fail',
    });
    const table = tableOf(madeExperiment, [result]);
    expect(table.rows).toEqual([['kafka', 'kill', 'fail', '~~1,000~~', '~~0.50~~', '2']]);
    expect(table.notes).toEqual([
      'kafka kill: numbers struck out, generator late: p99 12.0 ms behind its schedule',
    ]);
    expect(toMarkdown(table)).toContain('| ~~1,000~~ |');
    expect(toMarkdown(table)).toMatch(/\n\n- kafka kill: numbers struck out, generator late/);
    expect(toText(table)).toMatch(/~~1,000~~[\s\S]+· kafka kill: numbers struck out, generator/);
  });

  test('never lets a number that is struck out into the median of those that stand', () => {
    const table = tableOf(madeExperiment, [
      resultWith(1_000),
      madeResult(struck(99_000, '3 lost')),
      resultWith(2_000),
    ]);
    expect(table.rows[0]![3]).toBe('1,500 (1,000–2,000)');
    expect(table.notes).toEqual(['kafka kill: numbers struck out, 3 lost']);
  });

  test('shows the findings of all runs, also of those whose numbers do not stand', () => {
    const lossy = madeResult({
      ...struck(1, 'lost'),
      verdict: 'fail',
      ledger: cleanLedger({ lost: 5 }),
    });
    const table = tableOf(madeExperiment, [madeResult(), lossy]);
    expect(table.rows[0]![2]).toBe('pass, fail');
    expect(table.rows[0]![5]).toBe('3 (0–5)');
  });

  test('says a note of several runs once', () => {
    const noted = madeResult({ notes: ['client-bound: producer at 98 %'] });
    expect(tableOf(madeExperiment, [noted, noted]).notes).toEqual([
      'kafka kill: client-bound: producer at 98 %',
    ]);
  });
});

test('columns of numbers are set to the right, in both kinds of text', () => {
  const table = tableOf(madeExperiment, [
    resultWith(1_000, { broker: 'a' }),
    resultWith(20, { broker: 'b' }),
  ]);
  expect(toMarkdown(table).split('\n').slice(0, 3)).toEqual([
    '| broker | tier | counts | likes/s | drain s | lost |',
    '| --- | --- | --- | ---: | --- | ---: |',
    '| a | kill | pass | 1,000 | – | 0 |',
  ]);
  const several = [1_000, 1_100, 1_200, 1_300, 1_400, 1_500].map((rate) => resultWith(rate));
  const rule = toMarkdown(tableOf(madeExperiment, several)).split('\n')[1];
  expect(rule).toBe('| --- | --- | --- | ---: | --- | ---: |');
  expect(toText(table).split('\n').slice(2)).toEqual([
    'broker  tier  counts  likes/s  drain s  lost',
    '──────  ────  ──────  ───────  ───────  ────',
    'a       kill  pass      1,000  –           0',
    'b       kill  pass         20  –           0',
  ]);
});

test('numbers are written with commas and the digits asked for', () => {
  expect(formatNumber(1_234_567.891, 1)).toBe('1,234,567.9');
  expect(formatNumber(0, 2)).toBe('0.00');
});
