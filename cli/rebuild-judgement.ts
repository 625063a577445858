/** What a rebuild says of a store: whether the counts that are there are those of the log. */
import type { LogGap } from '../brokers/broker.ts';
import { formatNumber } from '../lab/table.ts';
import type { CountDifference, StoreComparison } from '../store/compare-stores.ts';
import type { CountingRule } from '../store/count-store.ts';
import { EXIT } from './usage-error.ts';

/** What may make two right stores differ. */
export interface RebuildCircumstances {
  /** Likes that the server had in the queue, uncounted, before the store was read. */
  readonly uncounted: number;
  /** Whether likes came to the queue after the end of what was counted again. */
  readonly hasGrown: boolean;
  /** Whether the beginning of the log was not there, or went while it was read. */
  readonly isShort: boolean;
}

export interface Judgement {
  readonly code: number;
  /** One line, the next step in it. */
  readonly text: string;
}

/**
 * A store may have less than the log while likes wait to be counted, and more when likes came after
 * what was counted again, or the log is short. Only a difference that nothing explains breaks it.
 * Under *states* a like that is missing may have been an unlike, so either way explains either.
 */
export function judgeRebuild(
  { posts, differences }: StoreComparison,
  { uncounted, hasGrown, isShort }: RebuildCircumstances,
  rule: CountingRule = 'tally',
): Judgement {
  const number = (value: number) => formatNumber(value, 0);
  if (differences.length === 0) {
    return { code: EXIT.pass, text: `all ${number(posts)} posts have the counts of the log` };
  }
  const some = `${number(differences.length)} of ${number(posts)} posts differ`;
  const isExplained = uncounted > 0 || hasGrown || isShort;
  const wrong = differences.filter(({ was, is }) => {
    if (rule === 'states') return !isExplained;
    const hasLess = is.likes > was.likes || is.unlikes > was.unlikes;
    const hasMore = is.likes < was.likes || is.unlikes < was.unlikes;
    return (hasLess && uncounted === 0) || (hasMore && !hasGrown && !isShort);
  });
  if (wrong.length > 0) {
    const which = wrong.length === differences.length ? '' : `, ${number(wrong.length)} of them`;
    return {
      code: EXIT.fail,
      text: `${some}${which} for no reason but a wrong store; lab audit looks where it is damaged`,
    };
  }
  const reasons = [
    uncounted > 0 && `${number(uncounted)} likes of the queue are not counted yet`,
    hasGrown && 'likes came meanwhile',
    isShort && 'the log has lost its beginning',
  ].filter((reason) => reason !== false);
  const step = isShort ? 'nobody can tell' : 'do it again while nobody sends and nothing waits';
  return { code: EXIT.unknown, text: `${some}, perhaps since ${reasons.join(', and ')}; ${step}` };
}

/** Why a log that has lost its beginning is not counted again. */
export function describeGaps(gaps: readonly LogGap[]): string {
  const lanes = gaps.map(({ lane, begins, gone }) => {
    const before = gone === undefined ? 'not told how many' : `${formatNumber(gone, 0)} gone`;
    return `lane ${lane} at ${begins} (${before})`;
  });
  return (
    `the log begins at ${lanes.join(', ')}: older likes are gone, a rebuild would be short; ` +
    '--partial counts what is left'
  );
}

export function describeDifference({ post, was, is }: CountDifference): string {
  const told = ({ likes, unlikes }: CountDifference['was']) =>
    `${formatNumber(likes, 0)} likes and ${formatNumber(unlikes, 0)} unlikes`;
  return `${post}: was ${told(was)}, is ${told(is)}`;
}
