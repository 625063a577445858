/** Columns that more than one table has, each defined once. */
import { cpuUsPerLike } from './cpu-per-like.ts';
import type { Column } from './experiment.ts';
import { describeStore } from './store-plan.ts';
import type { TrialResult } from './trial-result.ts';

export const BROKER_HEAD = {
  head: 'broker',
  meaning: 'One queueing system, used in one way; `null` only passes the same bytes on.',
};

/**
 * The broker, in brackets the server where that stands in for what it is named after, the store
 * where it is another than usual, and the file of a user's own consumer.
 */
export function brokerOf({ broker, promises, server, consumer, plan }: TrialResult): string {
  const emulator = promises?.emulates === undefined ? '' : ` (${server?.title ?? 'emulator'})`;
  const store = describeStore(plan.store);
  const into = store === undefined ? '' : ` → ${store}`;
  return `${broker}${emulator}${into}${consumer === undefined ? '' : ` with ${consumer.file}`}`;
}

/** What ends the promised order, in a word each. */
export function orderEndsWith(promises: NonNullable<TrialResult['promises']>): string[] {
  return [
    ...(promises.orderEndsWithServer ? ['restart'] : []),
    ...(promises.orderEndsWithLoss ? ['loss'] : []),
  ];
}

export const ORDER_PROMISE: Column = {
  head: 'promised order',
  meaning:
    'What the broker promises of the order in which the likes of one post arrive. `until ' +
    'restart`: a restart of the server ends it, so inversions after one are a finding; `until ' +
    'loss`: the same of a fault that takes acknowledged likes along.',
  value: ({ promises }) =>
    promises &&
    [promises.order, ...orderEndsWith(promises).map((end) => `until ${end}`)].join(', '),
  isFinding: true,
};

const SURVIVAL: Readonly<Record<TrialResult['tier'], string>> = {
  memory: 'nothing',
  everysec: 'all but 2 s',
  kill: 'survives',
  power: 'survives',
};

export const SURVIVAL_PROMISE: Column = {
  head: 'promised',
  meaning:
    'What is promised of acknowledged likes after a SIGKILL of the server: that each survives, ' +
    'nothing, or (`everysec`) that at most the last 2 s are lost, where an fsync was late.',
  value: ({ tier }) => SURVIVAL[tier],
  isFinding: true,
};

/** Everything that a like costs on its whole way, whichever process it is spent in. */
export const CPU_WHOLE: Column = {
  head: 'CPU µs/like',
  meaning:
    'CPU time of producer, consumers (with the store), server and, where the store has one, its ' +
    'server together, divided by the counted likes.',
  value: cpuUsPerLike,
  digits: 1,
};

export const TIER_HEAD = {
  head: 'tier',
  meaning:
    'What an acknowledgement is promised to survive: `memory` nothing, `kill` the death of the ' +
    'server process, `everysec` the same unless an fsync is late just then, `power` a power cut ' +
    '(not tested here: SIGKILL cannot show it).',
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

/** Of every trial; `together` or `apart` says which trials of a table it is taken from. */
export const CPU: readonly Column[] = [
  {
    head: 'producer CPU µs/like',
    meaning:
      'CPU time of the producer process from its start to its last answer, divided by the ' +
      'counted likes.',
    value: ({ resources }) => resources?.producerCpuUsPerLike,
    digits: 1,
  },
  {
    head: 'consumer CPU µs/like',
    meaning:
      'The same of the consumer processes from their first batch to their last, the store that ' +
      'they count into included.',
    value: ({ resources }) => resources?.consumerCpuUsPerLike,
    digits: 1,
  },
  {
    head: 'server CPU µs/like',
    meaning: 'The same of the server process, from the first send to the drained queue.',
    value: ({ resources }) => resources?.serverCpuUsPerLike,
    digits: 1,
  },
];

/** The column, from trials that publish first and count later: neither side disturbs the other. */
export function apart(column: Column): Column {
  return {
    ...column,
    meaning: `${column.meaning} Published alone, then counted alone.`,
    value: (result) =>
      result.plan.mode === 'publish-then-count' ? column.value(result) : undefined,
  };
}
