import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { examineFile } from '../../../../lab/audit/formats/index.ts';
import { hitNamed, hitNames, judged } from './examined.ts';

type Result = Record<string, unknown> & { publishRate: number[]; consumeRate: number[] };

const read = (file: string) => readFileSync(new URL(`omb/${file}`, import.meta.url), 'utf8');
const CLEAN = 'default-sync-200k.json';
const clean = () => JSON.parse(read(CLEAN)) as Result;
const hitsIn = (file: string) => hitNames(examineFile(read(file), file));

/** The clean file with something changed, under its own name or another one. */
function altered(changed: Record<string, unknown>, file = CLEAN) {
  return examineFile(JSON.stringify({ ...clean(), ...changed }), file);
}

describe('of published results of the OpenMessaging Benchmark', () => {
  test('one is found clean, each check that it can tell', () => {
    const found = examineFile(read(CLEAN), CLEAN);
    expect(found.kind).toBe('OpenMessaging Benchmark result');
    expect(hitNames(found)).toEqual([]);
    expect(judged(found, 'cannot tell')).toEqual(['generator-late']);
  });

  test('a label of 10,000/s on a run of 30,256/s is found, whatever the file is called', () => {
    expect(hitsIn('mirrored-30k.json')).toEqual(['settings-label']);
    const renamed = examineFile(read('mirrored-30k.json'), 'mirrored.json');
    expect(hitNames(renamed)).toEqual(['rate-above-offered', 'settings-label']);
    expect(hitNamed(renamed, 'rate-above-offered').evidence).toMatch(/30,256\/s of 10,000\/s/);
  });

  test('windows of nothing, their spread and 1.7 million waiting are found', () => {
    const found = examineFile(read('default-sync-raid0.json'), 'default-sync-raid0.json');
    expect(hitNames(found)).toEqual(['timeout-in-rate', 'window-spread', 'saturation']);
    expect(hitNamed(found, 'timeout-in-rate').evidence).toContain('180 s of 600 s');
    expect(hitNamed(found, 'window-spread').evidence).toContain('66 %');
    expect(hitNamed(found, 'saturation').evidence).toContain('1,689,972 messages waiting');
  });

  test('backlogs below 0 are found, and break Little’s law', () => {
    const found = examineFile(read('classic.json'), 'classic.json');
    expect(hitNames(found)).toEqual(['littles-law', 'sample-count', 'saturation']);
    expect(hitNamed(found, 'sample-count').evidence).toMatch(/-35,402 .* -44,946 .* 60 of 60/);
    expect(hitNamed(found, 'littles-law').evidence).toContain('-40,559');
  });

  test('latencies in whole ms are found where a median is 4 ms', () => {
    const found = examineFile(read('sync-200k.json'), 'sync-200k.json');
    expect(hitNames(found)).toEqual(['clock']);
    expect(hitNamed(found, 'clock')).toMatchObject({ wouldBe: 'between 3 and 5 ms' });
  });
});

/** A file's quantiles as they would be with a share of its samples thrown away at the low end. */
function withoutLow(share: number): Record<string, number> {
  const quantiles = clean().aggregatedEndToEndLatencyQuantiles as Record<string, number>;
  const samples = 120_710_935;
  const kept = Math.round(samples * (1 - share));
  const counts = Object.entries(quantiles).map(([percent, ms]): [number, number] => [
    Math.round((samples * (100 - Number(percent))) / 100),
    ms,
  ]);
  const left = counts.filter(([above]) => above < kept);
  return Object.fromEntries(left.map(([above, ms]) => [`${(1 - above / kept) * 100}`, ms]));
}

describe('planted in a clean one', () => {
  const rates = clean();
  const faster = (times: number) => ({
    publishRate: rates.publishRate.map((perS) => perS * times),
    consumeRate: rates.consumeRate.map((perS) => perS * times),
  });

  test.each<[string, Record<string, unknown>]>([
    ['littles-law', { backlog: rates.publishRate.map(() => 20_000) }],
    ['samples-dropped', { aggregatedEndToEndLatencyQuantiles: withoutLow(0.37) }],
    ['sample-count', { aggregatedEndToEndLatencyQuantiles: withoutLow(0.37) }],
    ['rate-above-offered', faster(1.5)],
    ['settings-label', { workload: '100-partitions-50K-rate-4-producer' }],
    ['histogram-edge', { aggregatedPublishLatency9999pct: 60_000 }],
    ['warm-up-in-rate', faster(1.1)],
    ['timeout-in-rate', { publishRate: [...rates.publishRate.slice(0, 50), ...Array(10).fill(0)] }],
    [
      'window-spread',
      { publishRate: rates.publishRate.map((perS, at) => perS * (at % 2 ? 0.7 : 1.3)) },
    ],
    ['equal-work', { consumeRate: rates.consumeRate.map((perS) => perS * 0.9) }],
    ['saturation', { workload: '100-partitions-400K-rate-4-producer' }],
    ['generator-late', { aggregatedPublishDelayLatency99pct: 25_000 }],
  ])('%s is found', (name, changed) => {
    const file = name === 'saturation' ? 'renamed.json' : CLEAN;
    expect(hitNames(altered(changed, file))).toContain(name);
  });

  test('percentiles of too few samples are found', () => {
    const counts: [number, number][] = [
      [1, 1.1],
      [101, 1.2],
      [202, 1.3],
      [505, 2.25],
      [996, 9.5],
    ];
    const quantiles = counts.map(([upTo, ms]) => [`${(100 * upTo) / 997}`, ms]);
    const few = { ...Object.fromEntries(quantiles), '100.0': 20.125 };
    const found = altered({ aggregatedPublishLatencyQuantiles: few });
    expect(hitNamed(found, 'percentile-samples').evidence).toContain('p99.9 of 997 samples');
  });

  test('and a delay of its own generator is read in µs', () => {
    expect(hitNames(altered({ aggregatedPublishDelayLatency99pct: 900 }))).toEqual([]);
  });

  test('two subscriptions that each consume all are no unequal work', () => {
    const twice = { consumeRate: rates.consumeRate.map((perS) => perS * 2), backlog: undefined };
    expect(judged(altered(twice), 'clean')).toContain('equal-work');
  });
});

test('a field that is not what it should be is named', () => {
  expect(() => altered({ publishRate: 'fast' })).toThrow(
    `${CLEAN} looks like OpenMessaging Benchmark result and is none: publishRate`,
  );
});
