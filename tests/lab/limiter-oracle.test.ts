import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Decision,
  idealDecisions,
  type Judgement,
  judgeDecisions,
  type LimitedRequest,
} from '../../lab/limiter-oracle.ts';
import type { Limit } from '../../lab/limiter-plan.ts';
import { makeCrowd } from '../../likes/workloads/crowd.ts';

/** A token bucket as a textbook has it: tokens that fill up with time. */
class Tokens {
  readonly #limit: Limit;
  #tokens: number;
  #atUs = 0;

  constructor(limit: Limit) {
    this.#limit = limit;
    this.#tokens = limit.burst;
  }

  take(nowUs: number): 'passed' | 'stopped' {
    const { likesPerS, burst } = this.#limit;
    const filled = this.#tokens + ((nowUs - this.#atUs) * likesPerS) / 1_000_000;
    this.#tokens = Math.min(burst, filled);
    this.#atUs = nowUs;
    if (this.#tokens < 1 - 1e-6) return 'stopped';
    this.#tokens -= 1;
    return 'passed';
  }
}

interface Moment {
  readonly bucket: string;
  readonly sentUs: number;
  readonly decidedUs: number;
  readonly answeredUs: number;
}

/** What a limiter does when it decides at these moments, in the order of sending. */
function decide(
  moments: readonly Moment[],
  limit: Limit,
  bucketOf: (moment: Moment, place: number) => string = ({ bucket }) => bucket,
): LimitedRequest[] {
  const buckets = new Map<string, Tokens>();
  const decisions = new Array<Decision>(moments.length);
  const byDecision = [...moments.keys()].sort(
    (one, other) => moments[one]!.decidedUs - moments[other]!.decidedUs,
  );
  for (const place of byDecision) {
    const name = bucketOf(moments[place]!, place);
    const bucket = buckets.get(name) ?? new Tokens(limit);
    buckets.set(name, bucket);
    decisions[place] = bucket.take(moments[place]!.decidedUs);
  }
  return moments.map((moment, place) => ({ ...moment, decision: decisions[place]! }));
}

const limits = fc.record({
  likesPerS: fc.constantFrom(1, 2, 3, 5),
  burst: fc.integer({ min: 1, max: 6 }),
});

const moments = fc
  .array(
    fc.record({
      bucket: fc.constantFrom('u-1', 'u-2'),
      gapUs: fc.integer({ min: 0, max: 400_000 }),
      waitUs: fc.integer({ min: 0, max: 300_000 }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 80 },
  )
  .map((steps) => {
    let sentUs = 0;
    return steps.map(({ bucket, gapUs, waitUs, part }): Moment => {
      sentUs += gapUs;
      return { bucket, sentUs, decidedUs: sentUs + part * waitUs, answeredUs: sentUs + waitUs };
    });
  });

const count = (judgements: readonly Judgement[], wanted: Judgement) =>
  judgements.filter((judgement) => judgement === wanted).length;

describe('without any delay', () => {
  test('the ideal bucket decides as a bucket of tokens does', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 100 }),
        limits,
        (gapsMs, limit) => {
          let dueUs = 0;
          const likes = gapsMs.map((gapMs) => {
            dueUs += gapMs * 1_000;
            return { bucket: 'u-1', dueUs };
          });
          const tokens = new Tokens(limit);
          expect(idealDecisions(likes, limit)).toEqual(
            likes.map((like) => tokens.take(like.dueUs)),
          );
        },
      ),
    ));

  test('each user has a bucket of their own', () => {
    const likes = ['u-1', 'u-2', 'u-1'].map((bucket) => ({ bucket, dueUs: 0 }));
    const limit = { likesPerS: 1, burst: 1 };
    expect(idealDecisions(likes, limit)).toEqual(['passed', 'passed', 'stopped']);
  });
});

describe('a limiter that is right', () => {
  test('is never called wrong, whenever it decides between sending and answer', () =>
    fc.assert(
      fc.property(moments, limits, (made, limit) => {
        const judgements = judgeDecisions(decide(made, limit), limit);
        expect(judgements.filter((one) => one.startsWith('wrongly'))).toEqual([]);
      }),
      { numRuns: 500 },
    ));

  test('not even when some answers tell nothing', () =>
    fc.assert(
      fc.property(moments, limits, fc.integer({ min: 2, max: 5 }), (made, limit, every) => {
        const silent = (place: number) => place % every === 0;
        const requests = decide(made, limit).map((request, place): LimitedRequest => {
          return silent(place) ? { ...request, decision: 'none' } : request;
        });
        const judgements = judgeDecisions(requests, limit);
        expect(judgements.filter((one) => one.startsWith('wrongly'))).toEqual([]);
        expect(count(judgements, 'none')).toBe(Math.ceil(made.length / every));
      }),
      { numRuns: 200 },
    ));
});

describe('of a crowd, answered within 8 ms', () => {
  const limit = { likesPerS: 2, burst: 10 };
  const { likes } = makeCrowd({ seed: 3, likesPerS: 400, seconds: 20, limit });
  const sent = likes.map(({ user, dueUs }, place): Moment => {
    const waitUs = 2_000 + ((place * 7_919) % 6_000);
    return {
      ...{ bucket: user, sentUs: dueUs },
      ...{ decidedUs: dueUs + waitUs / 2, answeredUs: dueUs + waitUs },
    };
  });
  const shareOf = (requests: readonly LimitedRequest[], wanted: Judgement) =>
    count(judgeDecisions(requests, limit), wanted) / requests.length;
  const right = decide(sent, limit);

  test('few requests are on the edge, and all others agree', () => {
    expect(shareOf(right, 'on-the-edge')).toBeLessThan(0.005);
    expect(shareOf(right, 'agrees') + shareOf(right, 'on-the-edge')).toBe(1);
    expect(right.filter(({ decision }) => decision === 'stopped').length).toBeGreaterThan(50);
  });

  test('a limiter that lets all through is found', () => {
    const through = right.map((request) => ({ ...request, decision: 'passed' as const }));
    const stopped = right.filter(({ decision }) => decision === 'stopped').length;
    const wrong = count(judgeDecisions(through, limit), 'wrongly-passed');
    expect(wrong).toBeGreaterThan(stopped * 0.8);
    expect(shareOf(through, 'wrongly-stopped')).toBe(0);
  });

  test('a limiter that stops all is found', () => {
    const none = right.map((request) => ({ ...request, decision: 'stopped' as const }));
    expect(shareOf(none, 'wrongly-stopped')).toBeGreaterThan(0.95);
  });

  test('a limiter that counts per gateway is found', () => {
    const apart = decide(sent, limit, ({ bucket }, place) => `${bucket}@${place % 2}`);
    expect(count(judgeDecisions(apart, limit), 'wrongly-passed')).toBeGreaterThan(50);
    expect(shareOf(apart, 'wrongly-stopped')).toBe(0);
    // Held against what it is, it does what it should.
    const own = apart.map((request, place) => ({
      ...request,
      bucket: `${request.bucket}@${place % 2}`,
    }));
    const judgements = judgeDecisions(own, limit);
    expect(judgements.filter((one) => one.startsWith('wrongly'))).toEqual([]);
  });

  test('a bucket that is too large by a tenth is found', () => {
    const larger = decide(sent, { ...limit, burst: 11 });
    expect(count(judgeDecisions(larger, limit), 'wrongly-passed')).toBeGreaterThan(0);
  });
});
