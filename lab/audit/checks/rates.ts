/** Checks on rates: only what belongs into their count and time, and alike in all windows. */

import { mean } from '../../statistics/mean.ts';
import {
  type Check,
  cannotTell,
  clean,
  type Finding,
  figure,
  hit,
  percent,
  together,
} from '../check.ts';
import type { Claims, RateClaim } from '../claims.ts';

const COUNT_SHARE_OFF = 0.02;
/** A pause this long, and this large a share of the time, is a timeout or a stall and no work. */
const GAP_S_MAX = 1;
const GAP_SHARE_MAX = 0.1;
/** Standard deviation over mean: above this a rate is an average of different things. */
const VARIATION_MAX = 0.1;
/**
 * Windows of n events that come at random vary by 1/√n, and windows of few events that come evenly
 * by less; three times that is no chance. Events that come in blocks are as many as their blocks.
 */
const CHANCE_FACTOR = 3;
/** Fewer windows say little of how they vary. */
export const WINDOWS_LEAST = 5;

function onEach(
  { rates }: Claims,
  missing: string,
  find: (rate: RateClaim) => Finding | undefined,
): Finding {
  return together(
    rates.flatMap((rate) => find(rate) ?? []),
    rates.length === 0 ? 'a rate' : missing,
  );
}

export const warmUpInRate: Check = {
  name: 'warm-up-in-rate',
  mistake: 'a rate that counts what was done outside its time, such as a warm-up',
  find: (claims) =>
    onEach(claims, 'what was counted, in what time', (rate) => {
      const { name, perS, events, spanS, spanErrorS = 0, eventsWithWarmUp } = rate;
      if (events === undefined || spanS === undefined || spanS <= 0) return undefined;
      const counted = perS * spanS;
      const off = COUNT_SHARE_OFF + spanErrorS / spanS;
      const right = `${figure(events)} ${claims.unit} in ${figure(spanS)} s`;
      if (counted <= events * (1 + off)) {
        return clean(`${name}: ${figure(perS)}/s, ${right}`);
      }
      const isWarmUp =
        eventsWithWarmUp !== undefined && counted <= eventsWithWarmUp * (1 + off) ? ' warm-up' : '';
      return hit(
        `${name}: ${figure(perS)}/s would be ${figure(counted)} ${claims.unit} in ` +
          `${figure(spanS)} s, and there were ${figure(events)}` +
          (isWarmUp && `; ${figure(eventsWithWarmUp!)} with those of the${isWarmUp}`),
        `${figure(events / spanS)}/s`,
      );
    }),
};

export const timeoutInRate: Check = {
  name: 'timeout-in-rate',
  mistake: 'a timeout or a pause in the time that a rate is divided by',
  find: (claims) =>
    onEach(claims, 'how long nothing happened, and whether anything timed out', (rate) => {
      const { name, perS, timeouts, longestGapS: gapS, spanS, events } = rate;
      if (timeouts !== undefined && timeouts > 0) {
        return hit(`${name}: ${figure(timeouts)} timeouts in the time of ${figure(perS)}/s`);
      }
      if (gapS === undefined || spanS === undefined) {
        return timeouts === undefined ? undefined : clean(`${name}: nothing timed out`);
      }
      const text = `${name}: the longest pause is ${figure(gapS)} s of ${figure(spanS)} s`;
      if (gapS <= GAP_S_MAX || gapS <= GAP_SHARE_MAX * spanS) return clean(text);
      const counted = events ?? perS * spanS;
      if (gapS >= spanS) return hit(text);
      return hit(text, `${figure(counted / (spanS - gapS))}/s without it`);
    }),
};

export const windowSpread: Check = {
  name: 'window-spread',
  mistake: 'a rate that is an average of windows which differ',
  find: (claims) =>
    onEach(claims, 'the rate window by window', (rate) => {
      const spread = spreadOf(rate);
      if (spread === undefined) return undefined;
      const { variation, windows } = spread;
      if (windows < WINDOWS_LEAST) {
        return cannotTell(`${WINDOWS_LEAST} full windows; ${rate.name} has ${windows}`);
      }
      const text = `${rate.name}: ${percent(variation)} variation over ${windows} windows`;
      if (variation <= spread.variationMax) return clean(text);
      const { windowsPerS } = rate;
      if (windowsPerS === undefined) return hit(text);
      const sorted = [...windowsPerS].sort((a, b) => a - b);
      const [least, most] = [sorted[0]!, sorted.at(-1)!];
      const middle = sorted[Math.floor(sorted.length / 2)]!;
      return hit(
        `${text}, from ${figure(least)} to ${figure(most)}/s`,
        `${figure(middle)}/s in the window in the middle`,
      );
    }),
};

function spreadOf({ windowsPerS, windowS = 0, blocksPerWindow, spread }: RateClaim) {
  if (windowsPerS === undefined) return spread && { ...spread, variationMax: VARIATION_MAX };
  const windows = windowsPerS.length;
  if (windows === 0) return undefined;
  const average = mean(windowsPerS);
  const variance = mean(windowsPerS.map((perS) => (perS - average) ** 2));
  const perWindow = Math.min(average * windowS, blocksPerWindow ?? Number.POSITIVE_INFINITY);
  const byChance = perWindow > 0 ? CHANCE_FACTOR / Math.sqrt(perWindow) : 0;
  const variationMax = Math.max(VARIATION_MAX, byChance);
  return { windows, variationMax, variation: average > 0 ? Math.sqrt(variance) / average : 0 };
}
