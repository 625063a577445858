import { describe, expect, test } from 'vitest';
import {
  doubtsOfCrash,
  isVoidReason,
  measureRecovery,
  type Recovery,
  type RecoveryInput,
} from '../../lab/measure-recovery.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { Like, SendOutcome } from '../../likes/like.ts';
import { madeLike } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

const S = 1_000_000;
const MS = 1_000;
const KILLED_US = 10 * S;
const REAPED_US = KILLED_US + 5 * MS;
const ANSWERS_US = REAPED_US + 100 * MS;

const CRASH: RecoveryInput['crash'] = {
  beganUs: KILLED_US,
  recoversFromUs: REAPED_US,
  overUs: ANSWERS_US,
  restoredUs: ANSWERS_US + 1 * MS,
  queueLost: false,
  proof: { facts: { pid: 41, endedBy: 'SIGKILL', portRefused: true, pidAfter: 42 }, doubts: [] },
};
const DRAINED_US = REAPED_US + 1_500 * MS;

interface Send {
  readonly at: number;
  readonly likes: Like[];
  /** Undefined: no answer was ever recorded. */
  readonly answered?: number;
  readonly outcome?: SendOutcome;
}

interface Delivery {
  readonly at: number;
  readonly likes: Like[];
  readonly consumer?: number;
}

/** The likes with seqs from `from` to one below `to`. */
function range(from: number, to: number): Like[] {
  return Array.from({ length: to - from }, (_, index) => madeLike('gateway-1', from + index));
}

function measured(
  sends: readonly Send[],
  deliveries: readonly Delivery[],
  changed: Partial<RecoveryInput> = {},
): Recovery {
  using folder = recordsFolder();
  const producer = new RecordWriter(folder.path('producer'));
  const events = sends.flatMap(({ at, likes, answered, outcome = 'ok' }) => [
    { us: at, write: () => producer.attempted(at, likes) },
    ...(answered === undefined
      ? []
      : [{ us: answered, write: () => producer.outcome(answered, likes, outcome) }]),
  ]);
  for (const { write } of events.sort((one, other) => one.us - other.us)) write();
  producer[Symbol.dispose]();
  const consumerRecords = [0, 1].map((consumer) => {
    const path = folder.path(`consumer-${consumer}`);
    using records = new RecordWriter(path);
    for (const { at, likes, consumer: given = 0 } of deliveries) {
      if (given !== consumer) continue;
      records.delivered(at, likes);
      records.stored(at + 1, likes, []);
    }
    return path;
  });
  return measureRecovery({
    producerRecords: [folder.path('producer')],
    consumerRecords,
    crash: CRASH,
    drainedUs: DRAINED_US,
    lostOkUsFirst: undefined,
    consumersReopened: 0,
    ...changed,
  });
}

/** Ten likes before the last second, twenty in it, five under way at the kill, ten afterwards. */
const SENDS: readonly Send[] = [
  { at: 8 * S, answered: 9 * S, likes: range(0, 10) },
  { at: 9 * S, answered: 9 * S + 1, likes: range(10, 25) },
  { at: 9.5 * S, answered: KILLED_US, likes: range(25, 30) },
  { at: KILLED_US - 1, answered: KILLED_US + 1, outcome: 'unknown', likes: range(30, 35) },
  { at: ANSWERS_US + 20 * MS, answered: ANSWERS_US + 30 * MS, likes: range(35, 45) },
];
const DELIVERIES: readonly Delivery[] = [
  { at: 9.1 * S, likes: range(0, 10) },
  { at: 9.2 * S, likes: range(10, 14), consumer: 1 },
  { at: ANSWERS_US + 50 * MS, likes: range(10, 45), consumer: 1 },
];

describe('a recovery', () => {
  test('tells what the records and the system say of it', () => {
    expect(measured(SENDS, DELIVERIES, { consumersReopened: 3 })).toEqual({
      pid: 41,
      endedBy: 'SIGKILL',
      pidAfter: 42,
      acknowledgedInSecondBefore: 20,
      inFlightAtKill: 5,
      backlogAtKill: 16,
      queueLost: false,
      consumersReopened: 3,
      lossWindowMs: undefined,
      answersMs: 100,
      firstAcknowledgementMs: 130,
      firstDeliveryMs: 150,
      drainedMs: 1_500,
    });
  });

  test('counts refused and unanswered sends as what they are: answered, or under way', () => {
    const more: Send[] = [
      { at: 9.6 * S, answered: 9.7 * S, outcome: 'fail', likes: range(50, 53) },
      { at: 9.6 * S, answered: 9.7 * S, outcome: 'unknown', likes: range(53, 55) },
      { at: 9.8 * S, likes: range(55, 57) },
    ];
    const found = measured([...SENDS, ...more], DELIVERIES);
    expect(found).toMatchObject({ inFlightAtKill: 7, acknowledgedInSecondBefore: 20 });
    expect(found.backlogAtKill).toBe(16);
  });

  test('has no first time for what never happened', () => {
    const found = measured(SENDS.slice(0, 4), DELIVERIES.slice(0, 2));
    expect(found.firstAcknowledgementMs).toBeUndefined();
    expect(found.firstDeliveryMs).toBeUndefined();
  });

  test('takes nothing for recovered that came while the server was down', () => {
    // An answer that was under way, and a batch that the client still had in its memory.
    const late: Send = { at: 9.9 * S, answered: REAPED_US + 1 * MS, likes: range(60, 61) };
    const rest: Delivery = { at: REAPED_US + 2 * MS, likes: range(14, 20) };
    const found = measured([...SENDS, late], [...DELIVERIES.slice(0, 2), rest, DELIVERIES[2]!]);
    expect(found).toMatchObject({ firstAcknowledgementMs: 130, firstDeliveryMs: 150 });
  });

  test('looks back to the first of the lost likes, and not past the kill', () => {
    const lossOf = (lostOkUsFirst: number) =>
      measured(SENDS, DELIVERIES, { lostOkUsFirst }).lossWindowMs;
    expect(lossOf(9.2 * S)).toBe(800);
    // Answered before the kill, noticed after it.
    expect(lossOf(KILLED_US + 700)).toBe(0);
  });
});

describe('the backlog at the kill', () => {
  const twice: Send = { at: 9.6 * S, answered: 9.7 * S, likes: range(0, 10) };

  test('has a like once that was acknowledged twice: some queues keep one of them', () => {
    const all: Delivery[] = [{ at: 9.1 * S, likes: range(0, 30) }];
    expect(measured([...SENDS, twice], all).backlogAtKill).toBe(0);
  });

  test('is not made smaller by second deliveries, nor by those before an acknowledgement', () => {
    const again: Delivery = { at: 9.3 * S, likes: range(0, 10) };
    const early: Delivery = { at: KILLED_US - 1, likes: range(30, 35) };
    expect(measured(SENDS, [...DELIVERIES, again, early]).backlogAtKill).toBe(16);
  });

  test('knows a like by its source, too', () => {
    const strange = range(14, 30).map((like) => ({ ...like, source: 'nobody' }));
    const found = measured(SENDS, [...DELIVERIES, { at: 9.3 * S, likes: strange }]);
    expect(found.backlogAtKill).toBe(16);
  });
});

describe('a kill', () => {
  const sound = measured(SENDS, DELIVERIES);
  const PLAN = { killAfterS: 2, holdS: 1, goOnS: 0.5, acknowledgedLeast: 20 };

  test('is proof when nothing speaks against it', () => {
    expect(doubtsOfCrash(sound, PLAN)).toEqual([]);
  });

  test.each<[string, Partial<Recovery>, RegExp]>([
    [
      'the server ended by another signal',
      { endedBy: 'SIGTERM' },
      /ended by SIGTERM, not by SIGKILL/,
    ],
    ['it ended by itself', { endedBy: 'exit code 0' }, /ended by exit code 0/],
    ['it did not end', { pidAfter: 41 }, /the same process was there afterwards/],
    ['none was there afterwards', { pidAfter: 0 }, /no process was there afterwards/],
    ['it had no load', { acknowledgedInSecondBefore: 19 }, /^void: 19 likes.*fewer than 20/],
    ['nothing was under way', { inFlightAtKill: 0 }, /no send was under way/],
    ['little waited', { backlogAtKill: 9 }, /^void: 9 likes were waiting.*fewer than 10/],
    ['the load had ended', { firstAcknowledgementMs: undefined }, /nothing was acknowledged after/],
  ])('is void when %s', (_, planted, reason) => {
    const doubts = doubtsOfCrash({ ...sound, ...planted }, PLAN);
    expect(doubts).toEqual([expect.stringMatching(reason)]);
    expect(doubts.every(isVoidReason)).toBe(true);
  });

  test('is void for each of several reasons, and no other reason sounds like it', () => {
    const planted = { endedBy: 'SIGTERM', inFlightAtKill: 0, backlogAtKill: 0 };
    expect(doubtsOfCrash({ ...sound, ...planted }, PLAN)).toHaveLength(3);
    expect(isVoidReason('1 lost: acknowledged, never counted')).toBe(false);
  });
});
