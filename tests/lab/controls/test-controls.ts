/** If a control passes, so would a broker that is wrong in that way. */
import { expect, test } from 'vitest';
import { runControl } from './control-trial.ts';
import type { Control } from './controls.ts';

const SEED = 1;
/** A queue counts as stuck when nothing has moved for 60 s. */
const TRIAL_TIMEOUT_MS = 240_000;

export function testControls(controls: readonly Control[]): void {
  test.each(controls)(
    'fails by its finding: $name ($finding)',
    async (control) => {
      const result = await runControl(control, { seed: SEED });
      console.log(`${control.name}: ${result.reasons.join('; ')}`);
      expect(result.reasons.join('; ')).toContain(control.finding);
      expect(result.verdict).toBe('fail');
      expect(result.ledger).toMatchObject({ residual: 0 });
    },
    TRIAL_TIMEOUT_MS,
  );
}
