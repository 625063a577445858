/** What a trial's audit measures by itself, while its records are there. */
import type { TrialEvidence } from '../run-trial.ts';
import type { TrialPlan } from '../trial-plan.ts';
import type { TrialResult } from '../trial-result.ts';
import { measureWitness } from './witness.ts';

/** What the audit needs beyond the result itself, by a witness of its own. */
export function auditFactsOf(
  { mode, warmUpS = 0 }: TrialPlan,
  evidence: TrialEvidence,
): NonNullable<TrialResult['audit']> {
  const { clocks } = evidence;
  // What it needs of these, the judge of the path measures from the client's requests.
  if (mode === 'path') return { clocks, checks: [] };
  const { likes } = evidence.workload;
  const together = mode !== 'publish-then-count';
  const paced = mode === 'paced' || mode === 'hot-spot' ? { warmUpS } : {};
  const { rates, due, inSystem } = measureWitness({ ...evidence, likes, together, ...paced });
  return { rates: [...rates], due, inSystem, clocks, checks: [] };
}
