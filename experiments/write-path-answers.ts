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
  return groupsOf(results.filter(stands)).flatMap(
    (group) => sentenceOf(middleOf(group), group.length) ?? [],
  );
}

/** The run whose mean of the whole way is the median, so that all its figures are of one run. */
export function middleOf(group: readonly TrialResult[]): TrialResult {
  const meanUs = ({ writePath }: TrialResult) => writePath!.whole.meanUs;
  const sorted = group.toSorted((one, other) => meanUs(one) - meanUs(other));
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

function stands({ writePath, verdict, numbersValid }: TrialResult): boolean {
  return writePath !== undefined && verdict === 'pass' && numbersValid;
}

export function sentenceOf(result: TrialResult, runs = 1): string | undefined {
  const slowest = slowestHopOf(result);
  if (slowest === undefined) return undefined;
  const { whole } = result.writePath!;
  const ms = (us: number) => formatNumber(us / 1_000, 1);
  const percent = formatNumber(100 * slowest.share, 0);
  const kind = result.plan.path?.kind ?? 'queued';
  const cure = hopsOf(kind).find(({ name }) => name === slowest.name)?.cure;
  const { name, meanUs, p99Us } = slowest;
  const which = runs > 1 ? `, in the middle one of ${runs} runs` : '';
  return (
    `**${brokerOf(result)}** at ${result.plan.pace}${which}: ${percent} % of a like's time goes ` +
    `into "${name}" (${ms(meanUs)} of ${ms(whole.meanUs)} ms on average; p99 ${ms(p99Us)} of ` +
    `${ms(whole.p99Us)} ms). To shorten it, ${cure}.`
  );
}
