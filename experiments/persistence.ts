/** What becomes of acknowledged likes when the server is killed under load? */
import {
  BROKER_HEAD,
  brokerOf,
  DOUBLE_EFFECTS,
  INVERSIONS,
  LOST,
  ORDER_PROMISE,
  REDELIVERED,
  SURVIVAL_PROMISE,
  TIER_HEAD,
  VERDICT,
} from '../lab/common-columns.ts';
import type { Column, Experiment, Profile, Step } from '../lab/experiment.ts';
import type { Ledger } from '../lab/ledger.ts';
import type { Recovery } from '../lab/measure-recovery.ts';
import type { CrashPlan } from '../lab/trial-plan.ts';
import { isCeiling } from './sizes.ts';

/** Below this rate a broker is asked for a tenth of the load that the others are killed under. */
const SLOW_LIKES_PER_S = 5_000;
const ACKNOWLEDGED_LEAST = 1_000;
const ACKNOWLEDGED_LEAST_SLOW = 100;
const SHARE_OF_MAXIMUM = 0.5;

type Times = Pick<Step, 'measureS'> & Omit<CrashPlan, 'acknowledgedLeast'>;

/** The load ends when it has gone on after the restart for long enough, at the latest now. */
const LOAD_S_MAX = 60;

const TIMES: Readonly<Record<Profile, Times>> = {
  smoke: { measureS: LOAD_S_MAX, killAfterS: 2.2, holdS: 0.7, goOnS: 0.5 },
  quick: { measureS: LOAD_S_MAX, killAfterS: 2.5, holdS: 1, goOnS: 1 },
  full: { measureS: LOAD_S_MAX, killAfterS: 2.5, holdS: 1, goOnS: 1 },
};

function ledgerCount(head: string, meaning: string, field: keyof Ledger): Column {
  return { head, meaning, value: ({ ledger }) => ledger?.[field], isFinding: true };
}

type Milliseconds = {
  [Field in keyof Recovery]: Recovery[Field] extends number | undefined ? Field : never;
}[keyof Recovery];

function milliseconds(head: string, meaning: string, field: Milliseconds): Column {
  return { head, meaning, value: ({ recovery }) => recovery?.[field] };
}

export const persistence: Experiment = {
  name: 'persistence',
  question: 'What becomes of acknowledged likes when the server is killed under load?',
  kills: true,
  steps(order) {
    if (isCeiling(order)) return [];
    const { measureS, ...times } = TIMES[order.profile];
    const isSlow = order.contender.likesPerSRough < SLOW_LIKES_PER_S;
    const acknowledgedLeast = isSlow ? ACKNOWLEDGED_LEAST_SLOW : ACKNOWLEDGED_LEAST;
    return [
      {
        mode: 'crash',
        likes: 0,
        rate: { shareOfMaximum: SHARE_OF_MAXIMUM },
        measureS,
        crash: { ...times, acknowledgedLeast },
      },
    ];
  },
  shows: ({ plan }) => plan.mode === 'crash',
  rowKey: (result) => [brokerOf(result), result.tier],
  rowHeads: [BROKER_HEAD, TIER_HEAD],
  columns: [
    SURVIVAL_PROMISE,
    ORDER_PROMISE,
    VERDICT,
    ledgerCount('acknowledged', 'Likes that the server acknowledged, before or after.', 'ok'),
    LOST,
    {
      head: 'loss window ms',
      meaning:
        'How long before the kill the first of the lost likes was acknowledged. Where all that ' +
        'waits is lost, this is how long the trial let likes wait: the consumers hold still ' +
        'before the kill.',
      value: ({ recovery }) => recovery?.lossWindowMs,
      isFinding: true,
    },
    ledgerCount(
      'unknown',
      'Likes whose sender has no answer: a broken connection, a timeout, or a client that gives ' +
        'up at once while the server is away, where others wait. They may be sent again.',
      'unknown',
    ),
    ledgerCount('recovered', 'Unknown likes that were counted after all.', 'recovered'),
    REDELIVERED,
    DOUBLE_EFFECTS,
    INVERSIONS,
    milliseconds('server back ms', 'From the reaped process to the first answer.', 'answersMs'),
    milliseconds(
      'first acknowledged ms',
      'From the reaped process to the first like that is acknowledged, once the server was seen ' +
        'to answer.',
      'firstAcknowledgementMs',
    ),
    milliseconds(
      'first delivered ms',
      'From the reaped process to the first like that a consumer is given, once the server was ' +
        'seen to answer.',
      'firstDeliveryMs',
    ),
    milliseconds(
      'drained ms',
      'From the reaped process until nothing is left in the queue. The load goes on for two to ' +
        'three seconds after the restart, and what consumers had in hand at the kill comes again ' +
        'when its lock, lease or visibility timeout of 10 s has run out.',
      'drainedMs',
    ),
    {
      head: 'at the kill',
      meaning:
        'Proof that the kill met a server at work: likes acknowledged in the second before, in ' +
        'the hands of the client and not yet answered, acknowledged and not yet delivered. The ' +
        'process was reaped with SIGKILL and its port refused; another one answered afterwards. ' +
        'Else the trial is void.',
      value: ({ recovery }) =>
        recovery &&
        `${recovery.acknowledgedInSecondBefore}/s, ${recovery.inFlightAtKill} under way, ` +
          `${recovery.backlogAtKill} waiting`,
      isFinding: true,
    },
  ],
  firstScreen: [
    'broker',
    'tier',
    'promised',
    'promised order',
    'counts',
    'acknowledged',
    'lost',
    'unknown',
    'counted twice',
    'out of order',
    'first acknowledged ms',
    'first delivered ms',
    'drained ms',
  ],
};
