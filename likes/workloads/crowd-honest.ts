/**
 * The users of a crowd who mean it. All of this is assumed, since we know of no public figures: a
 * user comes at any moment and presses a few times in a row (how often is log-normal over users, so
 * few press much and most once or twice), each at a speed of their own, with log-normal pauses; and
 * 2 % of the likes come in sprees of somebody who presses all posts of a friend, three a second.
 */
import { apportion } from './apportion.ts';
import type { CrowdOptions, UserTimes } from './crowd.ts';
import type { CrowdSize } from './crowd-scripts.ts';
import { Random } from './random.ts';

/** Medians of pauses in s, and the spread of their logarithms over users and within one's own. */
export const PAUSE_S_MEDIAN = 1.5;
const PAUSE_SPREAD = 0.8;
const SPEED_SPREAD = 0.5;
const SPREE_PAUSE_S_MEDIAN = 0.33;
const SPREE_PAUSE_SPREAD = 0.3;
/** Of how much users press. */
const PRESSES_SPREAD = 1.2;

const SPREE_LIKES_SHARE = 0.02;
const SPREE_PRESSES_MIN = 10;
const SPREE_PRESSES_MAX = 40;

/** Weights of users become whole numbers by this, for a division that is exact. */
const WEIGHT_SCALE = 1_000;

const HONEST_SEQUENCE = 8_204;

/** The times of each honest user; together exactly as many likes as are theirs. */
export function honestTimes({ seed, seconds }: CrowdOptions, size: CrowdSize): UserTimes[] {
  const random = Random.seeded(seed, HONEST_SEQUENCE);
  const sprees = spreesOf(random, size.honestLikes);
  const users = size.users - size.heavyUsers - sprees.length;
  const left = size.honestLikes - sprees.reduce((sum, presses) => sum + presses, 0);
  // Each presses once at least, where there are likes enough for that.
  const least = left >= users ? 1 : 0;
  const weights = Array.from({ length: users }, () => {
    return 1 + Math.round(WEIGHT_SCALE * logNormal(random, 1, PRESSES_SPREAD));
  });
  const presses = apportion(weights, left - least * users).map((more) => least + more);
  return [
    ...sprees.map((count) => timesOf(random, { count, seconds, pause: SPREE })),
    ...presses.map((count) => {
      const median = logNormal(random, PAUSE_S_MEDIAN, SPEED_SPREAD);
      return timesOf(random, { count, seconds, pause: { median, spread: PAUSE_SPREAD } });
    }),
  ];
}

const SPREE = { median: SPREE_PAUSE_S_MEDIAN, spread: SPREE_PAUSE_SPREAD };

function spreesOf(random: Random, honestLikes: number): number[] {
  const sprees: number[] = [];
  let left = Math.round(honestLikes * SPREE_LIKES_SHARE);
  while (left >= SPREE_PRESSES_MIN) {
    const sizes = Math.min(SPREE_PRESSES_MAX, left) - SPREE_PRESSES_MIN + 1;
    const presses = SPREE_PRESSES_MIN + random.nextBelow(sizes);
    sprees.push(presses);
    left -= presses;
  }
  return sprees;
}

interface Row {
  readonly count: number;
  readonly seconds: number;
  readonly pause: { readonly median: number; readonly spread: number };
}

/**
 * Presses in a row from a moment anywhere in the load. What passes its end comes at its start, as
 * of somebody who had begun before it, so that the load is even from its first second on.
 */
function timesOf(random: Random, { count, seconds, pause }: Row): UserTimes {
  const endUs = seconds * 1_000_000;
  let atUs = random.nextUnit() * endUs;
  const timesUs: number[] = [];
  for (let press = 0; press < count; press++) {
    timesUs.push(Math.floor(atUs % endUs));
    atUs += logNormal(random, pause.median, pause.spread) * 1_000_000;
  }
  return { kind: 'honest', timesUs };
}

/** median · exp(spread · z), with z standard normal by Box and Muller (1958). */
function logNormal(random: Random, median: number, spread: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.nextUnit()));
  const z = radius * Math.cos(2 * Math.PI * random.nextUnit());
  return median * Math.exp(spread * z);
}
