import { expect, test } from 'vitest';
import { explainFaults } from '../../experiments/faults-explained.ts';
import { cellsOf } from '../../lab/fault-cells.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { madeFaults, madeStrike, struckResult } from '../lab/made-faults.ts';
import { cleanLedger } from '../lab/made-result.ts';

function struck(
  fault: string,
  changed: Partial<TrialResult> = {},
  promised: 'survival' | 'all but 2 s' | 'nothing' = 'survival',
): TrialResult {
  return struckResult(madeFaults(fault, [madeStrike()], { promised }), changed);
}

const explained = (...results: TrialResult[]) => explainFaults(cellsOf(results));

test('losses are told apart by what was promised of the likes', () => {
  const everysec = { tier: 'everysec', ledger: cleanLedger({ lost: 7 }) } as const;
  const text = explained(
    struck('server-kill', everysec, 'all but 2 s'),
    struck('consumer-kill', { tier: 'everysec' }),
  );
  expect(text).toContain('0 lost where they were promised to survive');
  expect(text).toContain('7 lost where all but the last 2 s were promised to survive');
  expect(text).not.toContain('nothing was promised');
  const bare = { tier: 'memory', ledger: cleanLedger({ lost: 9 }) } as const;
  expect(explained(struck('server-kill', bare, 'nothing'))).toContain(
    '9 lost where nothing was promised',
  );
});

test('a surprise stands only where a cell shows it: its broker, fault and tier, not broken', () => {
  const KEEPS = 'Kafka keeps every like and forgets';
  expect(explained(struck('power-cut', { tier: 'power' }))).toContain(KEEPS);
  for (const other of [
    struck('power-cut', { tier: 'kill' }, 'nothing'),
    struck('server-kill', { tier: 'power' }),
    struck('power-cut', { tier: 'power', broker: 'redis-streams' }),
    struck('power-cut', { tier: 'power', verdict: 'fail', reasons: ['1 lost'] }),
    struck('power-cut', { tier: 'power', verdict: 'unknown', reasons: ['void'] }),
  ]) {
    expect(explained(other)).not.toContain(KEEPS);
  }
  expect(explained(struck('poison'))).not.toContain('What surprised');
});
