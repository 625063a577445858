/** What the figures of `hot-spot` say of the course's claim, each word of it taken from them. */
import type { HotGroup } from '../lab/hot-spot-schema.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { cureOf, groupOf, shareOf } from './hot-spot-tables.ts';
import { type Figure, standingMedian } from './standing-median.ts';

/** A p99 of at most this part of what it was is a help; less may be chance. */
const HELPS_SHARE = 0.5;

const p99Of =
  (group: HotGroup): Figure =>
  (result) =>
    groupOf(result, group)?.p99Ms;

export interface Help {
  readonly before: number;
  readonly after: number;
  readonly helps: boolean;
}

/** What a cure did to the p99 of a group; undefined where either was not measured. */
export function helpOf(
  results: readonly TrialResult[],
  cure: string,
  group: HotGroup,
): Help | undefined {
  const of = (name: string) => results.filter((result) => cureOf(result) === name);
  // A cure that never came about says nothing of itself.
  const cured = of(cure).filter(({ hotSpot }) => hotSpot?.curedAfterMs !== undefined);
  const before = standingMedian(of('none'), p99Of(group));
  const after = standingMedian(cured, p99Of(group));
  if (before === undefined || after === undefined) return undefined;
  return { before, after, helps: after <= HELPS_SHARE * before };
}

export function explainHotSpot(results: readonly TrialResult[]): string {
  const lines = byShareOf(results).flatMap(([share, own]) => linesOf(share, own));
  const answer = answerToCourse(results);
  return [...lines.map((line) => `- ${line}`), ...(answer === undefined ? [] : ['', answer])].join(
    '\n',
  );
}

/** Trials with a viral post, by its share. */
function byShareOf(results: readonly TrialResult[]): [string, TrialResult[]][] {
  const struck = results.filter(({ hotSpot }) => hotSpot?.flashShare !== undefined);
  return [...Map.groupBy(struck, shareOf)].sort(([one], [other]) =>
    one.localeCompare(other, 'en', { numeric: true }),
  );
}

function linesOf(share: string, own: readonly TrialResult[]): string[] {
  const claims = [
    { cure: 'isolate', group: 'neighbours', claim: 'isolation helps the neighbours' },
    { cure: 'isolate', group: 'post', claim: 'isolation helps the post' },
    { cure: 'split', group: 'post', claim: 'splitting helps the post' },
    { cure: 'split', group: 'neighbours', claim: 'splitting helps the neighbours' },
    { cure: 'coalesce', group: 'post', claim: 'coalescing helps the post' },
    { cure: 'coalesce', group: 'neighbours', claim: 'coalescing helps the neighbours' },
  ] as const;
  return claims.flatMap(({ cure, group, claim }) => {
    const help = helpOf(own, cure, group);
    if (help === undefined) return [];
    const verdict = help.helps ? 'shown' : 'refuted';
    return [
      `With ${share} of the likes on one post, ${claim}: **${verdict}** (p99 of the ` +
        `${group === 'post' ? 'post' : group} ${milliseconds(help.before)} without, ` +
        `${milliseconds(help.after)} with).`,
    ];
  });
}

/** One line for the whole claim: monitor, isolate, scale the replicas. */
export function answerToCourse(results: readonly TrialResult[]): string | undefined {
  const byShare = byShareOf(results);
  const found = standingMedian(
    byShare.flatMap(([, own]) => own),
    ({ hotSpot }) => hotSpot?.foundAfterMs,
  );
  const parts = byShare.flatMap(([share, own]) => {
    const isolated = helpOf(own, 'isolate', 'post');
    const split = helpOf(own, 'split', 'post');
    if (isolated === undefined || split === undefined) return [];
    const isEnough = isolated.helps ? 'is enough' : 'is not enough';
    return [
      `at ${share} a shard of its own ${isEnough} (p99 of the post ` +
        `${milliseconds(isolated.before)} before, ${milliseconds(isolated.after)} isolated, ` +
        `${milliseconds(split.after)} split)`,
    ];
  });
  if (found === undefined || parts.length === 0) return undefined;
  return (
    '"Monitor, isolate the hot user on a database of its own, scale its replicas": ' +
    `monitoring finds the post after ${milliseconds(found)}; ${parts.join('; ')}. ` +
    'Replicas serve reads only and were not measured.'
  );
}

function milliseconds(ms: number): string {
  return `${formatNumber(ms, ms < 10 ? 1 : 0)} ms`;
}
