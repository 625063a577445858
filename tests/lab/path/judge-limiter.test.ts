import { describe, expect, test } from 'vitest';
import { idealDecisions } from '../../../lab/limiter-oracle.ts';
import { limiterSchema } from '../../../lab/limiter-schema.ts';
import { crowdOf } from '../../../lab/path/crowd-load.ts';
import { judgeLimiter } from '../../../lab/path/judge-limiter.ts';
import { requestLoadOf } from '../../../lab/path/request-load.ts';
import type { RequestOutcome, RequestRecord } from '../../../lab/path/request-records.ts';
import type { TrialPlan } from '../../../lab/trial-plan.ts';
import type { ProducerReport } from '../../../lab/worker-messages.ts';

const LIMIT = { likesPerS: 2, burst: 10 };

const PLAN: TrialPlan = {
  ...{ experiment: 'limiter', mode: 'path', workload: 'zipf', seed: 1 },
  ...{ likes: 2_400, likesPerS: 400, warmUpS: 1 },
  ...{ lanes: 1, consumers: 1, shards: 1, backlogBytesMax: 1 },
  path: {
    ...{ kind: 'queued', rule: 'states', gateways: 2 },
    limiter: { where: 'redis', ...LIMIT },
  },
};

const CROWD = crowdOf(PLAN)!;
const START_US = 7_000_000;

/** Answered at once, in the order of the answers. */
function recordsOf(outcomeOf: (place: number) => RequestOutcome): RequestRecord[] {
  const records = CROWD.likes.map(({ dueUs, seq }): RequestRecord => {
    const sentUs = START_US + dueUs + 200;
    const answeredUs = sentUs + 1_000;
    return { place: seq, dueUs: START_US + dueUs, sentUs, answeredUs, outcome: outcomeOf(seq) };
  });
  return records.toReversed();
}

const accepted = (seq: number) => ({ kind: 'accepted', source: 'gateway', seq }) as const;
const ideal = idealDecisions(
  CROWD.likes.map(({ user, dueUs }) => ({ bucket: user, dueUs })),
  LIMIT,
);
const asItShould = (place: number): RequestOutcome =>
  ideal[place] === 'stopped' ? { kind: 'limited' } : accepted(place);

const gateway = (decidedAlone: number) =>
  ({ usage: { cpuUs: 240_000 }, decidedAlone }) as unknown as ProducerReport;

const judge = (requests: readonly RequestRecord[], plan = PLAN) => {
  const limiterRedis = { away: undefined, cpuUs: 24_000 };
  const path = { requests: '', client: undefined as never, database: undefined, limiterRedis };
  return judgeLimiter(plan, { producers: [gateway(3), gateway(4)], path }, requests);
};

describe('the load of a trial that limits users', () => {
  test('is a crowd, the same each time', () => {
    const requests = [...requestLoadOf(PLAN)];
    expect(requests).toEqual(CROWD.likes);
    expect([...requestLoadOf(PLAN)]).toEqual(requests);
  });

  test('is the workload where nobody is limited, or no limit is asked about', () => {
    const { limiter: _limiter, ...path } = PLAN.path!;
    const requests = [...requestLoadOf({ ...PLAN, path })];
    expect(requests).toHaveLength(2_400);
    // Evenly due, which a crowd is not.
    expect(requests[1]!.dueUs - requests[0]!.dueUs).toBe(2_500);
    expect(crowdOf({ ...PLAN, path })).toBeUndefined();
    expect(judge([], { ...PLAN, path })).toBeUndefined();
  });
});

describe('a limiter', () => {
  test('that does what it should is told as right, with its cost for each request', () => {
    const facts = judge(recordsOf(asItShould))!;
    expect(limiterSchema.parse(facts)).toEqual(facts);
    expect(facts.wanted).toMatchObject({ wronglyPassed: 0, wronglyStopped: 0, untold: 0 });
    for (const { passed, allowed } of facts.groups) expect(passed).toBe(allowed);
    expect(facts).toMatchObject({
      decidedAlone: 7,
      gatewayCpuUsPerRequest: 200,
      redisCpuUsPerRequest: 10,
    });
  });

  test('that lets all pass is told as wrong, and so is one that stops all', () => {
    const stopped = ideal.filter((decision) => decision === 'stopped').length;
    const open = judge(recordsOf(accepted))!;
    expect(open.wanted.wronglyPassed).toBeGreaterThan(stopped / 2);
    expect(open.wanted.wronglyStopped).toBe(0);
    const closed = judge(recordsOf(() => ({ kind: 'limited' })))!;
    expect(closed.wanted.wronglyStopped).toBeGreaterThan(2_000);
  });

  test('is not judged by requests that were shed or had no answer', () => {
    const silent = judge(
      recordsOf((place) => {
        if (place % 3 === 0) return { kind: 'shed', reason: 'full' };
        return place % 3 === 1 ? { kind: 'noAnswer' } : asItShould(place);
      }),
    )!;
    expect(silent.wanted).toMatchObject({ untold: 1_600, wronglyPassed: 0 });
  });
});
