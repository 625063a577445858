/** How many likes a second does each queue take, and how many are counted correctly? */
import {
  BROKER_HEAD,
  CPU,
  DOUBLE_EFFECTS,
  INVERSIONS,
  LOST,
  REDELIVERED,
  TIER_HEAD,
  VERDICT,
  whileTogether,
} from '../lab/common-columns.ts';
import type { Experiment, Profile } from '../lab/experiment.ts';

/** Distinct likes of a trial, where the user does not say. */
const LIKES: Readonly<Record<Profile, number>> = {
  smoke: 20_000,
  quick: 500_000,
  full: 2_000_000,
};

export const throughput: Experiment = {
  name: 'throughput',
  question: 'How many likes a second does each queue take, and how many are counted correctly?',
  steps: (profile, likes = LIKES[profile]) => [
    { mode: 'publish-then-count', likes },
    { mode: 'sustained', likes },
  ],
  rowKey: ({ broker, tier }) => [broker, tier],
  rowHeads: [BROKER_HEAD, TIER_HEAD],
  columns: [
    VERDICT,
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
        'last counted.',
      value: ({ rates }) => rates?.sustainedLikesPerS,
    },
    ...CPU,
    {
      head: 'likes/transaction',
      meaning:
        'With both sides at work: likes counted per transaction of a shard; more make cheaper ' +
        'commits.',
      value: whileTogether((resources) => resources.likesPerStoreTransaction),
    },
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
};
