/** What do more consumers and more lanes bring? */
import {
  BROKER_HEAD,
  brokerOf,
  CPU_WHOLE,
  DOUBLE_EFFECTS,
  LOST,
  TIER_HEAD,
  VERDICT,
} from '../lab/common-columns.ts';
import type { Experiment, Profile } from '../lab/experiment.ts';
import { sizeOf } from './sizes.ts';

const SIZES: Readonly<Record<Profile, { seconds: number; likesMost: number }>> = {
  smoke: { seconds: 1, likesMost: 20_000 },
  quick: { seconds: 3, likesMost: 300_000 },
  full: { seconds: 3, likesMost: 300_000 },
};

/** Consumers by lanes. One lane with several consumers shows who shares a lane. */
const GRID: readonly (readonly [consumers: number, lanes: number])[] = [
  [1, 1],
  [2, 1],
  [1, 4],
  [2, 4],
  [4, 4],
  [4, 8],
];

export const scaling: Experiment = {
  name: 'scaling',
  question: 'What do more consumers and more lanes bring?',
  // A range of settings, not of brokers: who wants intervals asks for --repeats.
  repeats: 1,
  steps(order) {
    const likes = sizeOf(order, SIZES[order.profile]);
    return GRID.map(([consumers, lanes]) => {
      return { mode: 'publish-then-count', likes, consumers, lanes };
    });
  },
  rowKey: (result) => [
    brokerOf(result),
    result.tier,
    String(result.plan.consumers),
    String(result.plan.lanes),
  ],
  rowHeads: [
    BROKER_HEAD,
    TIER_HEAD,
    { head: 'consumers', meaning: 'Counting processes side by side.' },
    { head: 'lanes', meaning: 'Lanes of the queue; systems without lanes ignore the number.' },
  ],
  columns: [
    VERDICT,
    {
      head: 'published likes/s',
      meaning: 'Closed loop, nobody consumes: likes acknowledged per second.',
      value: ({ rates }) => rates?.publishedLikesPerS,
    },
    {
      head: 'counted likes/s',
      meaning: 'Nobody publishes: likes per second that reach the store from the full backlog.',
      value: ({ rates }) => rates?.countedLikesPerS,
    },
    CPU_WHOLE,
    LOST,
    DOUBLE_EFFECTS,
  ],
};
