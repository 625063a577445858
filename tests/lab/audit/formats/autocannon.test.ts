import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examineFile } from '../../../../lab/audit/formats/index.ts';
import { hitNamed, hitNames, judged } from './examined.ts';

/** It has no types of its own; all that is used of it is what it writes. */
type Run = (options: Record<string, unknown>) => Promise<Record<string, unknown>>;
const autocannon = createRequire(import.meta.url)('autocannon') as Run;

const ANSWER_MS = 50;
const RATE_PER_S = 100;
const RUN_S = 6;
/** Enough for a percentile and too short for anything else. */
const CORRECTED_RUN_S = 3;

interface Summary {
  average: number;
  stddev: number;
  total: number;
}

let server: Server;
let url = '';
/** What it wrote of a server that answers each request after 50 ms. */
let clean: Record<string, unknown> & {
  duration: number;
  requests: Summary;
  latency: Record<string, number>;
};
let corrected: typeof clean;

beforeAll(async () => {
  server = createServer((_request, response) => {
    setTimeout(() => response.end('liked'), ANSWER_MS);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { url, connections: 10, overallRate: RATE_PER_S };
  const asWritten = async (more: Record<string, unknown>) =>
    JSON.parse(JSON.stringify(await autocannon({ ...options, ...more })));
  clean = await asWritten({ duration: RUN_S, ignoreCoordinatedOmission: true });
  corrected = await asWritten({ duration: CORRECTED_RUN_S });
}, 30_000);

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function altered(changed: Record<string, unknown>, file = 'result.json') {
  return examineFile(JSON.stringify({ ...clean, ...steady(), ...changed }), file);
}

/** A machine with other work makes seconds differ, which is not what most plants are about. */
function steady() {
  return { requests: { ...clean.requests, stddev: 1 }, duration: RUN_S };
}

/** Whether the machine let it keep its seconds, so that nothing may be found in them. */
function isCalm(): boolean {
  const { stddev, average } = clean.requests;
  return clean.duration <= RUN_S + 0.5 && stddev <= 0.1 * average;
}

describe('what autocannon really writes', () => {
  test('is recognised and found clean, but for what the machine itself did to it', () => {
    const found = examineFile(JSON.stringify(clean), 'result.json');
    expect(found.kind).toBe('autocannon result');
    const ofStalls = isCalm() ? [] : ['warm-up-in-rate', 'window-spread'];
    expect(hitNames(found).filter((name) => !ofStalls.includes(name))).toEqual([]);
    expect(hitNames(altered({}))).toEqual([]);
  });

  test('with a rate has samples of its correction, and the mean without them is told', () => {
    const found = examineFile(JSON.stringify(corrected), 'result.json');
    const { evidence, wouldBe } = hitNamed(found, 'sample-count');
    const { total } = corrected.requests;
    expect(evidence).toContain(`samples for ${total} requests`);
    const mean = Number(/mean ([\d.]+) ms/.exec(wouldBe!)?.[1]);
    expect(mean).toBeGreaterThanOrEqual(ANSWER_MS - 1);
    // What is printed for a server that never answers sooner is far below that.
    const { p2_5: low } = corrected.latency;
    expect(low).toBeLessThan(ANSWER_MS / 2);
  });
});

describe('planted in it', () => {
  test.each<[string, () => Record<string, unknown>]>([
    ['littles-law', () => ({ latency: { ...clean.latency, average: 2_000 } })],
    ['sample-count', () => ({ latency: { ...clean.latency, totalCount: 9_999 } })],
    ['samples-dropped', () => ({ latency: { ...clean.latency, totalCount: 400 } })],
    ['rate-above-offered', () => ({ title: 'rate 20/s' })],
    ['settings-label', () => ({ title: 'at 20 req/s' })],
    ['histogram-edge', () => ({ latency: { ...clean.latency, p50: 0 } })],
    [
      'warm-up-in-rate',
      () => ({ requests: { ...clean.requests, average: 2 * clean.requests.average } }),
    ],
    ['clock', () => ({ latency: { ...clean.latency, p50: 3 } })],
    ['timeout-in-rate', () => ({ timeouts: 2, errors: 2 })],
    ['window-spread', () => ({ requests: { ...clean.requests, stddev: 60 } })],
    ['equal-work', () => ({ non2xx: 25 })],
    [
      'percentile-samples',
      () => ({
        latency: { ...clean.latency, totalCount: 200 },
        requests: { ...clean.requests, total: 200, sent: 200, average: 33, stddev: 1 },
      }),
    ],
    ['saturation', () => ({ title: 'rate 1k/s' })],
  ])('%s is found', (name, changed) => {
    expect(hitNames(altered(changed()))).toContain(name);
  });

  test('and whether its generator was late, the file does not tell', () => {
    expect(judged(altered({}), 'cannot tell')).toContain('generator-late');
  });
});

/** As the correction makes them: each sample of v ms is there v times, from 1 to v. */
function correctedOf(times: readonly number[]) {
  const all = times
    .flatMap((ms) => Array.from({ length: ms }, (_, below) => below + 1))
    .sort((a, b) => a - b);
  const at = (percent: number) => all[Math.max(0, Math.ceil((percent / 100) * all.length) - 1)]!;
  const percents = [0.001, 0.01, 0.1, 1, 2.5, 10, 25, 50, 75, 90, 97.5, 99, 99.9, 99.99, 99.999];
  const named = percents.map((percent) => [`p${String(percent).replace('.', '_')}`, at(percent)]);
  return {
    ...Object.fromEntries(named),
    average: all.reduce((sum, ms) => sum + ms, 0) / all.length,
    stddev: 1,
    min: 1,
    max: Math.max(...times),
    totalCount: all.length,
  };
}

test.each<[string, number[], string]>([
  ['a constant 50 ms', Array(600).fill(50), 'mean 50 ms, p50 50 ms, of 600 samples'],
  [
    'half 20 and a bit more than half 100 ms',
    [...Array(280).fill(20), ...Array(320).fill(100)],
    'mean 62.7 ms, p50 100 ms, of 600 samples',
  ],
])('the figures without the correction are those of %s', (_what, times, wouldBe) => {
  const requests = { ...clean.requests, total: times.length };
  const found = altered({ latency: correctedOf(times), requests });
  expect(hitNamed(found, 'sample-count').wouldBe).toBe(wouldBe);
});
