/** How much latency does the lab itself add, and does its clock agree with theory? */
import { LOST, VERDICT } from '../lab/common-columns.ts';
import type { Column, Experiment, Profile, Step, StepOrder } from '../lab/experiment.ts';
import { type Table, tableOf } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { agreementColumns } from './calibration-agreement.ts';
import { isCeiling } from './sizes.ts';

const LOADS = [0.1, 0.3, 0.5, 0.6, 0.7, 0.9];
const LIKES_PER_S = [100, 1_000, 5_000];
const DISTRIBUTIONS = ['fixed', 'exponential'] as const;
const SERVICE_MS = [1, 5] as const;

/**
 * Seconds that are measured, by profile and by service. Loads from 0.5 to 0.7 are compared with the
 * long run, from which a run differs by chance, the less the longer it is: 48,000 likes bring the
 * standard error of the mean at load 0.7 down to 2.5 % with exponential services, and to half of
 * that with fixed ones.
 */
const LONG_RUN_S: Readonly<Record<Profile, Readonly<Record<1 | 5, number>>>> = {
  smoke: { 1: 2, 5: 2 },
  quick: { 1: 10, 5: 5 },
  full: { 1: 90, 5: 300 },
};
const SHORT_S: Readonly<Record<Profile, number>> = { smoke: 1, quick: 2, full: 20 };
/** Without a service time. Its p99 differs from run to run by more than the rest does. */
const EMPTY_S: Readonly<Record<Profile, number>> = { smoke: 1, quick: 3, full: 10 };
const EMPTY_RUNS: Readonly<Record<Profile, number>> = { smoke: 1, quick: 1, full: 6 };

/** A process that has just started compiles its code: with 0.5 s the median latency fell by 1.5 ms
 * during the 3 s that were measured at 5,000 likes/s. */
const WARM_UP_S = 2;

/** A 99th percentile needs 300 samples; some of these are due in the warm-up by chance. */
const LIKES_LEAST = 320;

function emptyStep(likesPerS: number, measureS: number, seedAdded = 0): Step {
  return {
    ...{ mode: 'paced', likes: 0, rate: { likesPerS }, warmUpS: WARM_UP_S, measureS },
    ...{ arrivals: 'even', calibrates: true, seedAdded, likesMeasuredLeast: LIKES_LEAST },
  };
}

function serviceStep(
  distribution: (typeof DISTRIBUTIONS)[number],
  serviceMs: number,
  load: number,
  measureS: number,
): Step {
  return {
    ...{ mode: 'paced', likes: 0, rate: { likesPerS: (1_000 * load) / serviceMs } },
    ...{ warmUpS: WARM_UP_S, measureS, arrivals: 'poisson', calibrates: true },
    likesMeasuredLeast: LIKES_LEAST,
    service: { distribution, meanUs: serviceMs * 1_000 },
  };
}

function stepsOf({ profile }: StepOrder): Step[] {
  const runs = Array.from({ length: EMPTY_RUNS[profile] }, (_, run) => run);
  const empty = runs.flatMap((run) =>
    LIKES_PER_S.map((likesPerS) => emptyStep(likesPerS, EMPTY_S[profile], run)),
  );
  const served = DISTRIBUTIONS.flatMap((distribution) =>
    SERVICE_MS.flatMap((serviceMs) =>
      LOADS.map((load) => {
        const isLong = load >= 0.5 && load <= 0.7;
        const measureS = isLong ? LONG_RUN_S[profile][serviceMs] : SHORT_S[profile];
        return serviceStep(distribution, serviceMs, load, measureS);
      }),
    ),
  );
  if (profile !== 'smoke') return [...empty, ...served];
  return [emptyStep(1_000, EMPTY_S.smoke), serviceStep('fixed', 1, 0.5, LONG_RUN_S.smoke[1])];
}

function added(
  head: string,
  meaning: string,
  way: 'toDelivered' | 'toVisible',
  field: 'meanUs' | 'p50Us' | 'p99Us' | 'maxUs',
): Column {
  return {
    head,
    meaning,
    digits: 2,
    value: ({ addedLatency }) => addedLatency && addedLatency[way][field] / 1_000,
  };
}

const ADDED_COLUMNS: readonly Column[] = [
  VERDICT,
  {
    head: 'likes',
    meaning: 'Likes due after the warm-up; each is compared with its own prediction.',
    value: ({ addedLatency }) => addedLatency?.toVisible.samples,
  },
  added(
    'added to visible mean ms',
    'What the lab adds: from due to visible in the count, with the store and its commit, less ' +
      "what Lindley's recursion says of this like on the same arrivals and services.",
    'toVisible',
    'meanUs',
  ),
  added('added to visible p50 ms', 'The same: the median.', 'toVisible', 'p50Us'),
  added('added to visible p99 ms', 'The same: 99 % are less.', 'toVisible', 'p99Us'),
  added('added to visible max ms', 'The same: the largest.', 'toVisible', 'maxUs'),
  added(
    'added to delivered mean ms',
    'The same without the store: from due to the call of the handler. A like that comes while ' +
      'the store commits the ones before it waits for that, and the wait is in here.',
    'toDelivered',
    'meanUs',
  ),
  added('added to delivered p50 ms', 'The same: the median.', 'toDelivered', 'p50Us'),
  added('added to delivered p99 ms', 'The same: 99 % are less.', 'toDelivered', 'p99Us'),
  added('added to delivered max ms', 'The same: the largest.', 'toDelivered', 'maxUs'),
  LOST,
];

function serviceOf({ plan: { service } }: TrialResult): string {
  return service ? `${service.distribution}, ${service.meanUs / 1_000} ms` : 'none';
}

function offeredOf({ plan: { likesPerS = 0, service } }: TrialResult): string {
  const rate = `${likesPerS.toLocaleString('en-US')}/s`;
  if (service === undefined) return rate;
  return `load ${((likesPerS * service.meanUs) / 1e6).toFixed(1)}, ${rate}`;
}

export const calibration: Experiment = {
  name: 'calibration',
  question: 'How much latency does the lab itself add, and does it agree with queueing theory?',
  repeats: 1,
  // The lab measures itself on the one broker whose times it knows.
  brokers: ['null'],
  steps: (order) => (isCeiling(order) ? stepsOf(order) : []),
  shows: ({ addedLatency, plan }) => addedLatency !== undefined || plan.mode === 'paced',
  rowsStandAlone: true,
  rowKey: (result) => [serviceOf(result), offeredOf(result)],
  rowHeads: [
    {
      head: 'service',
      meaning:
        'How long `null` serves each like before it hands it on, first come first served: not at ' +
        'all, a fixed time, or an exponential one with that mean.',
    },
    {
      head: 'load and rate',
      meaning:
        'Likes due per second; evenly without a service, as Poisson arrivals with one. The load ' +
        'is the share of the time for which that server is busy.',
    },
  ],
  columns: [...ADDED_COLUMNS, ...agreementColumns([])],
  tables(results): readonly Table[] {
    const compared = results.filter(({ addedLatency }) => addedLatency?.queue?.longRun);
    const addedTable = tableOf({ ...calibration, columns: ADDED_COLUMNS }, results);
    if (compared.length === 0) return [addedTable];
    const title = 'Does the lab agree with the closed forms of M/D/1 and M/M/1?';
    const table = tableOf({ ...calibration, columns: agreementColumns(results) }, compared);
    return [addedTable, { ...table, title, notes: [] }];
  },
};

/** The part of it that runs along with all other experiments, so that every report has its line. */
export const briefCalibration: Experiment = {
  ...calibration,
  steps: (order) =>
    isCeiling(order) && order.profile !== 'smoke'
      ? [emptyStep(5_000, 2), serviceStep('exponential', 1, 0.5, 2)]
      : [],
};
