/** Whether what a trial shows is of its hot post, or of a machine that was too slow before it. */
import type { HotSpotFacts } from './hot-spot-schema.ts';
import { median } from './statistics/median.ts';
import { formatNumber } from './table.ts';

/** Seconds right before the flash, or before what is measured where there is none. */
const CALM_SECONDS = 5;
/** Likes that are later than this (p99, median of those seconds) wait for something else. */
const CALM_MS_MAX = 500;

/** Why the numbers cannot stand; empty where nothing was measured, which has other reasons. */
export function doubtsOfHotSpot(facts: HotSpotFacts | undefined): string[] {
  if (facts === undefined) return [];
  const until = Math.floor((facts.flash ?? facts.measured).fromS);
  const calm = facts.seconds.others.p99Ms.slice(Math.max(0, until - CALM_SECONDS), until);
  const told = calm.filter((ms) => ms !== null);
  if (told.length === 0) return [];
  const ms = median(told);
  if (ms <= CALM_MS_MAX) return [];
  return [
    `likes were ${formatNumber(ms, 0)} ms late (p99) before any post was viral: what limits is ` +
      'not the hot post',
  ];
}
