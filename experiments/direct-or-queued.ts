/**
 * Is it a good idea to count likes through API requests from the server, or does a queue have to
 * stand between, and from which rate on?
 *
 * The same service four ways: the gateway writes each like into PostgreSQL (`+1`, or with the
 * user's state), or hands it to a queue, whose worker counts it by itself or many at once. Requests
 * come from due, at rates and in bursts on one post. For kafka and redis-streams the profile
 * `quick` has 44 trials, most of them of some 10 s: about 10 minutes, where nobody else uses the
 * machine.
 */
import type { Experiment, Profile, Step, StepOrder } from '../lab/experiment.ts';
import { FAULTS } from '../lab/faults/index.ts';
import { DIRECT, type PathPlan } from '../lab/path-plan.ts';
import { formatNumber } from '../lab/table.ts';
import { explainWays } from './direct-or-queued-answers.ts';
import { WAY_COLUMNS, WAY_HEADS, wayKeyOf } from './direct-or-queued-columns.ts';
import { waysTables } from './direct-or-queued-tables.ts';
import { TURN_COLUMNS } from './direct-or-queued-turns.ts';
import { isCeiling } from './sizes.ts';

type Numbers = Readonly<Record<Profile, number>>;

const LIKES_PER_S: Readonly<Record<Profile, readonly number[]>> = {
  smoke: [200],
  quick: [100, 500, 1_000, 2_000, 4_000],
  full: [100, 500, 1_000, 1_500, 2_000, 3_000, 4_000],
};
/** A gateway that has just started is slower than the same one a second later. */
const WARM_UP_S: Numbers = { smoke: 0.5, quick: 2, full: 2 };
/** 2,000/s give the samples of a p99.9 in it. */
const MEASURE_S: Numbers = { smoke: 2, quick: 5, full: 5 };
/** A 99th percentile needs 300 samples: see lab/plan-trial.ts. */
const LIKES_MEASURED_LEAST = 320;

const BURST_LIKES_PER_S = 100;
const BURST_FACTORS: Readonly<Record<Profile, readonly number[]>> = {
  smoke: [10],
  quick: [10, 50],
  full: [10, 50],
};
/** Before it, long enough for a 99th percentile of its own. */
const CALM_S = LIKES_MEASURED_LEAST / BURST_LIKES_PER_S;
/** One worker that counts one by one is busy for ten times as long with the largest. */
const BURST_S: Numbers = { smoke: 1, quick: 4, full: 4 };

/** The burst in which the broker is killed: at more, the restart itself would lack the cores. */
const KILLED_FACTOR = 10;
const KILLED_AFTER_S = 1;
/** The load goes on for so long after the burst: twice what Kafka's restart took on busy cores. */
const AFTER_BURST_S = 20;
const KILLED_GO_ON_S = 2;

/** Sizes nothing here, where every step has a rate of its own. */
const DIRECT_LIKES_PER_S_ROUGH = 1_000;

type Way = Pick<PathPlan, 'kind' | 'rule' | 'updates'>;

const DIRECT_WAYS: readonly Way[] = [
  { kind: 'direct', rule: 'tally' },
  { kind: 'direct', rule: 'states' },
];
/** Each like once, by its mark: what a queue that may deliver twice needs at the least. */
const QUEUED_WAYS: readonly Way[] = [
  { kind: 'queued', rule: 'tally', updates: 'single' },
  { kind: 'queued', rule: 'tally', updates: 'coalesced' },
];

function stepOf(way: Way, step: Omit<Step, 'mode' | 'likes' | 'path'>, path?: Partial<PathPlan>) {
  return {
    mode: 'path',
    likes: 0,
    store: { engine: 'postgres', rule: way.rule },
    // What is written directly goes into one table: with more shards a batch would be more commits.
    shards: 1,
    path: { ...way, gateways: 1, ...path },
    ...step,
  } satisfies Step;
}

function steadySteps(way: Way, profile: Profile): Step[] {
  return LIKES_PER_S[profile].map((likesPerS) =>
    stepOf(way, {
      rate: { likesPerS },
      warmUpS: WARM_UP_S[profile],
      measureS: MEASURE_S[profile],
      likesMeasuredLeast: LIKES_MEASURED_LEAST,
    }),
  );
}

const burstWords = (factor: number): string =>
  `${formatNumber(BURST_LIKES_PER_S, 0)}/s, ${factor}x in the burst`;

/** The load ends with the burst, so that the time until the count is exact begins there. */
function burstStep(way: Way, factor: number, profile: Profile): Step {
  const [warmUpS, lastsS] = [WARM_UP_S[profile], BURST_S[profile]];
  const times = { warmUpS, measureS: CALM_S + lastsS };
  const rate = { likesPerS: BURST_LIKES_PER_S };
  const burst = { factor, atS: warmUpS + CALM_S, lastsS };
  return stepOf(way, { ...times, rate, pace: burstWords(factor) }, { burst });
}

function killedStep(way: Way, profile: Profile): Step {
  const [warmUpS, lastsS] = [WARM_UP_S[profile], BURST_S[profile]];
  const burst = { factor: KILLED_FACTOR, atS: warmUpS + CALM_S, lastsS };
  return stepOf(
    way,
    {
      rate: { likesPerS: BURST_LIKES_PER_S },
      warmUpS,
      measureS: CALM_S + lastsS + AFTER_BURST_S,
      pace: `${burstWords(KILLED_FACTOR)}, broker killed`,
      faults: {
        fault: FAULTS.find(({ name }) => name === 'server-kill')!,
        strikes: 1,
        firstAfterS: burst.atS + KILLED_AFTER_S,
        goOnS: KILLED_GO_ON_S,
        // More than come before the burst, so that the blow falls in it.
        acknowledgedLeast: 2 * BURST_LIKES_PER_S,
      },
    },
    { burst },
  );
}

function stepsOf(order: StepOrder): Step[] {
  const { profile } = order;
  if (isCeiling(order)) return [];
  const isDirect = order.contender.broker === DIRECT;
  const ways = isDirect ? DIRECT_WAYS : QUEUED_WAYS;
  const bursts = BURST_FACTORS[profile].flatMap((factor) =>
    ways.map((way) => burstStep(way, factor, profile)),
  );
  const isKilled = !isDirect && profile !== 'smoke';
  const killed = isKilled ? [killedStep(QUEUED_WAYS.at(-1)!, profile)] : [];
  return [...ways.flatMap((way) => steadySteps(way, profile)), ...bursts, ...killed];
}

export const directOrQueued: Experiment = {
  name: 'direct-or-queued',
  question:
    'Is it a good idea to count likes through API requests from the server, or is a queue ' +
    'better, and from which rate on?',
  brokers: ['kafka', 'redis-streams'],
  // Measured once for all brokers of a run.
  besides: [{ broker: DIRECT, tier: 'power', likesPerSRough: DIRECT_LIKES_PER_S_ROUGH }],
  // What PostgreSQL's commit survives, so that one acknowledgement is compared with its like.
  tier: 'power',
  kills: true,
  storesAsSaid:
    'direct-or-queued counts into PostgreSQL everywhere, by tally and by states as each way ' +
    'needs it, or nothing could be compared; leave both out',
  steps: stepsOf,
  shows: ({ plan }) => plan.path !== undefined,
  isYardstick: ({ broker }) => broker === DIRECT,
  tables: (results) => waysTables(directOrQueued, results),
  explanation: explainWays,
  rowKey: wayKeyOf,
  rowHeads: WAY_HEADS,
  columns: [...WAY_COLUMNS, ...TURN_COLUMNS],
};
