/** What the doctor found, for tests. */
import type { Audited, AuditVerdict } from '../../../../lab/audit/check.ts';
import type { Examined } from '../../../../lab/audit/formats/format.ts';

export function judged({ checks }: Examined, wanted: AuditVerdict): string[] {
  return checks.filter(({ verdict }) => verdict === wanted).map(({ name }) => name);
}

export function hitNames(examined: Examined): string[] {
  return judged(examined, 'hit');
}

/** @throws Error when that check did not hit */
export function hitNamed({ checks }: Examined, wanted: string): Audited {
  const found = checks.find(({ name, verdict }) => name === wanted && verdict === 'hit');
  if (found === undefined) throw new Error(`${wanted} is no hit`);
  return found;
}
