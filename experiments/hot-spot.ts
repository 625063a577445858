/**
 * What does one post that everybody likes do to itself and to its neighbours, and what cures it?
 *
 * Likes come at a fixed rate; in the middle third one post takes half of them, or nine tenths. Each
 * like is a store transaction of its own, and each shard admits a stated number of them a second (a
 * modelled limit: on one machine all shards share cores and disk). The rates are chosen so that a
 * shard carries its part of all other posts easily, half of the load alone just so, half of it and
 * its other posts not any more, and nine tenths never. A trial with the profile `quick` loads for
 * 45 s; the twelve of them take about 12 minutes a broker.
 */
import { BROKER_HEAD, brokerOf, TIER_HEAD } from '../lab/common-columns.ts';
import type { Experiment, Profile, Step } from '../lab/experiment.ts';
import type { HotCure, HotSpotPlan } from '../lab/hot-spot-plan.ts';
import { explainHotSpot } from './hot-spot-answers.ts';
import {
  CURE_HEAD,
  cureOf,
  HOT_COLUMNS,
  hotTables,
  SHARE_HEAD,
  shareOf,
} from './hot-spot-tables.ts';

const LIKES_PER_S = 360;
const TRANSACTIONS_PER_S_MAX = 200;
/** The flash is the middle third, and its second half is what is measured. */
const LOAD_S: Readonly<Record<Profile, number>> = { smoke: 18, quick: 45, full: 60 };
const CONSUMERS = 2;
const SHARES = [0.5, 0.9];
const CURES: readonly (readonly HotCure[])[] = [
  [],
  ['isolate'],
  ['split'],
  ['coalesce'],
  ['isolate', 'split', 'coalesce'],
];

/** One update a like, as a service that is given likes one by one writes them. */
const WRITING = { likesPerTransaction: 1, transactionsAtOnce: 8 };
const SHARDING = {
  routing: { name: 'slots' },
  transactionsPerSMax: TRANSACTIONS_PER_S_MAX,
  spareShards: 1,
};

function stepOf(profile: Profile, step: Partial<Step> & { readonly hotSpot: HotSpotPlan }): Step {
  return {
    mode: 'hot-spot',
    likes: 0,
    rate: { likesPerS: LIKES_PER_S },
    measureS: LOAD_S[profile],
    consumers: CONSUMERS,
    store: { engine: 'postgres', rule: 'tally' },
    workload: 'flash',
    sharding: SHARDING,
    ...step,
  };
}

export const hotSpot: Experiment = {
  name: 'hot-spot',
  tallyOnly:
    'hot-spot moves and splits posts while they are counted, and what it moves are marks and ' +
    'sums; throughput with --workload flash loads one post under states, or use --rule tally',
  question:
    'What does a post that everybody likes do to itself and to its neighbours, and what cures it?',
  brokers: ['redis-streams'],
  // Trials of a minute each: who wants intervals asks for --repeats.
  repeats: 1,
  steps({ profile }) {
    const struck = SHARES.flatMap((flashShare) =>
      CURES.map((cures) =>
        stepOf(profile, {
          made: { flashShare },
          hotSpot: {
            ...{ ...WRITING, cures },
            calculatesDetection: cures.length === 0 && flashShare === SHARES[0],
          },
        }),
      ),
    );
    // Nothing is hot here, so nothing may be found, and nothing moved.
    const calm = (['zipf', 'trending'] as const).map((workload) =>
      stepOf(profile, {
        workload,
        hotSpot: { ...WRITING, cures: CURES.at(-1)!, calculatesDetection: true },
      }),
    );
    return [...struck, ...calm];
  },
  shows: ({ hotSpot: facts }) => facts !== undefined,
  tables: hotTables,
  explanation: explainHotSpot,
  rowKey: (result) => [brokerOf(result), result.tier, shareOf(result), cureOf(result)],
  rowHeads: [BROKER_HEAD, TIER_HEAD, SHARE_HEAD, CURE_HEAD],
  columns: HOT_COLUMNS,
};
