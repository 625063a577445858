/** Result files of this lab: one trial, or the index of a run with all its trials. */

import { readRun } from '../../result-files.ts';
import { RESULT_FORMAT, trialResultSchema } from '../../trial-result.ts';
import { AUDIT_VERDICTS, type Audited, type AuditVerdict } from '../check.ts';
import { CHECKS } from '../checks.ts';
import { auditRun } from '../of-run.ts';
import { auditResult } from '../of-trial.ts';
import { type Format, hasKeys } from './format.ts';
import { parsed } from './parsed.ts';

export const ownTrial: Format = {
  name: 'trial of this lab',
  recognises: (value) => isOurs(value) && hasKeys(value, 'trial', 'broker', 'plan'),
  examine(value, path) {
    const result = parsed(trialResultSchema, value, { path, kind: `a ${ownTrial.name}` });
    return { kind: ownTrial.name, subject: result.trial, checks: auditResult(result) };
  },
};

export const ownRun: Format = {
  name: 'run of this lab',
  recognises: (value) => isOurs(value) && hasKeys(value, 'trials', 'profile'),
  examine(_value, path) {
    const { index, results } = readRun(path);
    const found = [
      ...results.flatMap((result) =>
        auditResult(result).map((audited) => ({ ...audited, trial: result.trial })),
      ),
      ...auditRun(results),
    ];
    const checks = CHECKS.map(({ name }): Audited => {
      const ofCheck = found.filter((one) => one.name === name);
      return { name, ...summaryOf(ofCheck) };
    });
    return { kind: ownRun.name, subject: `${index.run}, ${results.length} trials`, checks };
  },
};

/** Every hit is told with its trial; of all else, how often. */
function summaryOf(found: readonly (Audited & { trial: string })[]): Omit<Audited, 'name'> {
  const of = (verdict: AuditVerdict) => found.filter((one) => one.verdict === verdict);
  const hits = of('hit');
  const counts = AUDIT_VERDICTS.map((verdict) => [verdict, of(verdict).length] as const)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict}`);
  const evidence = [counts.join(', '), ...hits.map((one) => `${one.trial}: ${one.evidence}`)].join(
    '; ',
  );
  const missing = of('cannot tell')[0]?.evidence;
  if (hits.length === 0 && of('clean').length === 0 && missing !== undefined) {
    return { verdict: 'cannot tell', evidence: missing };
  }
  if (hits.length > 0) return { verdict: 'hit', evidence };
  const isTrivial = of('clean').every(({ trivial }) => trivial);
  return { verdict: 'clean', evidence, ...(isTrivial && { trivial: true }) };
}

function isOurs(value: unknown): boolean {
  return hasKeys(value, 'format') && (value as { format: unknown }).format === RESULT_FORMAT;
}
