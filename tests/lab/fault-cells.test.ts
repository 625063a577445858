import { describe, expect, test } from 'vitest';
import { cellsOf, FaultCell } from '../../lab/fault-cells.ts';
import { SURVIVALS } from '../../lab/trial-plan.ts';
import { type TrialResult, trialResultSchema } from '../../lab/trial-result.ts';
import { madeFaults, madeStrike, struckResult } from './made-faults.ts';
import { cleanLedger, madeResult } from './made-result.ts';

const VOID = madeStrike({ doubts: ['the server ended by SIGTERM, not by SIGKILL'] });

function killed(changed: Partial<TrialResult> = {}, strikes = [madeStrike()]): TrialResult {
  return struckResult(madeFaults('server-kill', strikes), changed);
}

/** Where something less than all is promised. */
function bare(
  promised: (typeof SURVIVALS)[number],
  changed: Partial<TrialResult> = {},
  strikes = [madeStrike()],
): TrialResult {
  return struckResult(madeFaults('server-kill', strikes, { promised }), changed);
}

/** As lab/run-jobs.ts has it where the fault says nothing of the broker. */
function notTested(): TrialResult {
  const whyNot = 'its process is not on this machine';
  const { ledger: _, ...result } = killed({
    verdict: 'unknown',
    reasons: [`not tested: ${whyNot}`],
  });
  return { ...result, faults: madeFaults('server-pause', [], { whyNot }) };
}

test('the made results of these tests are such as a trial may write', () => {
  for (const result of [killed(), killed({}, [VOID]), notTested()]) {
    expect(() => trialResultSchema.parse(result)).not.toThrow();
  }
});

test('trials into another store are a cell of their own', () => {
  const usual = killed();
  const store = { engine: 'postgres', rule: 'tally' } as const;
  const other = killed({ plan: { ...usual.plan, store } });
  const cells = cellsOf([usual, other, killed()]);
  expect(cells.map(({ results, valid }) => [results[0]!.plan.store, valid])).toEqual([
    [undefined, 2],
    [store, 1],
  ]);
});

describe('the state of a cell', () => {
  test.each<[string, TrialResult[]]>([
    ['kept', [killed(), killed()]],
    ['kept', [killed({}, [VOID, madeStrike()])]],
    ['broken', [killed(), killed({ verdict: 'fail', reasons: ['1 lost'] })]],
    // What is broken is broken, whether the strike was valid or another trial could not be judged.
    ['broken', [killed({ verdict: 'fail' }, [VOID]), killed({ verdict: 'unknown' })]],
    ['nothing promised', [bare('nothing', { ledger: cleanLedger({ lost: 9 }) })]],
    ['broken', [bare('nothing', { verdict: 'fail', reasons: ['2 double effects'] })]],
    ['not tested', [notTested()]],
    ['not judged', [killed({ verdict: 'unknown', reasons: ['void'] }, [VOID])]],
    ['not judged', [killed(), killed({ verdict: 'unknown', reasons: ['a worker died'] })]],
    ['not judged', [killed({}, [VOID])]],
    ['not judged', [bare('nothing', {}, [VOID])]],
  ])('is %s', (state, results) => {
    expect(new FaultCell(results).state).toBe(state);
  });

  test('tells why nothing was tested, and each reason once', () => {
    expect(new FaultCell([killed(), notTested()]).whyNot).toMatch(/not on this machine/);
    expect(new FaultCell([killed()]).whyNot).toBeUndefined();
    const failed = killed({ verdict: 'fail', reasons: ['1 lost', '2 stuck'] });
    const cell = new FaultCell([failed, killed(), killed({ reasons: ['1 lost'] })]);
    expect(cell.reasons).toEqual(['1 lost', '2 stuck']);
  });
});

test.each(SURVIVALS)('the promise of a cell is what its trials were judged by: %s', (promised) => {
  const cell = new FaultCell([bare(promised), bare(promised)]);
  expect(cell.promises).toBe(promised);
  expect(cell.state).toBe(promised === 'nothing' ? 'nothing promised' : 'kept');
});

test('the promise is that of a trial that was judged, and not of one that broke off', () => {
  const brokeOff = { ...bare('survival', { verdict: 'unknown' }, []), ledger: undefined };
  expect(new FaultCell([brokeOff, bare('nothing')]).promises).toBe('nothing');
  expect(new FaultCell([brokeOff]).promises).toBe('survival');
});

describe('a cell of an older run', () => {
  const few = new FaultCell([killed()]);
  const many = new FaultCell([killed({}, [madeStrike(), madeStrike()])]);
  const broken = new FaultCell([killed({ verdict: 'fail', reasons: ['1 lost'] })]);

  test('outweighs a newer one with fewer valid strikes, or with none', () => {
    expect(many.outweighs(few)).toBe(true);
    expect(many.outweighs(new FaultCell([notTested()]))).toBe(true);
    expect(few.outweighs(many)).toBe(false);
    expect(few.outweighs(new FaultCell([killed()]))).toBe(false);
  });

  test('never hides that a newer one broke its promise, and does not bring back its own', () => {
    const brokenOften = killed({ verdict: 'fail' }, [madeStrike(), madeStrike()]);
    expect(many.outweighs(broken)).toBe(false);
    expect(new FaultCell([brokenOften]).outweighs(few)).toBe(false);
  });

  test('says nothing where most of its strikes prove nothing', () => {
    const strikes = [madeStrike(), madeStrike(), VOID, VOID, VOID];
    expect(new FaultCell([killed({}, strikes)]).outweighs(few)).toBe(false);
  });
});

describe('the chance of a loss', () => {
  const cellOf = (strikes: number, lost = 0) =>
    new FaultCell([
      killed(
        { ledger: cleanLedger({ lost }) },
        Array.from({ length: strikes }, () => madeStrike()),
      ),
      killed({ ledger: cleanLedger() }, [VOID]),
    ]);

  test('is below 3/n after n valid strikes without any, void ones left out', () => {
    expect(cellOf(300).lossChanceMax).toBeCloseTo(0.01, 12);
    expect(cellOf(5).lossChanceMax).toBeCloseTo(0.6, 12);
  });

  test('is not told after so few strikes that it might be certain, nor after a loss', () => {
    expect(cellOf(4).lossChanceMax).toBe(0.75);
    for (const strikes of [0, 1, 3]) expect(cellOf(strikes).lossChanceMax).toBeUndefined();
    expect(cellOf(300, 1).lossChanceMax).toBeUndefined();
  });

  test('is not told where likes are stuck, or where a trial could not be judged', () => {
    const strikes = Array.from({ length: 20 }, () => madeStrike());
    const stuck = killed({ verdict: 'fail', ledger: cleanLedger({ stuck: 3 }) }, strikes);
    expect(new FaultCell([stuck]).lossChanceMax).toBeUndefined();
    const judged = killed({ ledger: cleanLedger() }, strikes);
    const brokeOff = { ...killed({ verdict: 'unknown' }, []), ledger: undefined };
    expect(new FaultCell([judged]).lossChanceMax).toBeCloseTo(0.15, 12);
    expect(new FaultCell([judged, brokeOff]).lossChanceMax).toBeUndefined();
  });

  test('comes close to the exact bound from ten strikes on, and errs to the safe side', () => {
    for (const strikes of [10, 20, 100, 300]) {
      // No failure in n tries has a chance of 5 % where (1 - p)^n is 0.05.
      const exact = 1 - 0.05 ** (1 / strikes);
      const { lossChanceMax } = cellOf(strikes);
      expect(lossChanceMax).toBeGreaterThan(exact);
      expect(lossChanceMax! / exact).toBeLessThan(1.16);
    }
  });
});

describe('the numbers of a cell', () => {
  const two = new FaultCell([
    killed({ ledger: cleanLedger({ lost: 2, redelivered: 30 }) }, [
      madeStrike({ inFlight: 9, lossWindowMs: 700 }),
      madeStrike({ inFlight: 4, firstAcknowledgementMs: undefined }),
    ]),
    struckResult(
      madeFaults('server-kill', [madeStrike({ inFlight: 100 }), VOID], {
        consumersReopened: 3,
        drainedMs: 2_500,
      }),
      { ledger: cleanLedger({ lost: 1 }), workload: { name: 'trending', seed: 9 } },
    ),
    // Ended before it had a ledger.
    { ...killed({ verdict: 'unknown' }, []), ledger: undefined },
  ]);

  test('are sums over the ledgers of its trials', () => {
    expect(two.sum('lost')).toBe(3);
    expect(two.sum('redelivered')).toBe(30);
    expect(two.wasJudged).toBe(true);
    expect(new FaultCell([notTested()]).wasJudged).toBe(false);
  });

  test('are in order and have medians over all strikes that tell them', () => {
    expect(two.numbers('inFlight')).toEqual([4, 5, 9, 100]);
    expect(two.medianOf('inFlight')).toBe(7);
    expect(two.numbers('lossWindowMs')).toEqual([700]);
    expect(two.numbers('firstAcknowledgementMs')).toEqual([130, 130, 130]);
    expect(new FaultCell([notTested()]).medianOf('inFlight')).toBeUndefined();
  });

  test('count strikes by whether they prove anything, and keep the seeds', () => {
    expect({ valid: two.valid, void: two.void }).toEqual({ valid: 3, void: 1 });
    expect(two.seeds).toEqual([1, 9, 1]);
    expect(two.consumersReopened).toBe(3);
    expect(two.drainedMs).toBe(1_500);
    const { drainedMs: _, ...faults } = madeFaults('server-kill', []);
    expect(new FaultCell([struckResult(faults)]).drainedMs).toBeUndefined();
  });
});

test('cells are of one broker, tier and fault each, in the order in which they first ran', () => {
  const results = [
    killed({ broker: 'sqs' }),
    killed(),
    struckResult(madeFaults('zombie')),
    killed({ tier: 'power' }),
    madeResult(),
    killed({ broker: 'sqs', verdict: 'fail' }),
  ];
  const cells = cellsOf(results);
  expect(
    cells.map(({ results: [first, ...more] }) => [
      first!.broker,
      first!.tier,
      first!.faults!.name,
      more.length,
    ]),
  ).toEqual([
    ['sqs', 'kill', 'server-kill', 1],
    ['kafka', 'kill', 'server-kill', 0],
    ['kafka', 'kill', 'zombie', 0],
    ['kafka', 'power', 'server-kill', 0],
  ]);
  expect(cells[0]!.state).toBe('broken');
});
