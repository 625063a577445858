/** What became of the promises between two runs: what no figure of a comparison excuses. */
import type { Pair, Subject } from './compare-pairs.ts';
import { brokenPromises } from './ledger.ts';
import type { TrialResult } from './trial-result.ts';

/** Those that matter first. A promise is newly broken unless A shows it broken as well. */
export const PROMISE_OUTCOMES = [
  'newly broken',
  'cannot tell',
  'still broken',
  'mended',
  'kept',
] as const;
export type PromiseOutcome = (typeof PROMISE_OUTCOMES)[number];

/** Runs by their verdicts. */
export interface Verdicts {
  readonly pass: number;
  readonly fail: number;
  readonly unknown: number;
}

export interface ComparedPromises extends Subject {
  readonly outcome: PromiseOutcome;
  readonly a: Verdicts;
  readonly b: Verdicts;
  /** What B broke, or A where B broke nothing, or why it cannot be told; each with its trial. */
  readonly evidence: readonly string[];
}

/** Undefined where neither side ever judged anything, such as a fault that says nothing here. */
export function comparePromises({ a, b, ...subject }: Pair): ComparedPromises | undefined {
  const [ofA, ofB] = [verdictsOf(a), verdictsOf(b)];
  if (judgedIn(ofA) + judgedIn(ofB) === 0) return undefined;
  const before = kindsIn(a);
  const isNew = (kind: string) => !before.has(kind);
  const outcome = outcomeOf(ofA, ofB, [...kindsIn(b)].some(isNew));
  return { ...subject, outcome, a: ofA, b: ofB, evidence: evidenceOf(outcome, { a, b }, isNew) };
}

function judgedIn({ pass, fail }: Verdicts): number {
  return pass + fail;
}

/**
 * Where A could not be judged, what B breaks counts as new: a gate has no reason to take it for
 * older than it is seen.
 */
function outcomeOf(a: Verdicts, b: Verdicts, breaksMore: boolean): PromiseOutcome {
  if (b.fail > 0) return breaksMore ? 'newly broken' : 'still broken';
  if (judgedIn(a) === 0 || judgedIn(b) === 0) return 'cannot tell';
  return a.fail > 0 ? 'mended' : 'kept';
}

function evidenceOf(
  outcome: PromiseOutcome,
  { a, b }: Pick<Pair, 'a' | 'b'>,
  isNew: (kind: string) => boolean,
): string[] {
  const broken = (results: readonly TrialResult[], side: string) =>
    results.flatMap((result) =>
      brokenIn(result).map((reason) => ({
        kind: kindOf(reason),
        text: `${side} ${result.trial}: ${reason}`,
      })),
    );
  const textsOf = (found: readonly { text: string }[]) => found.map(({ text }) => text);
  if (outcome === 'newly broken') return textsOf(broken(b, 'B').filter(({ kind }) => isNew(kind)));
  if (outcome === 'still broken') return textsOf(broken(b, 'B'));
  if (outcome === 'mended') return textsOf(broken(a, 'A'));
  if (outcome === 'kept') return [];
  return (['A', 'B'] as const)
    .filter((side) => judgedIn(verdictsOf(side === 'A' ? a : b)) === 0)
    .map((side) => {
      const first = (side === 'A' ? a : b)[0]!;
      return `${side} ${first.trial} could not be judged: ${first.reasons.join('; ')}`;
    });
}

function verdictsOf(results: readonly TrialResult[]): Verdicts {
  const count = (wanted: TrialResult['verdict']) =>
    results.filter(({ verdict }) => verdict === wanted).length;
  return { pass: count('pass'), fail: count('fail'), unknown: count('unknown') };
}

function kindsIn(results: readonly TrialResult[]): Set<string> {
  return new Set(results.flatMap(brokenIn).map(kindOf));
}

/** Result files leave out what a ledger does not know. */
const NO_FILE = { unexpectedPosts: undefined, expectedPosts: undefined };

/** The reasons of a failure that are broken promises; the others say what else was odd. */
function brokenIn({ verdict, reasons, ledger }: TrialResult): readonly string[] {
  if (verdict !== 'fail') return [];
  const everything = { order: true, survival: true };
  const possible = ledger ? brokenPromises({ ...NO_FILE, ...ledger }, everything) : [];
  const found = reasons.filter((reason) => possible.includes(reason));
  return found.length > 0 ? found : reasons;
}

/** How many differs from run to run; which promise does not. */
function kindOf(reason: string): string {
  return reason.replaceAll(/\d+/g, 'n');
}
