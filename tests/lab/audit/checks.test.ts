import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AUDIT_VERDICTS } from '../../../lab/audit/check.ts';
import { audit, CHECKS } from '../../../lab/audit/checks.ts';
import type { Claims } from '../../../lab/audit/claims.ts';

/** A description in which nothing is known yet. */
const NOTHING_CLAIMED: Claims = {
  unit: 'events',
  rates: [],
  latencies: [],
  flows: [],
  settings: [],
  work: [],
};

const few = fc.constantFrom(0, 0.5, 1, 47.5, 50, 1_000, 60_000);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const quoted = fc.array(fc.record({ percent: fc.constantFrom(50, 95, 99, 99.9), ms: few }));

const anyClaims: fc.Arbitrary<Claims> = fc.record({
  unit: fc.constant('likes'),
  rates: fc.array(
    fc.record({
      name: fc.constant('published'),
      perS: few,
      offeredPerS: maybe(few),
      events: maybe(few),
      spanS: maybe(few),
      eventsWithWarmUp: maybe(few),
      longestGapS: maybe(few),
      timeouts: maybe(few),
      windowsPerS: maybe(fc.array(few)),
    }),
    { maxLength: 2 },
  ),
  latencies: fc.array(
    fc.record({
      name: fc.constant('latency'),
      minMs: maybe(few),
      samples: maybe(few),
      events: maybe(few),
      dropped: maybe(few),
      notPositive: maybe(few),
      quoted,
      histogram: maybe(fc.record({ floorMs: maybe(few), topMs: maybe(few) })),
      resolutionMs: maybe(few),
    }),
    { maxLength: 2 },
  ),
  flows: fc.array(
    fc.record({
      name: fc.constant('flow'),
      perS: few,
      meanMs: few,
      inSystem: maybe(few),
      inSystemMax: maybe(few),
    }),
    { maxLength: 2 },
  ),
  settings: fc.constant([]),
  work: fc.constant([]),
  backlog: maybe(fc.record({ counts: fc.array(fc.integer()), perS: few })),
  clock: maybe(fc.record({ resolutionMs: few, skewMs: maybe(few), skewBoundMs: maybe(few) })),
  generator: maybe(fc.record({ lagMsP99: maybe(few) })),
});

test('whatever is unknown, every check answers in words, and never with what is no number', () => {
  fc.assert(
    fc.property(anyClaims, (claims) => {
      const found = audit(claims);
      expect(found.map(({ name }) => name)).toEqual(CHECKS.map(({ name }) => name));
      for (const { verdict, evidence, wouldBe = '' } of found) {
        expect(AUDIT_VERDICTS).toContain(verdict);
        expect(evidence).not.toBe('');
        expect(`${evidence} ${wouldBe}`).not.toMatch(/NaN|undefined|∞|Infinity/);
      }
    }),
  );
});

test('of nothing, nothing can be told but that no latency is given', () => {
  const told = audit(NOTHING_CLAIMED).filter(({ verdict }) => verdict !== 'cannot tell');
  expect(told.map(({ name }) => name)).toEqual(['saturation']);
});

test('names are short, stable and different', () => {
  const names = CHECKS.map(({ name }) => name);
  expect(new Set(names).size).toBe(14);
  expect(names.every((name) => /^[a-z]+(-[a-z]+)*$/.test(name))).toBe(true);
});

const latency = { name: 'latency', samples: 1_000_000, quoted: [{ percent: 95, ms: 47.5 }] };
const hitOf = (claims: Partial<Claims>, wanted: string) =>
  audit({ ...NOTHING_CLAIMED, ...claims }).find(({ name }) => name === wanted);

test('95 % of a first bucket of 50 ms is no latency, as a chart of 47.5 ms showed', () => {
  const histogram = { firstBucketMs: 50 };
  const found = hitOf({ latencies: [{ ...latency, histogram }] }, 'histogram-edge');
  expect(found).toMatchObject({ verdict: 'hit', wouldBe: 'anything from 0 to 50 ms' });
  const higher = { ...latency, histogram, quoted: [{ percent: 95, ms: 120 }] };
  expect(hitOf({ latencies: [higher] }, 'histogram-edge')?.verdict).toBe('clean');
});

test('30 s of waiting in 32.1 s are not the work of 100,000 messages', () => {
  const rate = { name: 'sent', perS: 3_115, events: 100_000, spanS: 32.1, longestGapS: 30 };
  const found = hitOf({ rates: [rate] }, 'timeout-in-rate');
  expect(found).toMatchObject({ verdict: 'hit', wouldBe: '47,619/s without it' });
});

test('2,000 jobs divided by the time of 1,000 of them are twice the rate', () => {
  const rate = { name: 'add', perS: 2_736, events: 1_000, eventsWithWarmUp: 2_000, spanS: 0.731 };
  const found = hitOf({ rates: [rate] }, 'warm-up-in-rate');
  expect(found).toMatchObject({ verdict: 'hit', wouldBe: '1,368/s' });
});

test('a percentile needs samples above it', () => {
  const at = (percent: number, samples: number) =>
    hitOf(
      { latencies: [{ name: 'l', samples, quoted: [{ percent, ms: 1 }] }] },
      'percentile-samples',
    )?.verdict;
  expect([at(99, 299), at(99, 300)]).toEqual(['hit', 'clean']);
  expect([at(99.9, 9_999), at(99.9, 10_000)]).toEqual(['hit', 'clean']);
  expect([at(99.99, 99_999), at(99.99, 100_000)]).toEqual(['hit', 'clean']);
});

test('a skew within half a round trip is none', () => {
  const skew = (skewMs: number) =>
    hitOf({ clock: { resolutionMs: 0.001, skewMs, skewBoundMs: 0.1 } }, 'clock')?.verdict;
  expect([skew(0.1), skew(-0.1), skew(0.3), skew(-0.3)]).toEqual(['clean', 'clean', 'hit', 'hit']);
});
