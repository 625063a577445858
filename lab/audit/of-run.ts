/** The audit between the results of a run: rows that stand side by side must be of equal work. */
import { formatNumber } from '../table.ts';
import type { TrialResult } from '../trial-result.ts';
import { type Audited, clean, hit } from './check.ts';

/** A finding on one trial, beside the others of its run. */
export interface AuditedTrial extends Audited {
  readonly trial: string;
}

/**
 * Trials of the same likes, by name, seed and number, have the same workload hash whatever their
 * broker, and all stores of a run commit alike. A finding is told of the later of two that differ.
 */
export function auditRun(results: readonly TrialResult[]): AuditedTrial[] {
  return results.flatMap((result, place) =>
    auditAgainst(result, results.slice(0, place)).map((found) => ({
      ...found,
      trial: result.trial,
    })),
  );
}

/** The same for one result and those before it in its run. */
export function auditAgainst(result: TrialResult, before: readonly TrialResult[]): Audited[] {
  const name = 'equal-work';
  const findings: Audited[] = [];
  const { hash, likes } = result.workload;
  const same = before.find((other) => isSameWork(result, other));
  if (same !== undefined && hash !== undefined) {
    const what = `${formatNumber(likes ?? 0, 0)} likes of ${result.workload.name}`;
    const other = same.workload.hash;
    findings.push({
      name,
      ...(hash === other
        ? clean(`${what}: hash ${hash}, as in ${same.trial}`)
        : hit(`${what}: hash ${hash} here and ${other} in ${same.trial}`)),
    });
  }
  const own = result.settings[SYNCHRONOUS];
  const unlike = before.find(({ settings }) => (settings[SYNCHRONOUS] ?? own) !== own);
  if (own !== undefined && unlike !== undefined) {
    const there = `${unlike.settings[SYNCHRONOUS]} in ${unlike.trial}`;
    findings.push({ name, ...hit(`${SYNCHRONOUS} ${own} here and ${there}`) });
  }
  return findings;
}

const SYNCHRONOUS = 'store synchronous';

/** What decides which requests a client sends; which way they go does not. */
function requestsOf({ path, likesPerS }: TrialResult['plan']) {
  return path && { ...path, ...ANY_WAY, likesPerS };
}

const ANY_WAY = { kind: '', rule: '', updates: '', gateways: 0, traces: '' };

/** A load that is struck ends when it has shown enough, so that its hash is of its own. */
function isSameWork(a: TrialResult, b: TrialResult): boolean {
  const isStruck = ({ mode }: TrialResult['plan']) => mode === 'faults' || mode === 'crash';
  const keyOf = ({ workload: { name, data, variant, likes, seed }, plan }: TrialResult) =>
    JSON.stringify([name, data, variant, likes, seed, isStruck(plan), requestsOf(plan)]);
  const hasStruckLoad = a.faults !== undefined || a.recovery !== undefined;
  return !hasStruckLoad && b.workload.hash !== undefined && keyOf(a) === keyOf(b);
}
