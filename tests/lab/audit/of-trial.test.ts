import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../../lab/audit/checks.ts';
import { auditResult, isOnlyUnsteady, withAudit } from '../../../lab/audit/of-trial.ts';
import { LATENCY_US_MAX } from '../../../lab/latency-histogram.ts';
import { type TrialResult, trialResultSchema } from '../../../lab/trial-result.ts';
import { cleanLedger, madeResult } from '../made-result.ts';
import {
  closedResult,
  hitsOf,
  madeLatencies,
  madeLatency,
  madeResources,
  madeWitness,
  pacedResult,
} from './audited-result.ts';

const FAST = 2_300;
const SLOW = 1_700;

/** One wrong part each, in a result that is clean otherwise. */
const PLANTS: readonly [string, string, TrialResult][] = [
  [
    'littles-law',
    'four times as many in the system as rate and latency allow',
    pacedResult({
      audit: { ...pacedResult().audit!, inSystem: { likes: 40, duePerS: 2_000, spanS: 6 } },
    }),
  ],
  [
    'sample-count',
    'fewer samples than likes',
    pacedResult({ latencies: madeLatencies({ likesDue: 12_500 }) }),
  ],
  [
    'samples-dropped',
    'samples that are in no histogram',
    pacedResult({
      latencies: madeLatencies({ dueToVisible: { ...madeLatency(11_000), samples: 12_000 } }),
    }),
  ],
  [
    'samples-dropped',
    'many samples at or below 0',
    pacedResult({
      latencies: madeLatencies({ sentToDelivered: { ...madeLatency(), notPositive: 600 } }),
    }),
  ],
  [
    'rate-above-offered',
    'more than was due',
    pacedResult({
      rates: { ...pacedResult().rates!, sustainedLikesPerS: FAST },
      audit: {
        ...pacedResult().audit!,
        rates: [madeWitness('published'), madeWitness('sustained', FAST)],
      },
    }),
  ],
  [
    'settings-label',
    'a tier that the server does not run',
    pacedResult({ tier: 'power', trial: '001-kafka-power-paced' }),
  ],
  [
    'settings-label',
    'fewer shards than it says',
    pacedResult({ settings: { ...pacedResult().settings, 'store shards': '1' } }),
  ],
  [
    'histogram-edge',
    'a percentile at the top',
    pacedResult({
      latencies: madeLatencies({ dueToVisible: { ...madeLatency(), p999Us: LATENCY_US_MAX } }),
    }),
  ],
  [
    'warm-up-in-rate',
    'the warm-up counted and its time not',
    closedResult({
      rates: {
        publishedLikesPerS: 2_000 / 0.9,
        publishedPerSecond: [2_000, 2_000],
        countedPerSecond: [],
      },
    }),
  ],
  [
    'clock',
    'a clock that steps in ms',
    pacedResult({
      audit: {
        ...pacedResult().audit!,
        clocks: { processes: 2, resolutionUs: 1_000, skewUs: 0, skewBoundUs: 20 },
      },
    }),
  ],
  [
    'clock',
    'a process whose clock is ahead',
    pacedResult({
      audit: {
        ...pacedResult().audit!,
        clocks: { processes: 2, resolutionUs: 0.2, skewUs: 5_000, skewBoundUs: 20 },
      },
    }),
  ],
  [
    'timeout-in-rate',
    'a pause of two seconds in a rate',
    closedResult({
      audit: {
        ...closedResult().audit!,
        rates: [{ ...madeWitness('published'), longestGapS: 2 }],
      },
    }),
  ],
  [
    'window-spread',
    'seconds that differ',
    closedResult({
      rates: {
        publishedLikesPerS: 2_000,
        publishedPerSecond: [2_000, 1_000, 3_000, 1_000, 3_000, 1_000, 3_000, 2_000],
        countedPerSecond: [],
      },
    }),
  ],
  [
    'equal-work',
    'a like that was not counted',
    pacedResult({ ledger: cleanLedger({ attempted: 14_000, ok: 14_000, counted: 13_999 }) }),
  ],
  [
    'equal-work',
    'a store that does not wait for its disk',
    pacedResult({ settings: { ...pacedResult().settings, 'store synchronous': 'OFF' } }),
  ],
  [
    'percentile-samples',
    'p99.9 of some thousand samples',
    pacedResult({
      latencies: madeLatencies({
        dueToVisible: { ...madeLatency(9_000), p999Us: 6_990 },
        dueToSent: madeLatency(9_000),
        sentToDelivered: madeLatency(9_000),
        deliveredToVisible: madeLatency(9_000),
        sentToAcknowledged: madeLatency(9_000),
        likesDue: 9_000,
      }),
    }),
  ],
  [
    'saturation',
    'less than was offered',
    pacedResult({
      rates: { ...pacedResult().rates!, sustainedLikesPerS: SLOW },
      audit: {
        ...pacedResult().audit!,
        rates: [madeWitness('published'), madeWitness('sustained', SLOW)],
      },
    }),
  ],
  [
    'saturation',
    'a backlog that grows',
    pacedResult({
      rates: {
        ...pacedResult().rates!,
        sustainedLikesPerS: 1_930,
        countedPerSecond: [1_000, 1_900, 1_900, 1_900, 1_900, 1_900, 1_900, 1_600],
      },
      audit: {
        ...pacedResult().audit!,
        rates: [madeWitness('published'), madeWitness('sustained', 1_930)],
      },
    }),
  ],
  [
    'generator-late',
    'a generator that woke up late',
    pacedResult({ resources: madeResources(12_000) }),
  ],
];

describe('every mistake that is planted in a result of ours', () => {
  test.each(PLANTS)('%s is caught alone: %s', (name, _what, planted) => {
    expect(hitsOf(planted)).toEqual([name]);
  });

  test('and each of the fourteen is planted', () => {
    expect(CHECKS).toHaveLength(14);
    expect(new Set(PLANTS.map(([name]) => name))).toEqual(new Set(CHECKS.map(({ name }) => name)));
  });

  test.each(PLANTS)('%s strikes the numbers out by its name: %s', (name, _what, planted) => {
    const { numbersValid, numbersStruck, verdict } = withAudit(planted);
    expect(numbersValid).toBe(false);
    expect(numbersStruck).toHaveLength(1);
    expect(numbersStruck[0]).toMatch(new RegExp(`^audit, ${name}: .+`));
    // Whether the counts are right is another question.
    expect(verdict).toBe('pass');
  });
});

describe('a clean result', () => {
  test('of an open loop is found clean by every check, and keeps its numbers', () => {
    const audited = withAudit(pacedResult());
    const told = audited.audit!.checks.map(({ name, verdict }) => `${name} ${verdict}`);
    expect(told).toEqual(CHECKS.map(({ name }) => `${name} clean`));
    expect(audited.numbersValid).toBe(true);
    expect(() => trialResultSchema.parse(audited)).not.toThrow();
  });

  test('of a closed loop has no hit', () => {
    expect(hitsOf(closedResult())).toEqual([]);
  });

  test('of before there was an audit has no hit, and is told what is missing', () => {
    const { audit: _, ...old } = pacedResult();
    const found = auditResult(old);
    expect(hitsOf(old)).toEqual([]);
    const untold = found.filter(({ verdict }) => verdict === 'cannot tell');
    expect(untold.map(({ name }) => name)).toEqual([
      'littles-law',
      'warm-up-in-rate',
      'clock',
      'timeout-in-rate',
    ]);
    expect(untold.every(({ evidence }) => evidence.length > 0)).toBe(true);
  });

  test('without ledger, rates and latencies has no hit', () => {
    const bare = madeResult({ trial: '001-kafka-kill-paced', ledger: undefined, rates: undefined });
    expect(hitsOf(bare)).toEqual([]);
  });
});

test('a tier that no setting tells is not called clean', () => {
  const settings = { persistence: 'not told by the server', 'store shards': '4' };
  const found = auditResult(pacedResult({ settings })).find(
    ({ name }) => name === 'settings-label',
  );
  expect(found).toMatchObject({ verdict: 'cannot tell' });
  expect(found?.evidence).toContain('not told by the server');
});

test.each([
  ['memory', { appendonly: 'no', appendfsync: 'everysec' }, true],
  ['everysec', { appendonly: 'yes', appendfsync: 'everysec' }, true],
  ['everysec', { appendonly: 'yes', appendfsync: 'no' }, false],
  ['kill', { appendonly: 'yes', appendfsync: 'no' }, true],
  ['kill', { appendonly: 'no', appendfsync: 'no' }, false],
  ['power', { appendonly: 'yes', appendfsync: 'always' }, true],
  ['power', { appendonly: 'yes', appendfsync: 'everysec' }, false],
  ['power', { 'flush.messages': '1' }, true],
  ['kill', { 'flush.messages': '1' }, false],
] as const)('tier %s with %o holds: %s', (tier, settings, holds) => {
  const result = pacedResult({ tier, trial: `001-kafka-${tier}-paced`, settings });
  expect(hitsOf(result)).toEqual(holds ? [] : ['settings-label']);
});

test('a rate that only its windows strike still tells what load to offer', () => {
  const plants = new Map(PLANTS.map(([name, , result]) => [name, withAudit(result)]));
  expect(isOnlyUnsteady(plants.get('window-spread')!)).toBe(true);
  expect(isOnlyUnsteady(plants.get('timeout-in-rate')!)).toBe(false);
  expect(isOnlyUnsteady({ ...plants.get('window-spread')!, verdict: 'fail' })).toBe(false);
});

test('what a warm-up in a rate would be without it is told', () => {
  const planted = PLANTS.find(([name]) => name === 'warm-up-in-rate')![2];
  const found = auditResult(planted).find(({ verdict }) => verdict === 'hit')!;
  expect(found.evidence).toContain('warm-up');
  expect(found.wouldBe).toBe('2,000/s');
});
