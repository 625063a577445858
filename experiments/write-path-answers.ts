/** What the hops say, in sentences, each word of it taken from them. */
import { brokerOf } from '../lab/common-columns.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { hopsOf } from '../lab/write-path/hops.ts';
import { groupsOf, slowestHopOf } from './write-path-tables.ts';

export function explainHops(results: readonly TrialResult[]): string {
  return sentencesOf(results)
    .map((line) => `- ${line}`)
    .join('\n');
}

/** One a row: which hop takes most of the time, and what to do about it. */
export function sentencesOf(results: readonly TrialResult[]): string[] {
  return groupsOf(results.filter(stands)).flatMap(([first]) => sentenceOf(first!) ?? []);
}

function stands({ writePath, verdict, numbersValid }: TrialResult): boolean {
  return writePath !== undefined && verdict === 'pass' && numbersValid;
}

export function sentenceOf(result: TrialResult): string | undefined {
  const slowest = slowestHopOf(result);
  if (slowest === undefined) return undefined;
  const { whole } = result.writePath!;
  const ms = (us: number) => formatNumber(us / 1_000, 1);
  const percent = formatNumber(100 * slowest.share, 0);
  const kind = result.plan.path?.kind ?? 'queued';
  const cure = hopsOf(kind).find(({ name }) => name === slowest.name)?.cure;
  const { name, meanUs, p99Us } = slowest;
  return (
    `**${brokerOf(result)}** at ${result.plan.pace}: ${percent} % of a like's time goes into ` +
    `"${name}" (${ms(meanUs)} of ${ms(whole.meanUs)} ms on average; p99 ${ms(p99Us)} of ` +
    `${ms(whole.p99Us)} ms). To shorten it, ${cure}.`
  );
}
