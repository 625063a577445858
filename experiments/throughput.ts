/** How many likes a second does each queue take, and how many are counted correctly? */
import {
  apart,
  BROKER_HEAD,
  brokerOf,
  CPU,
  CPU_WHOLE,
  DOUBLE_EFFECTS,
  INVERSIONS,
  LOST,
  REDELIVERED,
  TIER_HEAD,
  VERDICT,
} from '../lab/common-columns.ts';
import type { Experiment, Profile, Step } from '../lab/experiment.ts';
import { sizeOf } from './sizes.ts';
import { twinInFull } from './twins.ts';

const SIZES: Readonly<Record<Profile, { seconds: number; likesMost: number }>> = {
  smoke: { seconds: 1, likesMost: 20_000 },
  quick: { seconds: 6, likesMost: 500_000 },
  // Six to nine of these, of both kinds and every broker, take about ten minutes.
  full: { seconds: 4, likesMost: 300_000 },
};

export const throughput: Experiment = {
  name: 'throughput',
  question: 'How many likes a second does each queue take, and how many are counted correctly?',
  steps(order) {
    const likes = sizeOf(order, SIZES[order.profile]);
    const steps: Step[] = [{ mode: 'publish-then-count', likes }];
    return order.profile === 'full' ? [...steps, { mode: 'sustained', likes }] : steps;
  },
  stopsWhenDecided: true,
  twins: twinInFull,
  rowKey: (result) => [brokerOf(result), result.tier],
  rowHeads: [BROKER_HEAD, TIER_HEAD],
  columns: [
    VERDICT,
    {
      head: 'likes',
      meaning: 'Distinct likes of a trial: fewer for brokers that would take too long.',
      value: ({ workload }) => workload.likes,
      isFinding: true,
    },
    {
      head: 'published likes/s',
      meaning:
        'Closed loop, nobody consumes: likes acknowledged per second after the first tenth. ' +
        'Clients send 0.5 % of the likes twice; both sends count here.',
      value: ({ plan, rates }) =>
        plan.mode === 'publish-then-count' ? rates?.publishedLikesPerS : undefined,
    },
    {
      head: 'counted likes/s',
      meaning:
        'Nobody publishes: likes per second that reach the store from the full backlog, each ' +
        'exactly once, after the first tenth.',
      value: ({ rates }) => rates?.countedLikesPerS,
    },
    {
      head: 'sustained likes/s',
      meaning:
        'Both sides at work: likes per second from the first sent (after the first tenth) to the ' +
        'last counted. Profile `full` only.',
      value: ({ rates }) => rates?.sustainedLikesPerS,
    },
    apart(CPU_WHOLE),
    ...CPU.map(apart),
    apart({
      head: 'likes/transaction',
      meaning: 'Likes counted per transaction of a shard; more make cheaper commits.',
      value: ({ resources }) => resources?.likesPerStoreTransaction,
    }),
    {
      head: 'queue MB on disk',
      meaning: "The most that the server's data folder grew during the trial, in 10^6 bytes.",
      value: ({ plan, resources }) =>
        plan.mode === 'publish-then-count' && resources?.serverDiskBytesMax !== undefined
          ? resources.serverDiskBytesMax / 1e6
          : undefined,
    },
    LOST,
    DOUBLE_EFFECTS,
    REDELIVERED,
    INVERSIONS,
  ],
  firstScreen: [
    'broker',
    'tier',
    'counts',
    'likes',
    'published likes/s',
    'counted likes/s',
    'lost',
    'counted twice',
    'CPU µs/like',
  ],
};
