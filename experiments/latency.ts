/** How long after it is due is a like visible in the count, at a rate that the queue can take? */
import {
  BROKER_HEAD,
  brokerOf,
  CPU,
  DOUBLE_EFFECTS,
  LOST,
  TIER_HEAD,
  VERDICT,
} from '../lab/common-columns.ts';
import type { Column, Experiment, Profile, Step } from '../lab/experiment.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { twinInFull } from './twins.ts';

/** The same for every broker, so that rows can be compared; left out where they are too much. */
const COMMON_LIKES_PER_S: Readonly<Record<Profile, readonly number[]>> = {
  smoke: [100],
  quick: [100, 2_000],
  // The whole curve is capacity-curve's question; these are repeated six to nine times.
  full: [100, 500, 2_000],
};

/** Of each broker's own maximum, so that rows show how it bears its load. */
const SHARES_OF_MAXIMUM: Readonly<Record<Profile, readonly number[]>> = {
  smoke: [],
  quick: [0.5],
  full: [0.5],
};

const WARM_UP_S: Readonly<Record<Profile, number>> = { smoke: 0.5, quick: 1, full: 1 };
/** At 100 likes/s a 99th percentile needs 3 s for its 300 samples. */
const MEASURE_S: Readonly<Record<Profile, number>> = { smoke: 3.2, quick: 4, full: 4 };

type LatencyName = Exclude<keyof NonNullable<TrialResult['latencies']>, 'likesDue'>;

function milliseconds(
  head: string,
  meaning: string,
  name: LatencyName,
  field: 'p50Us' | 'p99Us' | 'p999Us' | 'maxUs' | 'meanUs',
): Column {
  return {
    head,
    meaning,
    digits: 1,
    value: ({ latencies }) => {
      const us = latencies?.[name][field];
      return us === undefined ? undefined : us / 1000;
    },
  };
}

export const latency: Experiment = {
  name: 'latency',
  question: 'How long after it is due is a like visible in the count, below saturation?',
  steps({ profile }) {
    const paced = { mode: 'paced' as const, warmUpS: WARM_UP_S[profile], likes: 0 };
    const step = (rate: NonNullable<Step['rate']>): Step => {
      return { ...paced, rate, measureS: MEASURE_S[profile] };
    };
    return [
      ...COMMON_LIKES_PER_S[profile].map((likesPerS) => step({ likesPerS })),
      ...SHARES_OF_MAXIMUM[profile].map((shareOfMaximum) => step({ shareOfMaximum })),
    ];
  },
  stopsWhenDecided: true,
  twins: twinInFull,
  shows: ({ plan }) => plan.mode === 'paced',
  rowKey: (result) => [brokerOf(result), result.tier, result.plan.pace ?? 'closed loop'],
  rowHeads: [
    BROKER_HEAD,
    TIER_HEAD,
    {
      head: 'offered',
      meaning:
        'Open loop: likes due per second, whatever the system does; a common rate, or a share of ' +
        'the own maximum of the broker in the same run: what it sustained, or, where only ' +
        'published and counted rates are known, the rate of both ways one after the other.',
    },
  ],
  columns: [
    VERDICT,
    milliseconds('p50 ms', 'Due to visible: the median.', 'dueToVisible', 'p50Us'),
    milliseconds('p99 ms', 'Due to visible: 99 % are faster.', 'dueToVisible', 'p99Us'),
    milliseconds(
      'p99.9 ms',
      'Due to visible: 99.9 % are faster; only from 10,000 samples up.',
      'dueToVisible',
      'p999Us',
    ),
    milliseconds('max ms', 'Due to visible: the slowest like.', 'dueToVisible', 'maxUs'),
    {
      head: 'samples',
      meaning: 'Likes due after the warm-up; every one of them is in the percentiles.',
      value: ({ latencies }) => latencies?.dueToVisible.samples,
    },
    milliseconds(
      'due→sent mean ms',
      'Waiting for the producer, part of due to visible. The three means add up to its mean.',
      'dueToSent',
      'meanUs',
    ),
    milliseconds(
      'sent→delivered mean ms',
      'From the call of send to the call of the handler.',
      'sentToDelivered',
      'meanUs',
    ),
    milliseconds(
      'delivered→visible mean ms',
      'From the handler to the commit of the shard.',
      'deliveredToVisible',
      'meanUs',
    ),
    milliseconds(
      'sent→acknowledged p99 ms',
      'What the sender waits; a delivery may come before it.',
      'sentToAcknowledged',
      'p99Us',
    ),
    {
      head: 'confirmed visible',
      meaning:
        'Likes of a few posts (1 %) that a reader in a process of its own saw in the count. One ' +
        'that a read lacks after its commit, or shows before its delivery, strikes the row out.',
      value: ({ visible }) => visible?.confirmed,
      isFinding: true,
    },
    {
      head: 'seen after record p99 ms',
      meaning:
        'From the recorded time of the commit to the end of the first read that showed the like; ' +
        'the reader looks every 20 ms.',
      digits: 1,
      value: ({ visible }) => visible && visible.afterRecord.p99Us / 1000,
    },
    {
      head: 'change over trial %',
      meaning:
        'By how much the median latency rose (or fell, below 0) over the ten windows of the ' +
        'measured time, as a share of their median. Named below the table from 20 % on, when ' +
        'chance alone gives such an order in 1 of 100 trials.',
      value: ({ steady }) => {
        const share = steady?.[0]?.changeShare;
        return share === undefined ? undefined : 100 * share;
      },
    },
    ...CPU,
    LOST,
    DOUBLE_EFFECTS,
  ],
  firstScreen: ['broker', 'tier', 'offered', 'counts', 'p50 ms', 'p99 ms', 'max ms'],
};
