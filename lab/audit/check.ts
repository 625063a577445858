/** What a check is, and how the findings on the parts of a measurement become one. */
import { formatNumber } from '../table.ts';
import type { Claims } from './claims.ts';

export const AUDIT_VERDICTS = ['clean', 'hit', 'cannot tell'] as const;
export type AuditVerdict = (typeof AUDIT_VERDICTS)[number];

export interface Finding {
  readonly verdict: AuditVerdict;
  /** In words and figures; of `cannot tell`, what is missing. */
  readonly evidence: string;
  /** What the figure would be without the mistake, when that can be worked out. */
  readonly wouldBe?: string | undefined;
  /** Clean because there is nothing that could be wrong, and so no word for what there is. */
  readonly trivial?: true;
}

export interface Check {
  /** Stable: it stands in messages and in result files. */
  readonly name: string;
  /** The mistake, in a few words. */
  readonly mistake: string;
  find(claims: Claims): Finding;
}

/** The finding of one check, by its name. */
export interface Audited extends Finding {
  readonly name: string;
}

export const clean = (evidence: string): Finding => ({ verdict: 'clean', evidence });
export const trivial = (evidence: string): Finding => ({ ...clean(evidence), trivial: true });
export const hit = (evidence: string, wouldBe?: string): Finding => ({
  verdict: 'hit',
  evidence,
  ...(wouldBe !== undefined && { wouldBe }),
});
export const cannotTell = (missing: string): Finding => ({
  verdict: 'cannot tell',
  evidence: missing,
});

/** A finding is a line, and the parts of a measurement may be many. */
const PARTS_TOLD_MAX = 3;

/**
 * One finding from those on the parts: hits are told, one part that is clean is enough when none is
 * a hit, and without any the check cannot tell.
 */
export function together(findings: readonly Finding[], missing: string): Finding {
  const hits = findings.filter(({ verdict }) => verdict === 'hit');
  const told = hits.length > 0 ? hits : findings.filter(({ verdict }) => verdict === 'clean');
  const [first] = told;
  if (first === undefined) return findings[0] ?? cannotTell(missing);
  const join = (texts: readonly string[]) => {
    const different = [...new Set(texts)];
    const more = different.length - PARTS_TOLD_MAX;
    const rest = more > 0 ? [`and ${more} more alike`] : [];
    return [...different.slice(0, PARTS_TOLD_MAX), ...rest].join('; ');
  };
  const wouldBe = join(told.flatMap((finding) => finding.wouldBe ?? []));
  const evidence = join(told.map((finding) => finding.evidence));
  return { verdict: first.verdict, evidence, ...(wouldBe !== '' && { wouldBe }) };
}

/** With as many digits as tell it: 30,256 and 0.44 and 3.2. */
export function figure(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 4;
  return formatNumber(value, digits);
}

export function percent(share: number): string {
  const value = share * 100;
  return `${figure(Math.abs(value) >= 10 ? Math.round(value) : value)} %`;
}
