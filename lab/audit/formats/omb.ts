/**
 * Results of the OpenMessaging Benchmark: one JSON file a run, with a rate, a backlog and
 * percentiles for each window of 10 s, and quantiles over all (TestResult.java and
 * WorkloadGenerator.java of openmessaging/benchmark; latencies in ms, the publish delay in µs).
 */
import { basename } from 'node:path';
import { z } from 'zod';
import { mean } from '../../statistics/mean.ts';
import { figure } from '../check.ts';
import { audit } from '../checks.ts';
import type { Claims, LatencyClaim, RateClaim, WorkClaim } from '../claims.ts';
import { type Format, hasKeys } from './format.ts';
import { parsed } from './parsed.ts';
import { isWhole, samplesIn } from './quantiles.ts';
import { labelClaims, namedRates, offeredBy } from './rate-names.ts';

/** What the tool's publish histogram holds at most. */
const TOP_MS = 60_000;
const WINDOW_S = 10;
/** Windows last a little longer than they should, and the last messages are under way. */
const WINDOWS_SHARE_OFF = 0.02;
const SAMPLES_SHARE_OFF = 0.001;
const WORK_SHARE_OFF = 0.02;
/** The backlog is what two counters differ by that are not read at the same moment. */
const COUNTERS_APART_S = 0.01;

/** Jackson writes what is not a number as a text. */
const number = z.union([z.number(), z.literal('NaN').transform(() => Number.NaN)]);
const numbers = z.array(number);
const quantiles = z.record(z.string(), z.number());

const schema = z.looseObject({
  workload: z.string().optional(),
  driver: z.string().optional(),
  publishRate: numbers.min(1),
  consumeRate: numbers.min(1),
  backlog: numbers.optional(),
  aggregatedPublishLatencyAvg: number.optional(),
  aggregatedPublishLatency50pct: number.optional(),
  aggregatedPublishLatency95pct: number.optional(),
  aggregatedPublishLatency99pct: number.optional(),
  aggregatedPublishLatency999pct: number.optional(),
  aggregatedPublishLatency9999pct: number.optional(),
  aggregatedPublishLatencyMax: number.optional(),
  aggregatedPublishLatencyQuantiles: quantiles.optional(),
  aggregatedPublishDelayLatency99pct: number.optional(),
  aggregatedEndToEndLatencyAvg: number.optional(),
  aggregatedEndToEndLatency50pct: number.optional(),
  aggregatedEndToEndLatency95pct: number.optional(),
  aggregatedEndToEndLatency99pct: number.optional(),
  aggregatedEndToEndLatency999pct: number.optional(),
  aggregatedEndToEndLatency9999pct: number.optional(),
  aggregatedEndToEndLatencyMax: number.optional(),
  aggregatedEndToEndLatencyQuantiles: quantiles.optional(),
});

type Omb = z.infer<typeof schema>;

export const omb: Format = {
  name: 'OpenMessaging Benchmark result',
  recognises: (value) => hasKeys(value, 'publishRate', 'consumeRate'),
  examine(value, path) {
    const result = parsed(schema, value, { path, kind: omb.name });
    const subject = [result.driver, result.workload].filter(Boolean).join(', ');
    return { kind: omb.name, subject, checks: audit(claimsOf(result, basename(path))) };
  },
};

function claimsOf(result: Omb, file: string): Claims {
  const names = namedRates({ workload: result.workload, file });
  const offeredPerS = offeredBy(names);
  const published = rateOf('published', result.publishRate, offeredPerS);
  const consumed = rateOf('consumed', result.consumeRate, undefined);
  const backlog = result.backlog?.filter(Number.isFinite) ?? [];
  const publish = latencyOf(result, 'Publish');
  const endToEnd = latencyOf(result, 'EndToEnd');
  const sent = published.perS * published.spanS!;
  const waiting = Math.max(0, ...backlog.map(Math.abs));
  const samplesSent = publish.samples ?? sent;
  const delayUs = result.aggregatedPublishDelayLatency99pct;
  return {
    unit: 'messages',
    // Counted by another witness: what the histograms hold.
    rates: [
      { ...published, events: publish.samples },
      { ...consumed, events: endToEnd.samples },
    ],
    latencies: [
      withEvents(publish, sent, sent * WINDOWS_SHARE_OFF),
      withEvents(endToEnd, samplesSent, samplesSent * SAMPLES_SHARE_OFF + 2 * waiting),
    ].filter(({ quoted }) => quoted.length > 0),
    flows: flowOf(consumed.perS, publish.meanMs, endToEnd.meanMs, backlog),
    settings: labelClaims(names, published),
    work: workOf(published.perS, consumed.perS, backlog),
    ...(backlog.length > 0 && { backlog: { counts: backlog, perS: consumed.perS } }),
    ...(delayUs !== undefined && { generator: { lagMsP99: delayUs / 1000 } }),
    load: { kind: 'open', offeredPerS, reachedPerS: published.perS },
  };
}

function rateOf(name: string, windows: readonly number[], offered: number | undefined): RateClaim {
  const windowsPerS = windows.map((perS) => (Number.isFinite(perS) ? perS : 0));
  const perS = mean(windowsPerS);
  const spanS = windowsPerS.length * WINDOW_S;
  return {
    name,
    perS,
    offeredPerS: offered,
    windowsPerS,
    windowS: WINDOW_S,
    spanS,
    longestGapS: longestRun(windowsPerS, (windowPerS) => windowPerS === 0) * WINDOW_S,
  };
}

function longestRun(values: readonly number[], belongs: (value: number) => boolean): number {
  let longest = 0;
  let length = 0;
  for (const value of values) {
    length = belongs(value) ? length + 1 : 0;
    longest = Math.max(longest, length);
  }
  return longest;
}

const PERCENTS = [
  ['50pct', 50],
  ['95pct', 95],
  ['99pct', 99],
  ['999pct', 99.9],
  ['9999pct', 99.99],
] as const;

function latencyOf(result: Omb, which: 'Publish' | 'EndToEnd'): LatencyClaim {
  const field = `aggregated${which}Latency` as const;
  const at = result[`${field}Quantiles`];
  const values = at ? Object.values(at) : [];
  const quoted = PERCENTS.flatMap(([suffix, percent]) => {
    const ms = result[`${field}${suffix}`];
    return ms === undefined || !Number.isFinite(ms) ? [] : [{ percent, ms }];
  });
  const resolutionMs = values.length === 0 ? undefined : isWhole(values) ? 1 : 0.001;
  return {
    name: which === 'Publish' ? 'publish' : 'end to end',
    meanMs: result[`${field}Avg`],
    minMs: values.length === 0 ? undefined : Math.min(...values),
    maxMs: result[`${field}Max`],
    samples: at && samplesIn(at),
    quoted,
    // Only samples above 0 are kept, so that the first whole step is the floor.
    histogram: {
      ...(resolutionMs === 1 && { floorMs: 1 }),
      ...(which === 'Publish' && { topMs: TOP_MS }),
    },
    resolutionMs,
  };
}

/** With as many samples as there should be. Those that are missing beyond that were thrown away. */
function withEvents(latency: LatencyClaim, events: number, samplesOff: number): LatencyClaim {
  const { samples, name } = latency;
  if (samples === undefined) return latency;
  const missing = Math.max(0, Math.round(events - samplesOff - samples));
  const dropped = name === 'publish' ? undefined : missing;
  return { ...latency, events: Math.round(events), samplesOff, dropped };
}

/** What waits between the acknowledgement and the arrival is the backlog. */
function flowOf(
  perS: number,
  publishMs: number | undefined,
  endToEndMs: number | undefined,
  backlog: readonly number[],
): Claims['flows'] {
  if (publishMs === undefined || endToEndMs === undefined || backlog.length === 0) return [];
  return [
    {
      name: 'backlog',
      perS,
      meanMs: endToEndMs - publishMs,
      inSystem: mean(backlog),
      inSystemOff: perS * COUNTERS_APART_S,
    },
  ];
}

/** Each message is consumed once by each of the subscriptions, but for what waits. */
function workOf(sentPerS: number, receivedPerS: number, backlog: readonly number[]): WorkClaim[] {
  if (!(sentPerS > 0)) return [];
  const times = receivedPerS / sentPerS;
  const subscriptions = Math.max(1, Math.round(times));
  const range = backlog.length > 0 ? Math.max(...backlog) - Math.min(...backlog) : 0;
  const off = WORK_SHARE_OFF + range / (sentPerS * WINDOW_S * Math.max(1, backlog.length));
  const holds = Math.abs(times / subscriptions - 1) <= off;
  const evidence =
    `${figure(receivedPerS)}/s consumed of ${figure(sentPerS)}/s published` +
    (subscriptions > 1 ? ` for ${subscriptions} subscriptions` : '');
  return [{ what: 'each message consumed once', holds, evidence }];
}
