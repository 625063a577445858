import { describe, expect, test } from 'vitest';
import { examineFile } from '../../../../lab/audit/formats/index.ts';
import { hitNames, judged } from './examined.ts';

type Metrics = Record<string, Record<string, number>>;

/** 100/s for 60 s, 25 ms a request, of up to 10 users. */
const CLEAN: Metrics = {
  http_reqs: { count: 6_000, rate: 99.98 },
  http_req_duration: {
    avg: 25.113,
    min: 20.021,
    med: 24.87,
    max: 61.322,
    'p(90)': 28.9,
    'p(95)': 30.314,
    'p(99)': 41.071,
  },
  iterations: { count: 6_000, rate: 99.98 },
  dropped_iterations: { count: 2, rate: 0.033 },
  iteration_duration: { avg: 25.6, min: 20.3, med: 25.1, max: 62.2, 'p(90)': 29.4, 'p(95)': 31 },
  vus: { value: 3, min: 2, max: 6 },
  vus_max: { value: 10, min: 10, max: 10 },
};

/** What a script's handleSummary is given: values apart, with type, contents and the time. */
function handled(metrics: Metrics, failed = 0) {
  const entries = Object.entries(metrics).map(([name, values]) => [
    name,
    { type: 'trend', contains: 'time', values, thresholds: { 'p(95)<500': { ok: true } } },
  ]);
  const count = metrics.http_reqs?.count ?? 0;
  const judgedValues = { rate: failed / count, passes: failed, fails: count - failed };
  return {
    root_group: {
      name: '',
      path: '',
      id: 'd41d8cd98f00b204e9800998ecf8427e',
      groups: [],
      checks: [],
    },
    options: { summaryTrendStats: ['avg', 'min'], summaryTimeUnit: '', noColor: false },
    state: { isStdOutTTY: false, isStdErrTTY: false, testRunDurationMs: 60_012.4 },
    metrics: {
      ...Object.fromEntries(entries),
      http_req_failed: { type: 'rate', contains: 'default', values: judgedValues },
    },
  };
}

/** What --summary-export writes: the values flat, thresholds as booleans, no time of the run. */
function exported(metrics: Metrics, failed = 0) {
  const count = metrics.http_reqs?.count ?? 0;
  const http_req_failed = { passes: failed, fails: count - failed, value: failed / count };
  return {
    root_group: {
      name: '',
      path: '',
      id: 'd41d8cd98f00b204e9800998ecf8427e',
      groups: {},
      checks: {},
    },
    metrics: { ...metrics, http_req_failed },
  };
}

const SHAPES = [
  ['handleSummary', handled],
  ['--summary-export', exported],
] as const;

const examined = (value: unknown, file = 'summary.json') =>
  examineFile(JSON.stringify(value), file);

describe.each(SHAPES)('a summary of k6 by %s', (shape, made) => {
  const changed = (name: string, values: Record<string, number>) => ({
    ...CLEAN,
    [name]: { ...CLEAN[name], ...values },
  });

  test('is recognised, and found clean', () => {
    const found = examined(made(CLEAN));
    expect(found).toMatchObject({ kind: 'k6 summary', subject: '6,000 requests' });
    expect(hitNames(found)).toEqual([]);
    expect(judged(found, 'clean').length).toBeGreaterThanOrEqual(8);
    expect(judged(found, 'cannot tell')).toContain('window-spread');
  });

  test.each<[string, Metrics]>([
    ['littles-law', changed('iteration_duration', { avg: 250 })],
    ['samples-dropped', changed('http_req_duration', { min: -3 })],
    ['histogram-edge', changed('http_req_duration', { 'p(99)': 60_000, max: 60_001 })],
    ['timeout-in-rate', changed('http_req_duration', { max: 60_001 })],
    ['percentile-samples', changed('http_req_duration', { 'p(99.9)': 60 })],
    ['saturation', changed('dropped_iterations', { count: 900, rate: 15 })],
    ['generator-late', changed('dropped_iterations', { count: 900, rate: 15 })],
    [
      'clock',
      changed('http_req_duration', {
        ...{ avg: 3, min: 1, med: 2, max: 61, 'p(90)': 5, 'p(95)': 7, 'p(99)': 9 },
      }),
    ],
  ])('in which %s is planted is found out', (name, metrics) => {
    expect(hitNames(examined(made(metrics)))).toContain(name);
  });

  test('with failed requests is unequal work', () => {
    expect(hitNames(examined(made(CLEAN, 600)))).toEqual(['equal-work']);
  });

  test('of a file that names another rate is told so', () => {
    expect(hitNames(examined(made(CLEAN), 'checkout-20-rate.json'))).toEqual([
      'rate-above-offered',
      'settings-label',
    ]);
  });

  test('with another number of samples than requests is told so', () => {
    const value = made(CLEAN);
    const metrics = {
      ...value.metrics,
      http_reqs: made(changed('http_reqs', { count: 7_000 })).metrics.http_reqs,
    };
    expect(hitNames(examined({ ...value, metrics }))).toContain('sample-count');
  });

  const tells = shape === 'handleSummary' ? 'is told' : 'is not told';

  test(`whether a warm-up is counted in a rate ${tells}`, () => {
    const found = examined(made(changed('http_reqs', { rate: 120 })));
    const verdict = shape === 'handleSummary' ? 'hit' : 'cannot tell';
    expect(judged(found, verdict)).toContain('warm-up-in-rate');
  });
});
