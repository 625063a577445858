import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { histogramOf, LATENCY_US_MAX, LatencyRecorder } from '../../lab/latency-histogram.ts';

function recorded(latenciesUs: Iterable<number>): LatencyRecorder {
  const recorder = new LatencyRecorder();
  for (const us of latenciesUs) recorder.record(us);
  return recorder;
}

/** The smallest recorded value at or below which lie `percentile` % of all. */
function exactPercentile(latenciesUs: readonly number[], percentile: number): number {
  const sorted = [...latenciesUs].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percentile / 100) * sorted.length) - 1)]!;
}

describe('a summary of latencies', () => {
  test('is undefined without a sample', () => {
    expect(new LatencyRecorder().summary()).toBeUndefined();
  });

  test('holds mean, maximum and percentiles of the numbers from 1 to 1,000', () => {
    const summary = recorded(Array.from({ length: 1_000 }, (_, index) => index + 1)).summary()!;
    expect(summary).toMatchObject({ samples: 1_000, meanUs: 500.5, maxUs: 1_000 });
    expect([summary.p50Us, summary.p90Us, summary.p99Us]).toEqual([500, 900, 990]);
    expect(summary).toMatchObject({ notPositive: 0, tooLong: 0 });
  });

  test('has percentiles within 0.1 % of the exact ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: LATENCY_US_MAX }), { minLength: 1 }),
        (latenciesUs) => {
          const { p50Us, p90Us, p99Us } = recorded(latenciesUs).summary()!;
          for (const [percentile, us] of [
            [50, p50Us],
            [90, p90Us],
            [99, p99Us],
          ] as const) {
            const exact = exactPercentile(latenciesUs, percentile);
            expect(Math.abs(us - exact)).toBeLessThanOrEqual(exact / 1_000);
          }
        },
      ),
    );
  });

  test('tells p99.9 from 10,000 samples up, and not from one less', () => {
    const recorder = recorded(Array.from({ length: 9_999 }, (_, index) => (index % 100) + 1));
    expect(recorder.summary()!.p999Us).toBeUndefined();
    recorder.record(1);
    expect(recorder.summary()!.p999Us).toBe(100);
  });

  test('keeps what is not positive as 0, and says how many there were', () => {
    const summary = recorded([-40, 0, 100, 100]).summary()!;
    expect(summary).toMatchObject({ samples: 4, notPositive: 2, meanUs: 40, maxUs: 100 });
    expect(summary.p50Us).toBe(0);
    expect(histogramOf(summary).totalCount).toBe(4);
  });

  test('keeps what is too long as the longest, and says how many there were', () => {
    const summary = recorded([1, LATENCY_US_MAX, LATENCY_US_MAX + 5]).summary()!;
    expect(summary).toMatchObject({ samples: 3, tooLong: 1, maxUs: LATENCY_US_MAX + 5 });
    expect(histogramOf(summary).totalCount).toBe(3);
  });
});

test('merged histograms give the percentiles of all samples, as no mean of them does', () => {
  const fast = Array.from({ length: 9_900 }, (_, index) => 100 + (index % 10));
  const slow = Array.from({ length: 100 }, (_, index) => 50_000 + index);
  const merged = histogramOf(recorded(fast).summary()!);
  merged.add(histogramOf(recorded(slow).summary()!));
  const all = recorded([...fast, ...slow]).summary()!;
  expect(merged.totalCount).toBe(10_000);
  for (const [percentile, us] of [
    [50, all.p50Us],
    [90, all.p90Us],
    [99, all.p99Us],
    [99.9, all.p999Us],
  ] as const) {
    expect(merged.getValueAtPercentile(percentile)).toBe(us);
  }
  expect(all.p99Us).toBeLessThan(200);
  expect(all.p999Us).toBeGreaterThan(50_000);
});
