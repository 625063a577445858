/**
 * JSON of autocannon 8 (`autocannon --json`): latencies in whole ms, rates once a second.
 * With a rate it corrects for coordinated omission by an expected interval of ceil(1 / rate), which
 * is meant in seconds and taken as ms, so always 1 ms: each sample of v ms is recorded v times, as
 * v, v - 1, … 1 (lib/worker: recordValueWithExpectedInterval).
 */
import { basename } from 'node:path';
import { z } from 'zod';
import { figure } from '../check.ts';
import { audit } from '../checks.ts';
import type { Claims, LatencyClaim, PercentileClaim, WorkClaim } from '../claims.ts';
import { type Format, hasKeys } from './format.ts';
import { parsed } from './parsed.ts';
import { labelClaims, namedRates, offeredBy } from './rate-names.ts';

const RESOLUTION_MS = 1;
/** Shown in the tool's table; all others are listed in its JSON whatever the samples. */
const SHOWN = new Set(['p50', 'p97_5', 'p99']);
/** The last sample of a run may be begun and not be over: so much of its time is in no sample. */
const SAMPLE_S = 1;
/** Below these, whole ms are too coarse to undo a correction by them. */
const MEAN_MS_LEAST = 10;
const PERCENT_LEAST = 2.5;

const count = z.number().nonnegative();
const summary = z.looseObject({ average: z.number(), stddev: z.number(), max: z.number() });

const schema = z.looseObject({
  title: z.string().optional(),
  url: z.string().optional(),
  requests: summary.extend({ total: count, sent: count.optional() }),
  latency: summary.extend({ totalCount: count.optional(), min: z.number() }),
  throughput: summary,
  duration: z.number().positive(),
  samples: count.optional(),
  sampleInt: count.optional(),
  connections: count.optional(),
  pipelining: count.optional(),
  errors: count,
  timeouts: count,
  mismatches: count.optional(),
  resets: count.optional(),
  non2xx: count,
});

type Autocannon = z.infer<typeof schema>;

export const autocannon: Format = {
  name: 'autocannon result',
  recognises: (value) => hasKeys(value, 'requests', 'latency', 'throughput', 'non2xx'),
  examine(value, path) {
    const result = parsed(schema, value, { path, kind: autocannon.name });
    const subject = [result.title, result.url].filter(Boolean).join(', ');
    return { kind: autocannon.name, subject, checks: audit(claimsOf(result, basename(path))) };
  },
};

function claimsOf(result: Autocannon, file: string): Claims {
  const { requests, latency, duration, samples, connections, pipelining = 1 } = result;
  const names = namedRates({ workload: result.title, file });
  const offeredPerS = offeredBy(names);
  const perS = requests.total / duration;
  const rate = {
    name: 'requests',
    perS: requests.average,
    offeredPerS,
    events: requests.total,
    spanS: duration,
    spanErrorS: (result.sampleInt ?? SAMPLE_S * 1000) / 1000,
    timeouts: result.timeouts,
    ...(samples !== undefined &&
      requests.average > 0 && {
        spread: { variation: requests.stddev / requests.average, windows: samples },
      }),
  };
  const inFlightMax = connections === undefined ? undefined : connections * pipelining;
  const busy = (perS * latency.average) / 1000;
  return {
    unit: 'requests',
    rates: [rate],
    latencies: [latencyOf(result, inFlightMax ?? 0)],
    flows:
      inFlightMax === undefined
        ? []
        : [{ name: 'in flight', perS, meanMs: latency.average, inSystemMax: inFlightMax }],
    settings: labelClaims(names, rate),
    work: workOf(result),
    load: {
      kind: offeredPerS === undefined ? 'unknown' : 'open',
      offeredPerS,
      reachedPerS: perS,
      ...(inFlightMax !== undefined && { busyShare: busy / inFlightMax }),
    },
  };
}

function latencyOf(result: Autocannon, inFlightMax: number): LatencyClaim {
  const { latency, requests } = result;
  const all = percentilesOf(latency);
  const shown = ([key]: [string, PercentileClaim]) => SHOWN.has(key);
  const samples = latency.totalCount;
  // What is in flight at the end is no loss, nor what a rate had put in line for that second.
  const atEnd = inFlightMax + requests.max;
  const unanswered = (requests.sent ?? requests.total) - requests.total - atEnd;
  const dropped = Math.max(0, unanswered) + Math.max(0, requests.total - (samples ?? Infinity));
  return {
    name: 'latency',
    meanMs: latency.average,
    minMs: latency.min,
    maxMs: latency.max,
    samples,
    events: requests.total,
    dropped,
    quoted: all.filter(shown).map(([, claim]) => claim),
    listed: all.filter((entry) => !shown(entry)).map(([, claim]) => claim),
    histogram: { floorMs: 0 },
    resolutionMs: RESOLUTION_MS,
    ...(samples !== undefined &&
      samples > requests.total && {
        uncorrected: uncorrected(all, latency, requests.total, samples),
      }),
  };
}

/** `p97_5` is the 97.5th. */
function percentilesOf(latency: Record<string, unknown>): [string, PercentileClaim][] {
  return Object.entries(latency).flatMap(([key, ms]): [string, PercentileClaim][] => {
    const digits = /^p(\d+(?:_\d+)?)$/.exec(key)?.[1];
    if (digits === undefined || typeof ms !== 'number') return [];
    return [[key, { percent: Number(digits.replace('_', '.')), ms }]];
  });
}

/**
 * The figures before the correction. With n requests of times v, the corrected histogram holds, up
 * to x, the sum of min(v, x) over all v: so its size over n is the mean, and the number it holds
 * between two values, over n and their distance, is the share of requests that took longer. The
 * median is where that share falls below a half.
 */
function uncorrected(
  percentiles: readonly [string, PercentileClaim][],
  { max }: Autocannon['latency'],
  requests: number,
  samples: number,
): string {
  const meanText = `mean ${figure(samples / requests)} ms`;
  const of = `of ${figure(requests)} samples`;
  if (samples / requests < MEAN_MS_LEAST) return `${meanText}, ${of}`;
  const points = pointsOf(percentiles, max);
  let [least, most] = [0, max];
  for (const [place, point] of points.entries()) {
    const before = points[place - 1] ?? { ms: 0, percent: 0 };
    const between = ((point.percent - before.percent) / 100) * samples;
    if (between / requests / (point.ms - before.ms) >= 0.5) least = point.ms;
    else {
      most = point.ms;
      break;
    }
  }
  const median =
    least >= most ? `p50 ${figure(most)} ms` : `p50 from ${figure(least)} to ${figure(most)} ms`;
  return `${meanText}, ${median}, ${of}`;
}

/** Percentiles far enough from 0 that whole ms tell them apart; of several at a value, the last. */
function pointsOf(percentiles: readonly [string, PercentileClaim][], max: number) {
  const highest = new Map<number, number>();
  for (const [, { ms, percent }] of percentiles) {
    if (percent < PERCENT_LEAST) continue;
    highest.set(ms, Math.max(percent, highest.get(ms) ?? 0));
  }
  highest.set(max, 100);
  return [...highest].map(([ms, percent]) => ({ ms, percent })).sort((a, b) => a.ms - b.ms);
}

function workOf({ requests, non2xx, mismatches = 0, errors, timeouts }: Autocannon): WorkClaim[] {
  const failed = non2xx + mismatches;
  const evidence =
    `${figure(non2xx)} answers that are no success, ${figure(mismatches)} other bodies, ` +
    `${figure(errors - timeouts)} errors, of ${figure(requests.total)}`;
  const good = Math.max(0, requests.total - failed);
  const share = requests.total > 0 ? good / requests.total : 0;
  const wouldBe =
    failed > 0 ? `${figure(requests.average * share)}/s that did the work` : undefined;
  return [{ what: 'answers', holds: failed + errors - timeouts === 0, evidence, wouldBe }];
}
