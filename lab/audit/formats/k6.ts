/**
 * Summaries of k6: what `handleSummary` is given (`metrics.X.values`, with `state`, `options`) and
 * what `--summary-export` writes (`metrics.X` flat). Times are in ms, rates over the whole run.
 */
import { basename } from 'node:path';
import { z } from 'zod';
import { figure, percent } from '../check.ts';
import { audit } from '../checks.ts';
import type { Claims, LatencyClaim, RateClaim, WorkClaim } from '../claims.ts';
import { type Format, hasKeys } from './format.ts';
import { parsed } from './parsed.ts';
import { isWhole } from './quantiles.ts';
import { labelClaims, namedRates, offeredBy } from './rate-names.ts';

/** The tool gives a request up after this, unless a script says otherwise. */
const TIMEOUT_MS = 60_000;
const SPAN_ERROR_S = 0.1;

/** Flat or below `values`; thresholds and texts stand between them and are left out. */
const metric = z.record(z.string(), z.unknown()).transform((entry) => {
  const values = (hasKeys(entry, 'values') ? entry.values : entry) as Record<string, unknown>;
  const told = Object.entries(values).filter(([, value]) => typeof value === 'number');
  return Object.fromEntries(told) as Record<string, number>;
});

const schema = z.looseObject({
  metrics: z.record(z.string(), metric),
  state: z.looseObject({ testRunDurationMs: z.number().positive().optional() }).optional(),
});

type Metrics = z.infer<typeof schema>['metrics'];

export const k6: Format = {
  name: 'k6 summary',
  recognises: (value) =>
    hasKeys(value, 'metrics') &&
    ['iterations', 'http_reqs', 'iteration_duration', 'vus'].some((name) =>
      hasKeys((value as { metrics: unknown }).metrics, name),
    ),
  examine(value, path) {
    const { metrics, state } = parsed(schema, value, { path, kind: k6.name });
    const spanS = state?.testRunDurationMs && state.testRunDurationMs / 1000;
    const file = basename(path);
    const claims = claimsOf(metrics, spanS || undefined, file);
    const counted = (metrics.http_reqs ?? metrics.iterations)?.count ?? 0;
    const subject = `${figure(counted)} ${claims.unit}`;
    return { kind: k6.name, subject, checks: audit(claims) };
  },
};

function claimsOf(metrics: Metrics, spanS: number | undefined, file: string): Claims {
  const names = namedRates({ file });
  const { iterations, dropped_iterations: notStarted, vus, vus_max: usersMax } = metrics;
  const offeredPerS =
    iterations?.rate !== undefined && notStarted?.rate !== undefined
      ? iterations.rate + notStarted.rate
      : undefined;
  const requests = rateOf(metrics, 'http_reqs', spanS, offeredBy(names));
  const rates = [...requests, ...rateOf(metrics, 'iterations', spanS, undefined)];
  const users = Math.max(vus?.max ?? 0, usersMax?.max ?? usersMax?.value ?? 0);
  const meanMs = metrics.iteration_duration?.avg;
  const perS = iterations?.rate;
  const hasFlow = users > 0 && meanMs !== undefined && perS !== undefined;
  return {
    unit: requests.length > 0 ? 'requests' : 'iterations',
    rates,
    latencies: latenciesOf(metrics),
    flows: hasFlow ? [{ name: 'users', perS, meanMs, inSystemMax: users }] : [],
    settings: rates[0] === undefined ? [] : labelClaims(names, rates[0]),
    work: workOf(metrics),
    ...(iterations?.count !== undefined &&
      notStarted?.count !== undefined && {
        generator: { notStarted: notStarted.count, started: iterations.count },
      }),
    load: {
      kind: offeredPerS === undefined ? 'unknown' : 'open',
      offeredPerS,
      reachedPerS: perS,
      ...(hasFlow && { busyShare: (perS * meanMs) / 1000 / users }),
    },
  };
}

function rateOf(
  metrics: Metrics,
  name: 'http_reqs' | 'iterations',
  spanS: number | undefined,
  offeredPerS: number | undefined,
): RateClaim[] {
  const { count, rate } = metrics[name] ?? {};
  if (rate === undefined) return [];
  const slowestMs = metrics.http_req_duration?.max;
  const isRequests = name === 'http_reqs' && slowestMs !== undefined;
  return [
    {
      name,
      perS: rate,
      events: count,
      spanS,
      spanErrorS: SPAN_ERROR_S,
      offeredPerS,
      // How many there were is not told; one is enough.
      ...(isRequests && { timeouts: slowestMs >= TIMEOUT_MS ? 1 : 0 }),
    },
  ];
}

const PERCENT = /^p\((\d+(?:\.\d+)?)\)$/;

function latenciesOf(metrics: Metrics): LatencyClaim[] {
  const { http_req_duration: duration, http_req_failed: judged, http_reqs: sent } = metrics;
  if (duration === undefined) return [];
  const quoted = Object.entries(duration).flatMap(([key, ms]) => {
    const digits = key === 'med' ? '50' : PERCENT.exec(key)?.[1];
    return digits === undefined ? [] : [{ percent: Number(digits), ms }];
  });
  const { passes, fails } = judged ?? {};
  // Each request is judged once, so this counts the samples by another counter.
  const samples = passes !== undefined && fails !== undefined ? passes + fails : sent?.count;
  const isJudged = passes !== undefined && fails !== undefined;
  return [
    {
      name: 'http_req_duration',
      meanMs: duration.avg,
      minMs: duration.min,
      maxMs: duration.max,
      samples,
      events: isJudged ? sent?.count : undefined,
      quoted,
      histogram: { floorMs: 0, topMs: TIMEOUT_MS },
      resolutionMs: isWhole(Object.values(duration)) ? 1 : 0.001,
    },
  ];
}

function workOf({ http_req_failed: failed, http_reqs: sent }: Metrics): WorkClaim[] {
  // A rate is `rate` in the one shape and `value` in the other.
  const share = failed?.rate ?? failed?.value;
  if (share === undefined) return [];
  const evidence = `${percent(share)} of the requests failed`;
  const wouldBe =
    share > 0 && sent?.rate !== undefined
      ? `${figure(sent.rate * (1 - share))}/s that did the work`
      : undefined;
  return [{ what: 'answers', holds: share === 0, evidence, wouldBe }];
}
