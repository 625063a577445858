import { expect, test } from 'vitest';
import { waysCharts } from '../../../report/charts/direct-or-queued.ts';
import { renderReport } from '../../../report/page.ts';
import { wayResult, waysEvening } from '../../experiments/made-ways.ts';
import { optionsOf } from '../made-data.ts';

/** The report has little room: see tests/report/page-in-browser.test.ts. */
const SVG_BYTES_MAX = 15_000;

const evening = waysEvening();
const [rates, burst] = waysCharts(evening);

test('each broker has a panel of four lines, and direct writing is in each', () => {
  expect(rates!.panels.map(({ title }) => title)).toEqual([
    'kafka, tier power: p99 ms',
    'redis-streams, tier power: p99 ms',
  ]);
  for (const { svg } of rates!.panels) {
    expect(svg).not.toContain('NaN');
    for (const name of ['direct', 'direct, states', 'queue', 'queue, single']) {
      expect(svg).toContain(`>${name}</text>`);
    }
    expect(svg.match(/<a /g)).toHaveLength(20);
  }
  expect(rates!.summary).toContain(
    'kafka, tier power: direct 3.0 ms at 100/s to 900.0 ms at 4,000/s',
  );
});

test('a point says how many requests its latency leaves out', () => {
  const { svg } = rates!.panels[0]!;
  expect(svg).toContain('direct, +1, 4,000/s: p99 900.0 ms, 30.0 % not accepted');
  expect(svg).not.toContain(', 0.0 % not accepted');
  expect(rates!.summary).toContain('900.0 ms at 4,000/s, 30.0 % not accepted');
});

test('the largest burst has a row for each way and broker', () => {
  expect(burst!.title).toBe('A burst of 50 times the rate on one post');
  expect(burst!.panels).toHaveLength(3);
  expect(burst!.summary).toContain(
    'requests not accepted, %: direct 50; direct, states 50; kafka 5; kafka, single 5; ' +
      'redis-streams 5; redis-streams, single 5.',
  );
  for (const { svg } of burst!.panels) expect(svg).not.toContain('NaN');
});

test('all of them are small', () => {
  for (const { panels } of [rates!, burst!]) {
    for (const { svg } of panels) expect(svg.length).toBeLessThan(SVG_BYTES_MAX);
  }
});

test('what does not stand is not drawn', () => {
  const struck = evening.map((result) => ({ ...result, numbersValid: false }));
  expect(waysCharts(struck)).toEqual([]);
  expect(waysCharts([wayResult({ way: 'direct' })])).toEqual([]);
});

test('the page answers in words, has the tables, and takes no kill for a matrix of faults', () => {
  const page = renderReport(optionsOf(evening));
  expect(page).toContain('no from 2,000/s on');
  expect(page).toContain('Where the better choice turns');
  expect(page).not.toContain('undefined');
});
