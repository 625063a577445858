import { describe, expect, test } from 'vitest';
import { LIMIT, limiter } from '../../experiments/limiter.ts';
import { explainLimiter } from '../../experiments/limiter-answers.ts';
import { limiterTables } from '../../experiments/limiter-tables.ts';
import { USER_LIMIT } from '../../gateway/user-limiter.ts';
import type { LimiterPlace } from '../../lab/limiter-plan.ts';
import type { LimiterFacts } from '../../lab/limiter-schema.ts';
import type { PathResult } from '../../lab/path-schema.ts';
import type { Table } from '../../lab/table.ts';
import { type TrialResult, trialResultSchema } from '../../lab/trial-result.ts';
import { makeCrowd } from '../../likes/workloads/crowd.ts';
import { madePlan, madeResult } from '../lab/made-result.ts';
import { orderOf } from './step-order.ts';

const NO_REQUESTS = { refused: 0, unknown: 0, noAnswer: 0, invalid: 0 };

function madePath(changed: Partial<PathResult> = {}, p99Us = 8_000): PathResult {
  const latency = { samples: 900, meanUs: 4_000, p50Us: p99Us / 2, p90Us: 6_000, p99Us };
  return {
    requests: { offered: 1_200, accepted: 1_150, shed: {}, limited: 50, ...NO_REQUESTS },
    api: { ...latency, maxUs: 9_000, notPositive: 0, tooLong: 0, histogram: '' },
    ...{ answerMsMax: 12, acceptedTwice: 0, acceptedUncounted: 0, isExact: true },
    ...{ acceptedUnacknowledged: 0, acceptedOther: 0 },
    ...{ cpuUsPerLike: {}, acceptedShareOutsideOutages: 1 },
    ...{ generatorLagUsP99: 200, requestsAtOnceMax: 9 },
    ...changed,
  };
}

type Sums = readonly [offered: number, stopped: number, allowed: number];

function madeFacts(
  sums: Partial<Record<LimiterFacts['groups'][number]['kind'], Sums>>,
  changed: Partial<LimiterFacts> = {},
): LimiterFacts {
  const groups = (['honest', 'random', 'beat', 'below', 'above', 'bursts'] as const).map((kind) => {
    const [offered, stopped, allowed] = sums[kind] ?? [0, 0, 0];
    const users = Math.min(offered, 1);
    const usersStopped = Math.min(stopped, 1);
    return { kind, users, offered, passed: offered - stopped, stopped, usersStopped, allowed };
  });
  const wanted = { agrees: 1_190, onTheEdge: 4, wronglyPassed: 6, wronglyStopped: 0, untold: 0 };
  return { users: 1_000, groups, wanted, decidedAlone: 0, gatewayCpuUsPerRequest: 300, ...changed };
}

function made(
  where: LimiterPlace,
  gateways: number,
  facts: LimiterFacts,
  path = madePath(),
): TrialResult {
  const plan = { kind: 'queued', rule: 'states', gateways, limiter: { where, ...LIMIT } } as const;
  return madeResult({
    ...{ experiment: 'limiter', broker: 'redis-streams' },
    plan: { ...madePlan('path'), likesPerS: 500, path: plan },
    limiter: facts,
    path,
  });
}

const HEAVY = { random: [40, 10, 30], beat: [40, 15, 25], bursts: [40, 20, 20] } as const;
const ALL = {
  ...HEAVY,
  honest: [1_000, 1, 999],
  below: [40, 0, 40],
  above: [40, 4, 36],
} as const;

const OFF = made(
  'off',
  1,
  madeFacts({ ...ALL, honest: [1_000, 0, 999] }, { gatewayCpuUsPerRequest: 280 }),
  madePath({}, 6_000),
);
const PROCESS = made('process', 1, madeFacts(ALL), madePath({}, 6_500));
const TWO = made('process', 2, madeFacts({ ...ALL, bursts: [40, 0, 20] }));
const REDIS = made('redis', 2, madeFacts(ALL, { redisCpuUsPerRequest: 14.5 }));
const away = { beganMs: 9_000, tookMs: 9_000, offered: 90, passed: 85, allowed: 50 };
const AWAY = made('redis-away', 2, madeFacts(ALL, { decidedAlone: 420, away }));
const RESULTS = [AWAY, TWO, REDIS, PROCESS, OFF];

const rowsOf = ({ heads, rows }: Table) =>
  rows.map((row) => Object.fromEntries(row.map((text, place) => [heads[place]!, text])));

describe('the steps', () => {
  test('compare each place of a limiter with no limiter, for one gateway and two', () => {
    for (const profile of ['quick', 'full'] as const) {
      const paths = limiter.steps(orderOf({ profile })).map(({ path }) => path!);
      const rows = paths.map(({ gateways, limiter: plan }) => `${plan!.where} ${gateways}`);
      expect(new Set(rows).size).toBe(rows.length);
      expect(rows).toEqual(expect.arrayContaining(['off 1', 'process 1', 'redis 1']));
      expect(rows).toEqual(expect.arrayContaining(['process 2', 'redis 2', 'redis-away 2']));
      expect(rows).toContain('redis-away 1');
    }
    expect(limiter.steps(orderOf({ profile: 'smoke' }))).toHaveLength(1);
  });

  test('judge the limit that the gateway has unless told', () => {
    expect(LIMIT).toEqual(USER_LIMIT);
  });

  test('offer enough for a crowd with a script of each kind', () => {
    for (const profile of ['smoke', 'quick', 'full'] as const) {
      for (const { rate, warmUpS = 0, measureS = 0 } of limiter.steps(orderOf({ profile }))) {
        const { likesPerS } = rate as { likesPerS: number };
        const seconds = warmUpS + measureS;
        const crowd = makeCrowd({ seed: 1, likesPerS, seconds, limit: LIMIT });
        expect(crowd.likes).toHaveLength(likesPerS * seconds);
      }
    }
  });
});

describe('the tables', () => {
  const [main, kinds] = limiterTables(RESULTS).map(rowsOf);

  test('are made of results that a file may hold', () => {
    for (const result of RESULTS) expect(trialResultSchema.parse(result)).toEqual(result);
  });

  test('begin with no limiter, and go from one gateway to two', () => {
    const order = main!.map(({ gateways, limiter: where }) => `${gateways} ${where}`);
    expect(order).toEqual(['1 off', '1 process', '2 process', '2 redis', '2 redis, away']);
  });

  test('tell whom it stops, what gets through, and what it costs', () => {
    expect(main![1]).toMatchObject({
      'scripts stopped %': '24.4',
      'heavy stopped %': '25.0',
      'through/allowed': '1.00',
      'honest hit %': '0.100',
      'honest users hit': '1',
      'right %': '99.50',
      'on the edge': '4',
      'wrongly passed': '6',
      'API p99 ms': '6.50',
      'added p99 ms': '0.50',
      'gateway µs/request': '300',
      '202 not counted once': '0',
    });
    expect(main![2]).toMatchObject({ 'through/allowed': '1.13', 'added p99 ms': '–' });
    expect(main![3]).toMatchObject({ 'Redis µs/request': '14.5', 'decided alone': '0' });
    expect(main![4]).toMatchObject({ 'while away': '1.70', 'decided alone': '420' });
  });

  test('say nothing of right and wrong where nobody decides', () => {
    expect(main![0]).toMatchObject({ 'right %': '–', 'wrongly passed': '–', 'added p50 ms': '–' });
  });

  test('show each kind of user', () => {
    expect(kinds![1]).toMatchObject({
      'at random': '10 of 40',
      'fixed beat': '15 of 40',
      'just below': '0 of 40',
      'a quarter above': '4 of 40',
      bursts: '20 of 40',
      honest: '1 of 1,000',
    });
  });

  test('have no share of none that were decided', () => {
    const wanted = { agrees: 0, onTheEdge: 0, wronglyPassed: 0, wronglyStopped: 0, untold: 9 };
    const [table] = limiterTables([made('process', 1, madeFacts(ALL, { wanted }))]);
    expect(rowsOf(table!)[0]).toMatchObject({ 'right %': '–' });
  });

  test('strike latencies out and keep what was decided', () => {
    const struck = { ...PROCESS, numbersValid: false, numbersStruck: ['the generator was late'] };
    const [table] = limiterTables([OFF, struck]);
    const [, row] = rowsOf(table!);
    expect(row).toMatchObject({ 'API p99 ms': '~~6.50~~', 'scripts stopped %': '24.4' });
    expect(table!.notes.join('\n')).toContain('the generator was late');
  });
});

describe('the sentences', () => {
  const text = explainLimiter(RESULTS);

  test('say what a limiter is good for and what not', () => {
    expect(text).toContain('**Good for** holding back who likes far too fast: 10 likes at once');
    expect(text).toContain('stop 25 % of what 0.1 % of the users send');
    expect(text).toContain('fixed beats 38 %, bursts 50 %, heavy users without a script 25 %');
    expect(text).toContain('Of 1,000 honest likes 1 are hit, of 1 user.');
    expect(text).toContain('keeps just below the limit passes whole (0 of 40 stopped)');
    expect(text).toContain('one a quarter above it loses 10 %');
  });

  test('say what two gateways make of the limit, with a common memory and without', () => {
    expect(text).toContain('in each process by itself 1.13 times, over Redis 1.00 times');
    const late = { ...REDIS, limiter: madeFacts(ALL, { decidedAlone: 60 }) };
    const why = 'over Redis 1.00 times (it was late for 60 of 1,200 requests, which gateways';
    expect(explainLimiter([late])).toContain(why);
    const away =
      'While that Redis is away, of heavy users two let 1.70 times the limit through. No';
    expect(text).toContain(away);
    const shed = { offered: 1_200, accepted: 1_140, shed: { full: 10 }, limited: 50 };
    const worse = { ...AWAY, path: madePath({ requests: { ...shed, ...NO_REQUESTS } }) };
    expect(explainLimiter([worse])).toContain('10 requests had neither 202 nor 429');
  });

  test('say what it costs over no limiter', () => {
    const price = 'in the process +0.25 ms at p50, +0.50 ms at p99 and +20 µs';
    expect(text).toContain(`${price} of the gateway's CPU a request.`);
    expect(text).toContain('Fewer than six runs: no claim.');
    const cheaper = { ...PROCESS, limiter: madeFacts(ALL, { gatewayCpuUsPerRequest: 1 }) };
    expect(explainLimiter([OFF, cheaper])).toContain('none that chance does not hide: +0.25 ms');
  });

  test('say nothing that was not measured', () => {
    expect(explainLimiter([OFF])).toBe('');
  });
});
