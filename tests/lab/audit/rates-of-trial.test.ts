/** Open loops from their records: what is due and what comes of it, all that the audit says. */
import { describe, expect, test } from 'vitest';
import { measureWitness } from '../../../lab/audit/witness.ts';
import { measureBacklog } from '../../../lab/measure-backlog.ts';
import { measureLatencies } from '../../../lab/measure-latency.ts';
import { measureRates } from '../../../lab/measure-rates.ts';
import { evenPace, type Pace, poissonPace } from '../../../lab/pace.ts';
import { RecordWriter } from '../../../lab/record-writer.ts';
import type { TrialResult } from '../../../lab/trial-result.ts';
import { madeLike } from '../../store/made-likes.ts';
import { cleanLedger, madePlan } from '../made-result.ts';
import { recordsFolder } from '../trial-fixture.ts';
import { hitsOf, pacedResult } from './audited-result.ts';

const START_US = 1_000;
const WARM_UP_S = 1;
/** Fewer than this would strike the 99th percentile, for a good reason. */
const RATES = { low: 200, high: 1_000 } as const;

interface Made {
  readonly likesPerS: number;
  readonly seconds: number;
  readonly pace?: Pace;
  readonly arrivals?: 'poisson';
  /** From when the like is due until it is visible. */
  readonly latencyMs: (sinceS: number) => number;
}

/** Each like is sent 0.2 ms after it is due, acknowledged, and visible when the test says. */
function resultOf({ likesPerS, seconds, arrivals, latencyMs, ...made }: Made): TrialResult {
  const pace = made.pace ?? evenPace(START_US, likesPerS);
  const likes = Math.ceil(likesPerS * (WARM_UP_S + seconds));
  const due = Array.from({ length: likes }, (_, seq) => pace.dueUs(seq));
  const like = (seq: number) => madeLike('gateway-1', seq);
  using folder = recordsFolder();
  const paths = { producer: folder.path('producer'), consumer: folder.path('consumer') };
  {
    using records = new RecordWriter(paths.producer);
    const sends = due.flatMap((us, seq) => [
      { us: us + 200, write: () => records.attempted(us + 200, [like(seq)], [200]) },
      { us: us + 1_000, write: () => records.outcome(us + 1_000, [like(seq)], 'ok') },
    ]);
    for (const { write } of sends.sort((a, b) => a.us - b.us)) write();
    using consumed = new RecordWriter(paths.consumer);
    const visible = due
      .map((us, seq) => ({ us: us + latencyMs((us - START_US) / 1e6) * 1_000, seq }))
      .sort((a, b) => a.us - b.us);
    for (const { us, seq } of visible) {
      consumed.delivered(us - 100, [like(seq)]);
      consumed.stored(us, [like(seq)], []);
    }
  }
  const input = { producerRecords: [paths.producer], consumerRecords: [paths.consumer], likes };
  const {
    rates,
    due: witnessed,
    inSystem,
  } = measureWitness({
    ...{ ...input, together: true, warmUpS: WARM_UP_S },
  });
  const measured = measureRates({ ...input, together: true });
  const backlog = measureBacklog({ ...input, likesPerS, warmUpS: WARM_UP_S })!;
  return pacedResult({
    plan: { ...madePlan('paced'), likesPerS, warmUpS: WARM_UP_S, ...(arrivals && { arrivals }) },
    workload: { name: 'trending', likes, seed: 1, hash: 'abc' },
    ledger: cleanLedger({ attempted: likes, ok: likes, counted: likes }),
    rates: {
      ...measured,
      publishedPerSecond: [...measured.publishedPerSecond],
      countedPerSecond: [...measured.countedPerSecond],
    },
    latencies: measureLatencies({ ...input, warmUpS: WARM_UP_S }),
    backlog: { ...backlog, likes: [...backlog.likes] },
    audit: {
      ...pacedResult().audit!,
      ...{ rates: [...rates], due: witnessed, inSystem },
    },
  });
}

describe('a steady open loop', () => {
  test.each([2, 4, 5])('whose likes all take 250 ms is not saturated in %s s', (seconds) => {
    const made = { likesPerS: RATES.high, seconds, latencyMs: () => 250 };
    expect(hitsOf(resultOf(made))).toEqual([]);
  });

  test.each([2, 4, 5])('nor one whose likes all take 500 ms', (seconds) => {
    const made = { likesPerS: RATES.high, seconds, latencyMs: () => 500 };
    expect(hitsOf(resultOf(made))).toEqual([]);
  });

  test('nor one with a pause of half a second at its end', () => {
    const latencyMs = (sinceS: number) => (sinceS < 2.6 ? 5 : 5 + 500 * Math.max(0, 3.1 - sinceS));
    expect(hitsOf(resultOf({ likesPerS: RATES.high, seconds: 2, latencyMs }))).not.toContain(
      'saturation',
    );
  });

  test('that had a pause at the end of its warm-up is not struck for what that left', () => {
    const latencyMs = (sinceS: number) =>
      sinceS < 0.999 ? Math.max(5, 2_000 * sinceS - 1_500) : 5;
    expect(hitsOf(resultOf({ likesPerS: RATES.high, seconds: 2, latencyMs }))).toEqual([]);
  });

  test('that had a pause of 0.3 s in its middle tells it by its latencies alone', () => {
    const latencyMs = (sinceS: number) =>
      sinceS >= 2 && sinceS < 2.3 ? 5 + 1_000 * (2.3 - sinceS) : 5;
    expect(hitsOf(resultOf({ likesPerS: RATES.high, seconds: 2, latencyMs }))).toEqual([]);
  });

  test('of 20 likes/s is counted in windows of few likes, which are no spread', () => {
    expect(hitsOf(resultOf({ likesPerS: 20, seconds: 16, latencyMs: () => 30 }))).toEqual([]);
  });
});

test.each([2, 4, 5])(
  'an open loop that serves 90 %% of its load is saturated in %s s',
  (seconds) => {
    // Each like waits for all that wait before it.
    const latencyMs = (sinceS: number) => 5 + (sinceS * 1_000) / 9;
    expect(hitsOf(resultOf({ likesPerS: RATES.high, seconds, latencyMs }))).toContain('saturation');
  },
);

describe('Poisson arrivals', () => {
  const made = (likesPerS: number, seconds: number, seed: number, actualPerS = likesPerS) => {
    const pace = poissonPace(START_US, actualPerS, seed);
    return resultOf({
      ...{ likesPerS, seconds, pace, arrivals: 'poisson', latencyMs: () => 20 },
    });
  };

  test.each([
    ['few', RATES.low, 2],
    ['many', RATES.high, 1],
    // Long enough for full seconds to be held against each other.
    ['some', 100, 6],
  ])('of %s likes are struck by chance in one of 100 seeds at most', (_, likesPerS, seconds) => {
    const hits = Array.from({ length: 100 }, (_seed, seed) =>
      hitsOf(made(likesPerS, seconds, seed)),
    );
    expect(hits.filter((names) => names.length > 0).length).toBeLessThanOrEqual(1);
  });

  test('at another rate than the planned one are found', () => {
    expect(hitsOf(made(RATES.high, 2, 1, 800))).toContain('generator-late');
  });

  test('whose rate is above what was due are found', () => {
    const { rates, ...rest } = made(RATES.high, 2, 1);
    const more = { ...rates!, sustainedLikesPerS: rates!.sustainedLikesPerS! * 1.2 };
    expect(hitsOf({ ...rest, rates: more })).toContain('rate-above-offered');
  });
});
