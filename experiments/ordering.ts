/** In which order do the likes of a post arrive, and what does disorder cost? */
import {
  BROKER_HEAD,
  brokerOf,
  DOUBLE_EFFECTS,
  LOST,
  ORDER_PROMISE,
  TIER_HEAD,
  VERDICT,
} from '../lab/common-columns.ts';
import type { Column, Experiment, Profile } from '../lab/experiment.ts';
import type { States } from '../lab/measure-states.ts';
import { isCeiling, sizeOf } from './sizes.ts';

const SIZES: Readonly<Record<Profile, { seconds: number; likesMost: number }>> = {
  smoke: { seconds: 1, likesMost: 10_000 },
  quick: { seconds: 3, likesMost: 100_000 },
  full: { seconds: 3, likesMost: 100_000 },
};

/** Beside one consumer: several, since most systems give up their order only then. */
const CONSUMERS_SEVERAL: Readonly<Record<Profile, readonly number[]>> = {
  smoke: [2],
  quick: [1, 2],
  full: [1, 2],
};

function wrongStates(head: string, meaning: string, field: keyof States): Column {
  return { head, meaning, value: ({ states }) => states?.[field], isFinding: true };
}

export const ordering: Experiment = {
  name: 'ordering',
  question: 'In which order do the likes of a post arrive, and what does disorder cost?',
  steps(order) {
    if (isCeiling(order)) return [];
    const likes = sizeOf(order, SIZES[order.profile]);
    return CONSUMERS_SEVERAL[order.profile].map((consumers) => {
      return { mode: 'sustained', likes, workload: 'toggles', consumers, checksStates: true };
    });
  },
  rowKey: (result) => [brokerOf(result), result.tier, String(result.plan.consumers)],
  rowHeads: [
    BROKER_HEAD,
    TIER_HEAD,
    { head: 'consumers', meaning: 'Counting processes side by side.' },
  ],
  columns: [
    ORDER_PROMISE,
    VERDICT,
    {
      head: 'likes',
      meaning: 'Distinct likes of the trial.',
      value: ({ workload }) => workload.likes,
      isFinding: true,
    },
    {
      head: 'inversions per million',
      meaning:
        'Likes that were first delivered after a later like of the same post from the same ' +
        'source, per million counted. Where no order is promised, how many depends on what the ' +
        'clients do side by side: requests in flight, pollers, jobs at a time.',
      value: ({ ledger }) =>
        ledger && ledger.counted > 0 ? (ledger.inversions * 1e6) / ledger.counted : undefined,
      isFinding: true,
    },
    {
      head: 'largest displacement',
      meaning: 'The most likes by which one of them was behind, counted over all posts.',
      value: ({ ledger }) => ledger?.inversionSeqsMax,
      isFinding: true,
    },
    wrongStates(
      'states',
      'Distinct (user, post): each ends as liked or not liked, by its last press.',
      'states',
    ),
    wrongStates(
      'wrong by last arrival',
      'States that end wrong in a store that takes whatever arrives last, likes that come again ' +
        'included: clients send 0.5 % of the likes twice.',
      'wrongByArrival',
    ),
    wrongStates(
      'wrong by first arrivals',
      'The same in a store that ignores a like that it has seen: what the order alone does.',
      'wrongByFirstArrival',
    ),
    wrongStates(
      'wrong by version',
      'States that end wrong in a store that keeps the action with the larger version. All three ' +
        'are reckoned by replaying the deliveries that were recorded.',
      'wrongByVersion',
    ),
    LOST,
    DOUBLE_EFFECTS,
  ],
  firstScreen: [
    'broker',
    'tier',
    'consumers',
    'promised order',
    'counts',
    'inversions per million',
    'largest displacement',
    'wrong by first arrivals',
    'wrong by version',
  ],
};
