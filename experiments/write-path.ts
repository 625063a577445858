/**
 * Where does a like spend its time, from the press to the count?
 *
 * Requests come at a fixed rate, from due. Of every so many one is traced, through the queue by the
 * headers of its message. Each hop's times come from spans; how many likes were in it comes from
 * counts that the processes keep of all likes, so Little's law can fail, and then strikes the
 * numbers out. A trial with the profile `quick` loads for 12 s.
 */
import { BROKER_HEAD, brokerOf, LOST, TIER_HEAD, VERDICT } from '../lab/common-columns.ts';
import type { Column, Experiment, Profile, Step, StepOrder } from '../lab/experiment.ts';
import { DIRECT } from '../lab/path-plan.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { explainHops } from './write-path-answers.ts';
import { hopsTables, OFFERED_HEAD, slowestHopOf } from './write-path-tables.ts';

/** The first is for all of them: at 200/s, with a send for each like, ElasticMQ has no core left.
 * All likes are traced at the one, every tenth at the other: spans cost the cores as well. */
const RATES = [
  { likesPerS: 100, every: 1 },
  { likesPerS: 2_000, every: 10 },
] as const;
/** What a broker is known to take at least, as a multiple of what it is offered. */
const ROUGH_ROOM = 4;

const WARM_UP_S: Readonly<Record<Profile, number>> = { smoke: 1, quick: 2, full: 2 };
const MEASURE_S: Readonly<Record<Profile, number>> = { smoke: 3.2, quick: 10, full: 10 };

/** For comparison: the gateway writes each like into the database itself. It sizes nothing. */
const DIRECTLY = { broker: DIRECT, tier: 'power', likesPerSRough: 1_000 } as const;

function stepsFor({ profile, contender }: StepOrder): Step[] {
  const isDirect = contender.broker === DIRECT;
  const fitting = RATES.filter(
    ({ likesPerS }, place) => place === 0 || likesPerS * ROUGH_ROOM <= contender.likesPerSRough,
  );
  return (profile === 'smoke' ? fitting.slice(0, 1) : fitting).map(({ likesPerS, every }) => ({
    mode: 'path',
    likes: 0,
    rate: { likesPerS },
    warmUpS: WARM_UP_S[profile],
    measureS: MEASURE_S[profile],
    workload: 'zipf',
    store: { engine: 'postgres', rule: 'states' },
    path: {
      ...(isDirect
        ? { kind: 'direct', rule: 'states' }
        : { kind: 'queued', rule: 'states', updates: 'coalesced' }),
      gateways: 1,
      traces: { every },
    },
  }));
}

function wholeMs(head: string, meaning: string, field: 'p50Us' | 'p99Us'): Column {
  return {
    ...{ head, meaning, digits: 1 },
    value: ({ writePath }) => writePath && writePath.whole[field] / 1_000,
  };
}

export const writePath: Experiment = {
  name: 'write-path',
  question: 'Where does a like spend its time, from the press to the count?',
  brokers: ['kafka', 'redis-streams', 'bullmq', 'sqs'],
  besides: [DIRECTLY],
  // The hops of a trial are told by hundreds of likes; who wants intervals asks for --repeats.
  repeats: 1,
  steps: stepsFor,
  shows: ({ plan }) => plan.path?.traces !== undefined,
  tables: hopsTables,
  explanation: explainHops,
  rowsStandAlone: true,
  rowKey: (result) => [brokerOf(result), result.tier, result.plan.pace ?? ''],
  rowHeads: [BROKER_HEAD, TIER_HEAD, OFFERED_HEAD],
  columns: [
    VERDICT,
    wholeMs(
      'due to visible p50 ms',
      'Of the traced likes: the median of their whole way.',
      'p50Us',
    ),
    wholeMs('due to visible p99 ms', 'The same, 99 % are faster.', 'p99Us'),
    {
      head: 'slowest hop',
      meaning: 'The hop that most of the mean time of a like goes into.',
      value: (result: TrialResult) => slowestHopOf(result)?.name,
    },
    {
      head: 'traced',
      meaning: 'Likes of the measured time that were traced from end to end.',
      value: ({ writePath: found }) => found?.samples,
    },
    {
      head: 'client late p99 ms',
      meaning: 'How late the client itself sent; it is in the hop to the gateway.',
      value: ({ path }) => path && path.generatorLagUsP99 / 1_000,
      digits: 1,
    },
    {
      head: 'not accepted',
      meaning: 'Requests that were answered anything but 202.',
      value: ({ path }) => path && path.requests.offered - path.requests.accepted,
      isFinding: true,
    },
    LOST,
  ],
};
