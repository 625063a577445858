import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { hopsOf } from '../../lab/write-path/hops.ts';
import { KIND, type OtlpReceiver, openOtlpReceiver } from '../tracing/otlp-receiver.ts';
import { openRealPaths, type RealPaths } from './path/real-paths.ts';

/** Cut to whole bins of 50 ms, 2.1 s are 2.0 at least; of 2 s 1.9 may be left, and 190 likes. */
const ORDER = { likesPerS: 100, measureS: 2.1, warmUpS: 0.5 } as const;
const TRACED_LEAST = 190;

let paths: RealPaths;
let receiver: OtlpReceiver;

beforeAll(async () => {
  receiver = await openOtlpReceiver();
  // Workers get the environment of whoever starts them.
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
  paths = await openRealPaths(['redis-streams', 'direct']);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await paths?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
});

test.each([
  ['redis-streams', 'queued', 7],
  ['direct', 'direct', 3],
] as const)(
  'each hop of a like through %s is traced by real processes',
  async (broker, kind, ofLike) => {
    const before = receiver.spans.length;
    const path = { kind, rule: 'states', gateways: 1, traces: { every: 1 } } as const;
    const result = await paths.run({ ...ORDER, broker, path });
    expect(result.reasons).toEqual([]);
    const { samples, hops, sums, exported, whole } = result.writePath!;
    expect(samples).toBeGreaterThan(TRACED_LEAST);
    expect(hops.map(({ name }) => name)).toEqual(hopsOf(kind).map(({ name }) => name));
    // Whether L and λ W agree is for a machine with nothing else to do; nothing may be missing.
    const missing = hops
      .flatMap(({ little }) => little.problems)
      .filter((one) => !/by λ W/.test(one));
    expect(missing).toEqual([]);
    expect(hops.reduce((us, { meanUs }) => us + meanUs, 0)).toBeCloseTo(whole.meanUs, 1);
    expect(sums.apart).toBeLessThan(0.2 * sums.likes);
    const spans = receiver.spans.slice(before);
    expect(exported).toEqual({ delivered: spans.length, failed: 0 });
    // By the trace that the client began, all processes tell of one like.
    const began = spans.find(
      ({ kind: role, service }) => role === KIND.client && service === 'like-client',
    );
    const own = spans.filter(({ traceId }) => traceId === began!.traceId);
    const services = new Set(own.map(({ service }) => service));
    expect(services.has('like-gateway')).toBe(true);
    expect(services.has('like-consumer')).toBe(kind === 'queued');
    expect(own.length).toBeGreaterThanOrEqual(ofLike);
  },
);
