/** Columns that more than one table has, each defined once. */
import type { Column } from './experiment.ts';
import type { TrialResult } from './trial-result.ts';

export const BROKER_HEAD = {
  head: 'broker',
  meaning: 'One queueing system, used in one way; `null` only passes the same bytes on.',
};

export const TIER_HEAD = {
  head: 'tier',
  meaning:
    'What an acknowledgement is promised to survive: `memory` nothing, `kill` the death of the ' +
    'server process, `power` a power cut. Not tested by these trials.',
};

export const VERDICT: Column = {
  head: 'counts',
  meaning:
    'Judged like by like against what the broker promises: `pass`, `fail` (a promise was broken) ' +
    'or `unknown` (could not be judged).',
  value: (result) => result.verdict,
  isFinding: true,
};

export const LOST: Column = {
  head: 'lost',
  meaning: 'Likes that were acknowledged but never counted, out of all that were sent.',
  value: (result) => result.ledger?.lost,
  isFinding: true,
};

export const DOUBLE_EFFECTS: Column = {
  head: 'counted twice',
  meaning: 'Likes that changed a count more than once.',
  value: (result) => result.ledger?.doubleEffects,
  isFinding: true,
};

export const REDELIVERED: Column = {
  head: 'delivered again',
  meaning:
    'Deliveries beyond the first of a like. Clients send 0.5 % of the likes twice on purpose, so ' +
    'this is not 0 even when nothing goes wrong.',
  value: (result) => result.ledger?.redelivered,
  isFinding: true,
};

export const INVERSIONS: Column = {
  head: 'out of order',
  meaning: 'Likes first delivered after a later like of the same post from the same source.',
  value: (result) => result.ledger?.inversions,
  isFinding: true,
};

export const CPU: readonly Column[] = [
  {
    head: 'producer CPU µs/like',
    meaning:
      'With both sides at work: CPU time of the producer process from its start to its last ' +
      'answer, divided by the counted likes.',
    value: whileTogether((resources) => resources.producerCpuUsPerLike),
    digits: 1,
  },
  {
    head: 'consumer CPU µs/like',
    meaning:
      'The same of the consumer processes from their first batch to their last, the store that ' +
      'they count into included.',
    value: whileTogether((resources) => resources.consumerCpuUsPerLike),
    digits: 1,
  },
  {
    head: 'server CPU µs/like',
    meaning: 'The same of the server process, from the first send to the drained queue.',
    value: whileTogether((resources) => resources.serverCpuUsPerLike),
    digits: 1,
  },
];

/**
 * A figure of trials in which producers and consumers work side by side. Those that publish first
 * and count later are another experiment, and would only blur it.
 */
export function whileTogether(
  pick: (resources: NonNullable<TrialResult['resources']>) => number | undefined,
): Column['value'] {
  return ({ plan, resources }) =>
    plan.mode === 'publish-then-count' || !resources ? undefined : pick(resources);
}
