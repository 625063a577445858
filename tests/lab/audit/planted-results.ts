/** Results of ours with one wrong part each, which are clean otherwise. */
import { LATENCY_US_MAX } from '../../../lab/latency-histogram.ts';
import type { TrialResult } from '../../../lab/trial-result.ts';
import { cleanLedger } from '../made-result.ts';
import {
  closedResult,
  madeBacklog,
  madeLatencies,
  madeLatency,
  madeResources,
  madeWitness,
  pacedResult,
} from './audited-result.ts';

const FAST = 2_300;

/** A closed loop of half a second: its tenths, and how many blocks their likes came in. */
export function shortResult(windows: { likes: number[]; blocks: number }): TrialResult {
  const likes = windows.likes.reduce((sum, count) => sum + count, 0);
  const witness = { likes, likesWithWarmUp: likes / 0.9, fromS: 0.05, spanS: 0.5 };
  return closedResult({
    rates: { publishedLikesPerS: 2 * likes, publishedPerSecond: [likes], countedPerSecond: [] },
    audit: {
      ...closedResult().audit!,
      rates: [{ ...madeWitness('published'), ...witness, windows: { ...windows, windowS: 0.05 } }],
    },
  });
}

export const tenths = (first: number, second: number): number[] =>
  Array.from({ length: 10 }, (_, place) => (place < 5 ? first : second));

/** Check, mistake, result. */
export const PLANTS: readonly [string, string, TrialResult][] = [
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
    'settings-label',
    'another counting rule than it says',
    pacedResult({
      plan: { ...pacedResult().plan, store: { engine: 'sqlite', rule: 'states' } },
    }),
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
      audit: {
        ...closedResult().audit!,
        // Against windows it would be a rate above the best of them as well.
        rates: [{ ...madeWitness('published'), windows: undefined }],
      },
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
    'window-spread',
    'tenths of half a second, half of which are empty',
    shortResult({ likes: tenths(2_000, 0), blocks: 200 }),
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
    'a backlog that grows',
    pacedResult({ backlog: madeBacklog({ growthLikesPerS: 70, grows: true }) }),
  ],
  [
    'generator-late',
    'due times that are not those of the plan',
    pacedResult({ audit: { ...pacedResult().audit!, due: { likes: 9_000, spanS: 6.3 } } }),
  ],
  [
    'generator-late',
    'a generator that woke up late',
    pacedResult({ resources: madeResources(12_000) }),
  ],
];
