import { describe, expect, test } from 'vitest';
import { withAudit } from '../../lab/audit/of-trial.ts';
import { limitOf, searchStepOf, whatLimits } from '../../lab/capacity-probe.ts';
import { pacedResult as auditedResult, hitsOf, madeResources } from './audit/audited-result.ts';
import { pacedResult } from './made-paced.ts';
import { cleanLedger } from './made-result.ts';

/** As a trial says it, not as a test believes that it does. */
const LATE = withAudit(auditedResult({ resources: madeResources(12_000) })).numbersStruck[0]!;

describe('a rate', () => {
  test('holds when all is well, up to the objective itself', () => {
    expect(limitOf(pacedResult(1_000, 250), 250)).toBeUndefined();
    expect(searchStepOf(pacedResult(1_000, 35), 250)).toEqual({
      likesPerS: 1_000,
      limit: undefined,
      found: 'p99 35 ms',
    });
  });

  test.each([
    ['p99', pacedResult(1_000, 251), 'p99 251 ms'],
    [
      'backlog',
      pacedResult(1_000, 900, { backlog: backlog(true) }),
      'p99 900 ms, backlog grows by 120/s',
    ],
    ['loss', pacedResult(1_000, 5, { ledger: cleanLedger({ lost: 3 }) }), '3 lost'],
    [
      'broken promise',
      pacedResult(1_000, 5, { verdict: 'fail', reasons: ['2 likes out of order'] }),
      '2 likes out of order',
    ],
    [
      'not judged',
      pacedResult(1_000, 5, { verdict: 'unknown', reasons: ['no answer'] }),
      'no answer',
    ],
    [
      'generator',
      pacedResult(1_000, 5, { numbersValid: false, numbersStruck: [LATE] }),
      `p99 5.0 ms, ${LATE}`,
    ],
    [
      'numbers struck out',
      pacedResult(1_000, 5, { numbersValid: false, numbersStruck: ['never settled'] }),
      'p99 5.0 ms, never settled',
    ],
  ] as const)('does not hold by %s, and the step says what was found', (limit, result, found) => {
    expect(searchStepOf(result, 250)).toEqual({ likesPerS: 1_000, limit, found });
  });

  test('that a generator did not offer in time is limited by the generator', () => {
    const late = auditedResult({ resources: madeResources(12_000) });
    expect(hitsOf(late)).toEqual(['generator-late']);
    expect(limitOf(withAudit(late), 250)).toBe('generator');
  });

  test('whose backlog is steady holds', () => {
    expect(limitOf(pacedResult(1_000, 5, { backlog: backlog(false) }), 250)).toBeUndefined();
  });

  test('that was lost likes at is limited by the loss, whatever else is wrong', () => {
    const all = { ledger: cleanLedger({ lost: 1 }), verdict: 'fail' as const, numbersValid: false };
    expect(limitOf(pacedResult(1_000, 900, { ...all, backlog: backlog(true) }), 250)).toBe('loss');
  });

  test('that was never offered is no step', () => {
    const { plan, ...rest } = pacedResult(1_000, 5);
    const { likesPerS: _, ...without } = plan;
    expect(searchStepOf({ ...rest, plan: without }, 250)).toBeUndefined();
  });
});

test('what limits a rate names the client that has no more CPU time', () => {
  const bound = pacedResult(1_000, 900, { notes: ['client-bound: consumer at 97 %', 'other'] });
  expect(whatLimits('p99', [bound, bound])).toBe('p99 (client-bound: consumer at 97 %)');
  expect(whatLimits('p99', [pacedResult(1_000, 900)])).toBe('p99');
});

function backlog(grows: boolean) {
  return { everyMs: 50, likes: [1, 2], growthLikesPerS: 120, grows };
}
