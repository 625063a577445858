/**
 * How evenly does each way of sharding spread the likes, and what does an uneven one cost?
 *
 * First by calculation, which needs no queue (on `null`): the likes of seven workloads, counted as
 * they would fall on 2 to 64 shards. Then by real trials with a limit that models shards which are
 * servers of their own. Nearly all of a trial is waiting for that limit: in the profile `quick` the
 * whole takes about two minutes, and in `full` half an hour for each broker and six repeats. The
 * user's number of shards is left out, since the shards are the question.
 */

import {
  BROKER_HEAD,
  brokerOf,
  DOUBLE_EFFECTS,
  LOST,
  TIER_HEAD,
  VERDICT,
} from '../lab/common-columns.ts';
import type { Column, Experiment, Profile, Step, StepOrder } from '../lab/experiment.ts';
import { describeLimit } from '../lab/sharding-plan.ts';
import { type Table, tableOf } from '../lab/table.ts';
import { POSTS_DEFAULT } from '../likes/workloads/workload.ts';
import { postsAtStart } from '../likes/workloads/zipf.ts';
import {
  LOAD_COLUMNS,
  loadTables,
  MOVE_COLUMNS,
  moveTables,
  streamIn,
} from './sharding-calculated.ts';
import { claimsTable } from './sharding-claims.ts';
import { isCeiling } from './sizes.ts';

/** The skews of the reference, from mild to strong; real likes; one post and new posts hot. */
const STREAMS: readonly Pick<Step, 'workload' | 'made'>[] = [
  { workload: 'zipf', made: { exponent: 0.6, authors: true } },
  { workload: 'zipf', made: { exponent: 0.8, authors: true } },
  { workload: 'zipf', made: { exponent: 0.99, authors: true } },
  { workload: 'zipf', made: { exponent: 1.2, authors: true } },
  { workload: 'flash', made: { authors: true } },
  { workload: 'newest' },
  { workload: 'trending' },
];

const CALCULATED_LIKES: Readonly<Record<Profile, number>> = {
  smoke: 50_000,
  quick: 1_000_000,
  full: 10_000_000,
};

/**
 * What a shard admits, as if it were a server of its own. Small transactions, since a batch of any
 * size would else be one transaction of each shard, and no shard would have more work than another.
 */
const LIMIT = { transactionsPerSMax: 100, likesPerTransactionMax: 50 };
const LIKES_PER_S_OF_SHARD = LIMIT.transactionsPerSMax * LIMIT.likesPerTransactionMax;

const SHARDS: Readonly<Record<Profile, readonly number[]>> = {
  smoke: [2],
  quick: [4],
  full: [2, 4, 8],
};
/** So long an even spread would take for the likes of a closed loop. */
const CLOSED_S: Readonly<Record<Profile, number>> = { smoke: 0.5, quick: 5, full: 5 };
const MEASURE_S: Readonly<Record<Profile, number>> = { smoke: 1, quick: 4, full: 5 };
const WARM_UP_S = 1;
/**
 * Each lane has a batch in hand, of up to 7,500 likes on Kafka. Where one shard has nearly all of
 * them, so many batches have to be stored within a consumer's session of 10 s: two take 3 s.
 */
const LANES = 2;
/** Of what all shards admit together; where one has more than its part, its own share is larger. */
const PACED_SHARE = 0.3;
/** Nor more than this part of what a queue bears by itself: else that would be the limit. */
const QUEUE_SHARE_MAX = 1 / 3;

/**
 * New posts hot, and few posts hot: the one is what ranges dread, the other what a hash does. Both
 * are alike from beginning to end, as `flash` is not, whose rate would be an average of two.
 */
const CASES: readonly (Pick<Step, 'workload' | 'made'> & { readonly routings: string[] })[] = [
  { workload: 'newest', routings: ['letters', 'ids', 'slots'] },
  { workload: 'zipf', made: { exponent: 1.2, authors: true }, routings: ['letters', 'slots'] },
];

function calculations({ profile, likes }: StepOrder): Step[] {
  const size = typeof likes === 'number' ? likes : CALCULATED_LIKES[profile];
  return STREAMS.map((stream) => ({ mode: 'calculation', likes: size, once: true, ...stream }));
}

function trials({ profile, likes, contender }: StepOrder): Step[] {
  return SHARDS[profile].flatMap((shards) =>
    CASES.flatMap(({ routings, ...stream }) =>
      routings.flatMap((name): Step[] => {
        const idsSeen = name === 'ids' ? { idsSeen: postsAtStart(POSTS_DEFAULT) } : {};
        const sharding = { routing: { name, ...idsSeen }, ...LIMIT };
        const setting = { shards, sharding, lanes: LANES, ...stream };
        // One shard has nearly all of a range of new ids, and does not get faster by the others.
        const atWork = name === 'ids' ? 2 : shards;
        const closed = Math.round(atWork * LIKES_PER_S_OF_SHARD * CLOSED_S[profile]);
        const limited = shards * LIKES_PER_S_OF_SHARD * PACED_SHARE;
        const bearable = contender.likesPerSRough * QUEUE_SHARE_MAX;
        const likesPerS = Math.max(1, Math.floor(Math.min(limited, bearable)));
        return [
          { mode: 'sustained', likes: likes ?? closed, ...setting },
          {
            ...{ mode: 'paced', likes: 0, rate: { likesPerS }, ...setting },
            ...{ warmUpS: WARM_UP_S, measureS: MEASURE_S[profile] },
          },
        ];
      }),
    ),
  );
}

function milliseconds(head: string, of: 'hottestLatency' | 'othersLatency', which: string): Column {
  return {
    head,
    meaning:
      `Open loop at ${PACED_SHARE * 100} % of what all shards admit: 99 % of the likes ${which} ` +
      'are visible sooner after they are due.',
    digits: 1,
    value: ({ shardLoads }) => {
      const us = shardLoads?.[of]?.p99Us;
      return us === undefined ? undefined : us / 1_000;
    },
  };
}

const TRIAL_COLUMNS: readonly Column[] = [
  VERDICT,
  {
    head: 'modelled limit',
    meaning:
      'Transactions a second that each shard admits, and likes of each at most: a bucket of ' +
      'tokens in the shard, over all processes. On one machine all shards share cores and ' +
      'disk; without it an uneven spread would cost nothing here.',
    value: ({ plan }) => describeLimit(plan.sharding),
    isFinding: true,
  },
  {
    head: 'likes/s',
    meaning: 'Closed loop, producer and consumers at work together: likes counted per second.',
    value: ({ rates, plan }) => (plan.mode === 'sustained' ? rates?.sustainedLikesPerS : undefined),
  },
  milliseconds('p99 ms, hottest shard', 'hottestLatency', 'of the shard that counts most'),
  milliseconds('p99 ms, others', 'othersLatency', 'of all other shards'),
  {
    head: 'likes, largest / mean',
    meaning: 'Likes of the shard that counted most over the mean of all shards.',
    digits: 2,
    value: ({ shardLoads }) => shardLoads?.likesRatio,
    isFinding: true,
  },
  {
    head: 'transactions, largest / mean',
    meaning: 'The same of transactions. A large batch fills them, a small one does not.',
    digits: 2,
    value: ({ shardLoads }) => shardLoads?.transactionsRatio,
    isFinding: true,
  },
  LOST,
  DOUBLE_EFFECTS,
];

const REAL_TITLE = 'What an uneven spread costs, under a modelled limit';

export const sharding: Experiment = {
  name: 'sharding',
  question: 'How evenly does each way of sharding spread the likes, and what does that cost?',
  brokers: ['null', 'kafka'],
  steps: (order) => (isCeiling(order) ? calculations(order) : trials(order)),
  shows: ({ calculatedLoads, plan }) =>
    calculatedLoads !== undefined || plan.sharding !== undefined,
  rowsStandAlone: true,
  rowKey: (result) => [
    brokerOf(result),
    result.tier,
    streamIn(result),
    String(result.plan.shards),
    result.plan.sharding?.routing.name ?? 'all',
  ],
  rowHeads: [
    BROKER_HEAD,
    TIER_HEAD,
    {
      head: 'workload',
      meaning:
        'Which posts are liked: `zipf` with its exponent, a flash post that takes half of all ' +
        'likes in the middle third, the newest posts, or real likes. In all but `trending`, ids ' +
        'begin with real surnames and end with a number that rises with time.',
    },
    { head: 'shards', meaning: 'Shards of the store.' },
    {
      head: 'routing',
      meaning:
        'How a post finds its shard: ranges of first letters, ranges of ids (cut when the ' +
        'workload began), a hash modulo the shards, jump or rendezvous hashing, or 4,096 slots ' +
        'by hash, which is what stores here have.',
    },
  ],
  columns: [...TRIAL_COLUMNS, ...LOAD_COLUMNS, ...MOVE_COLUMNS],
  tables(results): readonly Table[] {
    const real = results.filter(({ plan }) => plan.sharding !== undefined);
    const table = tableOf({ ...sharding, columns: TRIAL_COLUMNS }, real);
    const all = [
      claimsTable(results),
      ...loadTables(results),
      ...moveTables(results),
      { ...table, title: REAL_TITLE },
    ];
    return all.filter(({ rows }) => rows.length > 0);
  },
};
