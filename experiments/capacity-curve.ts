/**
 * How many likes a second does each queue take while 99 % of them are visible in time?
 *
 * First the search (lab/capacity-search.ts), from half of the broker's own maximum on, then the
 * curve. Trials of all brokers take turns. A trial costs about two seconds more than it measures
 * (at low rates it measures until a 99th percentile has its samples), and a broker has about ten
 * steps of a search and ten points: for five brokers and `null` some 2 minutes with the profile
 * `smoke`, 12 with `quick` and 14 with `full`.
 */
import { OBJECTIVE_MS_DEFAULT, searchStepOf } from '../lab/capacity-probe.ts';
import {
  explainMove,
  nextMove,
  type SearchBounds,
  type SearchMove,
  type SearchStep,
} from '../lab/capacity-search.ts';
import { BROKER_HEAD, brokerOf, TIER_HEAD } from '../lab/common-columns.ts';
import type { Continuation, Experiment, Profile, Step, StepOrder } from '../lab/experiment.ts';
import { LIKES_MEASURED_LEAST } from '../lab/plan-trial.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { CURVE_COLUMNS, capacityTables, OFFERED_HEAD, SEARCH_COLUMNS } from './capacity-tables.ts';

const MEASURE_S: Readonly<Record<Profile, number>> = { smoke: 1.5, quick: 3, full: 4 };
const WARM_UP_S: Readonly<Record<Profile, number>> = { smoke: 0.5, quick: 1, full: 1 };

/** Of each broker's capacity; from 1 on the points are at saturation. */
const SHARES: Readonly<Record<Profile, readonly number[]>> = {
  smoke: [0.5, 0.9, 1.1],
  quick: [0.25, 0.5, 0.75, 0.9, 1, 1.1],
  full: [0.25, 0.5, 0.75, 0.9, 1, 1.1],
};
const SHARE_MAX = 1.1;
/** The same for all, so that rows can be compared; as far as they are at most 110 %. */
const COMMON_LIKES_PER_S: Readonly<Record<Profile, readonly number[]>> = {
  smoke: [],
  quick: [100, 500, 1_000, 2_000, 5_000, 10_000],
  full: [100, 500, 1_000, 2_000, 5_000, 10_000],
};

const START_SHARE = 0.5;
const LIKES_PER_S_LEAST = 20;
/** More than one producer process can offer on time on any machine that this was tried on. */
const LIKES_PER_S_MOST = 200_000;
const RESOLUTION = 0.05;
/** Steps of the search of one broker: enough to come from one end of the rates to the other. */
const STEPS_MAX = 24;
/** Seconds of all its steps together, servers and checks included; then it ends as well. */
export const SEARCH_S_MAX: Readonly<Record<Profile, number>> = {
  smoke: 120,
  quick: 240,
  full: 600,
};

function pacedStep({ profile }: StepOrder, step: Omit<Step, 'mode' | 'likes'>): Step {
  const times = { warmUpS: WARM_UP_S[profile], measureS: MEASURE_S[profile] };
  const likesMeasuredLeast = LIKES_MEASURED_LEAST;
  return { mode: 'paced', likes: 0, ...times, likesMeasuredLeast, ...step };
}

function boundsOf(likesPerSRough: number, stepsMax: number): SearchBounds {
  return {
    startLikesPerS: likesPerSRough * START_SHARE,
    leastLikesPerS: LIKES_PER_S_LEAST,
    mostLikesPerS: LIKES_PER_S_MOST,
    resolution: RESOLUTION,
    stepsMax,
  };
}

/** Those of a contender that are steps of the search, in the order in which they were taken. */
function probesOf(own: readonly TrialResult[]): TrialResult[] {
  return own
    .filter(({ capacity }) => capacity?.probe !== undefined)
    .sort((one, other) => one.capacity!.probe!.step - other.capacity!.probe!.step);
}

function stepsOf(probes: readonly TrialResult[], objectiveMs: number): SearchStep[] {
  return probes.flatMap((result) => searchStepOf(result, objectiveMs) ?? []);
}

/**
 * What a finished search has found, from the result files of one contender and run. Undefined
 * without any step; a search that was interrupted ends where it was.
 */
export function foundBySearch(own: readonly TrialResult[]): SearchMove | undefined {
  const probes = probesOf(own);
  const [first] = probes;
  if (first === undefined) return undefined;
  const steps = stepsOf(probes, first.capacity!.objectiveMs);
  const rough = steps[0]?.likesPerS ?? LIKES_PER_S_LEAST;
  const move = nextMove(steps, boundsOf(rough, STEPS_MAX));
  if (move.kind !== 'try') return move;
  return nextMove(steps, boundsOf(rough, steps.length));
}

function next(own: readonly TrialResult[], order: StepOrder): Continuation | undefined {
  const newest = own.at(-1)?.capacity;
  // The trial that found its own maximum comes before its first step, and leads to nothing else.
  if (newest === undefined) return undefined;
  const probes = probesOf(own);
  const objectiveMs = order.objectiveMs ?? OBJECTIVE_MS_DEFAULT;
  const steps = stepsOf(probes, objectiveMs);
  const spentS = probes.reduce((sum, { durationS }) => sum + durationS, 0);
  const stepsMax = spentS > SEARCH_S_MAX[order.profile] ? steps.length : STEPS_MAX;
  const move = nextMove(steps, boundsOf(order.contender.likesPerSRough, stepsMax));
  const decision =
    newest.probe === undefined || steps.length === 0
      ? {}
      : { decision: `step ${newest.probe.step}: ${explainMove(steps.at(-1)!, move)}` };
  // A first step without a maximum to take a share of has offered nothing; the rough rate follows.
  if (move.kind === 'try' && probes.length > STEPS_MAX) return undefined;
  const step =
    move.kind === 'try'
      ? probeStep(move, probes.length + 1, { ...order, objectiveMs })
      : move.kind === 'done'
        ? pointStep(move.capacityLikesPerS, own, { ...order, objectiveMs })
        : undefined;
  return { ...decision, ...(step !== undefined && { step }) };
}

function probeStep(
  { likesPerS, reason }: { readonly likesPerS: number; readonly reason: string },
  step: number,
  order: StepOrder & { readonly objectiveMs: number },
): Step {
  return pacedStep(order, {
    rate: { likesPerS },
    pace: `${formatNumber(likesPerS, 0)}/s, a step of the search`,
    capacity: { objectiveMs: order.objectiveMs, probe: { step, reason } },
  });
}

/** The first point of the curve that has not been run as often as it should be. */
function pointStep(
  capacityLikesPerS: number,
  own: readonly TrialResult[],
  order: StepOrder & { readonly objectiveMs: number },
): Step | undefined {
  const points = pointsOf(capacityLikesPerS, order.profile);
  const done = own.filter(({ capacity }) => capacity?.point !== undefined).length;
  if (done >= points.length * (order.repeats ?? 1)) return undefined;
  const { likesPerS, pace } = points[done % points.length]!;
  return pacedStep(order, {
    rate: { likesPerS },
    pace,
    capacity: {
      objectiveMs: order.objectiveMs,
      point: { capacityLikesPerS, share: likesPerS / capacityLikesPerS },
    },
  });
}

function pointsOf(capacityLikesPerS: number, profile: Profile) {
  const shares = SHARES[profile].map((share) => ({
    likesPerS: Math.max(1, Math.round(capacityLikesPerS * share)),
    pace: `${Math.round(share * 100)} % of capacity`,
  }));
  const common = COMMON_LIKES_PER_S[profile]
    .filter((likesPerS) => likesPerS <= capacityLikesPerS * SHARE_MAX)
    .map((likesPerS) => ({ likesPerS, pace: `${formatNumber(likesPerS, 0)}/s` }));
  return [...shares, ...common];
}

export const capacityCurve: Experiment = {
  name: 'capacity-curve',
  question: 'How many likes a second does each queue take while 99 % of them are visible in time?',
  // The search itself is a dozen trials; who wants intervals for its points asks for --repeats.
  repeats: 1,
  steps(order) {
    const objectiveMs = order.objectiveMs ?? OBJECTIVE_MS_DEFAULT;
    const reason = `the start: ${START_SHARE * 100} % of its own maximum`;
    return [
      pacedStep(order, {
        rate: { shareOfMaximum: START_SHARE },
        pace: `${START_SHARE * 100} % of own maximum, a step of the search`,
        capacity: { objectiveMs, probe: { step: 1, reason } },
      }),
    ];
  },
  next,
  shows: ({ capacity }) => capacity !== undefined,
  tables: (results) => capacityTables(results, foundBySearch),
  rowKey: (result) => [brokerOf(result), result.tier, result.plan.pace ?? 'closed loop'],
  rowHeads: [BROKER_HEAD, TIER_HEAD, OFFERED_HEAD],
  columns: [...SEARCH_COLUMNS, ...CURVE_COLUMNS],
};
