import { describe, expect, test } from 'vitest';
import { type CheckOutput, check } from '../../lab/checker.ts';
import type { StrikeFacts } from '../../lab/fault-trial.ts';
import type { Fault } from '../../lab/faults/fault.ts';
import {
  faultOf,
  faultsOf,
  isWindowTooLong,
  lossWindowMs,
  momentsOf,
  poisonMissingIn,
  wasLostSince,
  whyVoid,
} from '../../lab/judge-faults.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { TrialEvidence } from '../../lab/run-trial.ts';
import type { TrialPlan } from '../../lab/trial-plan.ts';
import { madeLike } from '../store/made-likes.ts';
import { madeFaults, madeStrike } from './made-faults.ts';
import { recordsFolder } from './trial-fixture.ts';

const S = 1_000_000;
const MS = 1_000;

function strikeAt(beganUs: number, changed: Partial<StrikeFacts> = {}): StrikeFacts {
  return {
    beganUs,
    recoversFromUs: beganUs + 5 * MS,
    overUs: beganUs + 200 * MS,
    restoredUs: beganUs + 210 * MS,
    queueLost: false,
    proof: { facts: { pid: 41, endedBy: 'SIGKILL' }, doubts: [] },
    ...changed,
  };
}

function madeFault(changed: Partial<Fault>): Fault {
  return {
    name: 'made',
    summary: 'nothing at all',
    target: 'server',
    strike: async () => ({ facts: {}, doubts: [] }),
    ...changed,
  };
}

const STRIKES = [strikeAt(10 * S), strikeAt(20 * S)];

describe('a lost like', () => {
  /** Likes that were acknowledged at these times and are nowhere, in a drained queue. */
  async function lostAt(
    strikes: readonly StrikeFacts[],
    okUs: readonly number[],
  ): Promise<CheckOutput> {
    using folder = recordsFolder();
    const path = folder.path('producer');
    {
      using records = new RecordWriter(path);
      for (const [seq, atUs] of okUs.entries()) {
        records.attempted(atUs - MS, [madeLike('one', seq)]);
        records.outcome(atUs, [madeLike('one', seq)], 'ok');
      }
    }
    return await check({
      producerRecords: [path],
      consumerRecords: [],
      stored: { totals: () => ({ marks: 0 }), shards: [] },
      parked: [],
      drained: true,
      sums: { attempted: okUs.length },
      expected: undefined,
      momentsUs: momentsOf(strikes),
    });
  }
  const windowOf = async (...okUs: number[]) => lossWindowMs(STRIKES, await lostAt(STRIKES, okUs));

  test('is laid to the first fault after it, and the longest window is the trial’s', async () => {
    expect(await windowOf(9.4 * S)).toBe(600);
    expect(await windowOf(9.4 * S, 9.9 * S, 19.1 * S, 19.5 * S)).toBe(900);
    expect(await windowOf()).toBe(0);
  });

  test('acknowledged while the fault was on its way met that fault, not the next', async () => {
    const onItsWay = 10 * S + 2 * MS;
    expect(await windowOf(onItsWay)).toBe(0);
    expect(await windowOf(onItsWay, 19.9 * S)).toBe(100);
    expect((await lostAt(STRIKES, [onItsWay])).lostBefore!.map(({ count }) => count)).toEqual([
      1, 0, 0,
    ]);
  });

  test('that was acknowledged when every fault was over is no fault’s', async () => {
    const sinceOf = async (...okUs: number[]) => wasLostSince(STRIKES, await lostAt(STRIKES, okUs));
    expect(await sinceOf(20 * S + 211 * MS)).toBe(true);
    expect(await sinceOf(9 * S, 20 * S + 209 * MS)).toBe(false);
    expect(await sinceOf()).toBe(false);
    expect(wasLostSince([], await lostAt([], [5 * S]))).toBe(false);
  });

  test('may be one of the last 2 s at everysec', () => {
    expect([2_000, 2_001].map(isWindowTooLong)).toEqual([false, true]);
  });
});

describe('the strikes of a result', () => {
  const FAULT = madeFault({ target: 'server' });
  const FAULTS = { fault: FAULT, strikes: 2, firstAfterS: 0, goOnS: 0, acknowledgedLeast: 3 };

  /** Three likes acknowledged and one under way at each strike; all that is asked of the rest. */
  function told(
    strikes: readonly StrikeFacts[],
    {
      fault = FAULT,
      others = undefined as readonly Fault[] | undefined,
      delivered = [] as number[],
      lostBefore = undefined as unknown,
    } = {},
  ) {
    using folder = recordsFolder();
    const [producer, consumer] = [folder.path('producer'), folder.path('consumer')];
    const like = (seq: number) => madeLike('one', seq);
    {
      using sends = new RecordWriter(producer);
      using deliveries = new RecordWriter(consumer);
      for (const [place, { beganUs }] of STRIKES.entries()) {
        const likes = [0, 1, 2].map((seq) => like(10 * place + seq));
        sends.attempted(beganUs - 600 * MS, likes);
        sends.outcome(beganUs - 500 * MS, likes, 'ok');
        sends.attempted(beganUs - 1 * MS, [like(10 * place + 3)]);
        sends.outcome(beganUs + 700 * MS, [like(10 * place + 3)], 'ok');
      }
      for (const seq of delivered) deliveries.delivered(30 * S, [like(seq)]);
    }
    const evidence = {
      strikes,
      producerRecords: [producer],
      consumerRecords: [consumer],
      consumers: [{ reopened: 2 }, { reopened: 1 }],
      drainedUs: 24 * S,
    } as unknown as TrialEvidence;
    const plan = { faults: { ...FAULTS, fault, others } } as TrialPlan & {
      readonly faults: typeof FAULTS;
    };
    return faultsOf(plan, evidence, { lostBefore } as CheckOutput, 'all but 2 s');
  }

  test('are valid with proof and load, and measured from where things could get better', () => {
    const lostBefore = [
      { count: 7, okUsFirst: 9.5 * S, okUsLast: 9.6 * S },
      { count: 0, okUsFirst: undefined, okUsLast: undefined },
      { count: 0, okUsFirst: undefined, okUsLast: undefined },
    ];
    const { strikes, ...sums } = told(STRIKES, { lostBefore, delivered: [0] });
    expect(sums).toEqual({
      name: 'made',
      target: 'server',
      promised: 'all but 2 s',
      valid: 2,
      void: 0,
      consumersReopened: 3,
      drainedMs: 3_995,
    });
    expect(strikes[0]).toEqual({
      beganMs: 10_000,
      tookMs: 200,
      proof: { pid: 41, endedBy: 'SIGKILL' },
      doubts: [],
      acknowledgedInSecondBefore: 3,
      inFlight: 1,
      backlog: 3,
      queueLost: false,
      lost: 7,
      lossWindowMs: 500,
      firstAcknowledgementMs: 695,
      firstDeliveryMs: 19_995,
    });
    expect(strikes[1]).toMatchObject({ beganMs: 20_000, lost: 0, inFlight: 1 });
    expect(strikes[1]!.lossWindowMs).toBeUndefined();
  });

  test.each<[string, Partial<StrikeFacts>, string]>([
    [
      'has doubts of its own',
      { proof: { facts: {}, doubts: ['it stood still for nobody'] } },
      'it stood still for nobody',
    ],
    [
      'had too little load',
      { beganUs: 19.45 * S },
      '0 likes were acknowledged in the second before, fewer than 3',
    ],
    ['met no send', { beganUs: 19.9 * S }, 'no send was under way'],
    ['was the end of the load', { overUs: 25 * S }, 'nothing was acknowledged afterwards'],
  ])('are void, each by itself, when one %s', (_, changed, doubt) => {
    const found = told([STRIKES[0]!, strikeAt(20 * S, changed)]);
    expect({ valid: found.valid, void: found.void }).toEqual({ valid: 1, void: 1 });
    expect(found.strikes.map(({ doubts }) => doubts)).toEqual([[], [doubt]]);
  });

  test('of several faults that took turns are told by name, and judged by the hardest', () => {
    const other = madeFault({ name: 'other', target: 'consumer' });
    const { strikes, ...found } = told(STRIKES, { fault: other, others: [FAULT] });
    expect(found).toMatchObject({ name: 'other, made', target: 'server', valid: 2 });
    expect(strikes.map(({ fault }) => fault)).toEqual(['other', 'made']);
    expect(told(STRIKES).strikes[0]).not.toHaveProperty('fault');
  });

  test('are asked once more when the records are there, by likes that their facts name', () => {
    const asked: unknown[] = [];
    const fault: Fault = {
      ...FAULT,
      doubtsAfterwards({ source, seq }, timesAgain) {
        asked.push([source, seq, timesAgain]);
        return timesAgain === 2 ? [] : [`it came ${timesAgain} times`];
      },
    };
    const proofOf = (seq: number) => ({ facts: { source: 'one', seq }, doubts: [] });
    const strikes = [
      strikeAt(10 * S, { proof: proofOf(1) }),
      strikeAt(20 * S, { proof: { facts: {}, doubts: [] } }),
      // From then on the likes are delivered that are asked for.
      strikeAt(21 * S, { proof: proofOf(2), recoversFromUs: 30 * S }),
      strikeAt(22 * S, { proof: proofOf(1), recoversFromUs: 30 * S + 1 }),
    ];
    const doubts = told(strikes, { fault, delivered: [1, 2, 1] }).strikes.map((one) => one.doubts);
    expect(asked).toEqual([
      ['one', 1, 2],
      [undefined, undefined, 0],
      ['one', 2, 1],
      ['one', 1, 0],
    ]);
    expect(doubts[0]).toEqual([]);
    expect([2, 3].map((place) => doubts[place]!.at(-1))).toEqual([
      'it came 1 times',
      'it came 0 times',
    ]);
  });
});

test('poison is missing where less was parked than injected, and asked of nothing else', () => {
  const poisonOf = (...facts: Record<string, number>[]) =>
    poisonMissingIn(facts.map((one) => strikeAt(10 * S, { proof: { facts: one, doubts: [] } })));
  expect(poisonOf({ injected: 5, parked: 5 }, { pid: 7 }, { injected: 5, parked: 3 })).toBe(2);
  expect(poisonOf({ injected: 5, parked: 5 })).toBe(0);
  expect(poisonOf({ pid: 7 })).toBeUndefined();
});

describe('a trial', () => {
  const doubtful = (...doubts: string[]) => madeStrike({ doubts });

  test('is void with all of its strikes, for each reason once', () => {
    const faults = madeFaults('server-kill', [doubtful('one', 'two'), doubtful('two')]);
    expect(whyVoid(faults)).toEqual(['void: one', 'void: two']);
  });

  test('is not void as long as one strike counts', () => {
    expect(whyVoid(madeFaults('server-kill', [doubtful('one'), madeStrike()]))).toEqual([]);
  });

  test('has the fault of its plan, in a crash one of the server, and else none', () => {
    const planned = (plan: unknown) => faultOf(plan as TrialPlan);
    const fault = madeFault({ target: 'store' });
    expect(planned({ faults: { fault } })).toBe(fault);
    expect(planned({ crash: { holdS: 1 } })).toEqual({ target: 'server' });
    expect(planned({})).toBeUndefined();
  });
});
