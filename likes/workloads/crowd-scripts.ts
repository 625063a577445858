/**
 * The few users of a crowd who like far more than the others: some at random, most by scripts, of
 * which some know the limit.
 */
import { apportion } from './apportion.ts';
import type { CrowdOptions, UserTimes } from './crowd.ts';
import { WorkloadError } from './planned-like.ts';
import { Random } from './random.ts';

/** Of all users, and of all likes: the assumption of the research note, for bots. */
const HEAVY_USERS_SHARE = 0.001;
const HEAVY_LIKES_SHARE = 0.05;

/**
 * `random`: as often as the scripts, at any moment. `beat`: a script with a fixed pause, a multiple
 * of 50 ms as people write them. `below` and `above`: a script just below the limit, one a quarter
 * above it. `bursts`: twice as many as may come at once, whenever the bucket is full again.
 */
export const HEAVY_KINDS = ['random', 'beat', 'below', 'above', 'bursts'] as const;

/** Of the limit. A quarter above shows within half a minute; a hair above would take an hour. */
const BELOW_RATIO = 0.95;
const ABOVE_RATIO = 1.25;
/** Of the bucket, in one burst; its likes follow each other at once, as a loop sends them. */
const BURST_RATIO = 2;
export const BURST_GAP_US = 10_000;
/** Pauses of scripts are multiples of it. */
export const BEAT_STEP_US = 50_000;

/** What heavy users offer on average, of the limit; it decides how many there are. */
const HEAVY_RATE_RATIO = 1.5;
/** One of each kind. */
const HEAVY_USERS_LEAST = HEAVY_KINDS.length;

const PHASE_SEQUENCE = 8_202;
const RANDOM_SEQUENCE = 8_203;

/** How many users there are, and who makes how much. */
export interface CrowdSize {
  readonly users: number;
  readonly heavyUsers: number;
  readonly heavyLikes: number;
  readonly honestLikes: number;
}

export function crowdSize({ likesPerS, seconds, limit }: CrowdOptions): CrowdSize {
  const total = Math.round(likesPerS * seconds);
  const heavyLikes = Math.round(total * HEAVY_LIKES_SHARE);
  const offeredByOne = limit.likesPerS * HEAVY_RATE_RATIO * seconds;
  const heavyUsers = Math.max(HEAVY_USERS_LEAST, Math.round(heavyLikes / offeredByOne));
  const users = Math.round(heavyUsers / HEAVY_USERS_SHARE);
  return { users, heavyUsers, heavyLikes, honestLikes: total - heavyLikes };
}

/**
 * The times of each heavy user; together exactly as many likes as are theirs.
 * @throws WorkloadError USAGE when the scripts that know the limit leave nothing for the others
 */
export function heavyTimes(options: CrowdOptions, size: CrowdSize): UserTimes[] {
  const { seed, seconds, limit } = options;
  const phase = Random.seeded(seed, PHASE_SEQUENCE);
  const endUs = seconds * 1_000_000;
  const every = (gapUs: number) => beats(phase.nextUnit() * gapUs, gapUs, endUs);
  const knowing: UserTimes[] = [
    { kind: 'below', timesUs: every(1_000_000 / (limit.likesPerS * BELOW_RATIO)) },
    { kind: 'above', timesUs: every(1_000_000 / (limit.likesPerS * ABOVE_RATIO)) },
    { kind: 'bursts', timesUs: bursts(options, phase.nextUnit()) },
  ];
  const others = size.heavyUsers - knowing.length;
  const each = Math.floor((size.heavyLikes - likesOf(knowing)) / others);
  if (each < 1) throw tooFew(options);
  const gapUs = Math.ceil(endUs / each / BEAT_STEP_US) * BEAT_STEP_US;
  const beating = Array.from({ length: Math.ceil(others / 2) }, (): UserTimes => {
    return { kind: 'beat', timesUs: every(gapUs) };
  });
  const randomUsers = others - beating.length;
  const left = size.heavyLikes - likesOf([...knowing, ...beating]);
  const random = Random.seeded(seed, RANDOM_SEQUENCE);
  // Uniform moments: a Poisson process of which the number of its likes is known.
  const atRandom = apportion(new Array(randomUsers).fill(1), left).map((likes): UserTimes => {
    const timesUs = Array.from({ length: likes }, () => Math.floor(random.nextUnit() * endUs));
    return { kind: 'random', timesUs };
  });
  return [...knowing, ...beating, ...atRandom];
}

function likesOf(users: readonly UserTimes[]): number {
  return users.reduce((sum, { timesUs }) => sum + timesUs.length, 0);
}

function beats(firstUs: number, gapUs: number, endUs: number): number[] {
  const count = Math.max(0, Math.ceil((endUs - firstUs) / gapUs));
  return Array.from({ length: count }, (_, place) => Math.floor(firstUs + place * gapUs));
}

function bursts({ seconds, limit }: CrowdOptions, phase: number): number[] {
  const endUs = seconds * 1_000_000;
  const refillUs = (limit.burst / limit.likesPerS) * 1_000_000;
  const likes = Math.round(limit.burst * BURST_RATIO);
  const starts = beats(phase * refillUs, refillUs, endUs);
  const timesUs = starts.flatMap((startUs) =>
    Array.from({ length: likes }, (_, place) => startUs + place * BURST_GAP_US),
  );
  return timesUs.filter((timeUs) => timeUs < endUs);
}

function tooFew({ likesPerS, seconds }: CrowdOptions): WorkloadError {
  return new WorkloadError(
    'USAGE',
    `${likesPerS} likes/s for ${seconds} s are too few for a script of each kind: give a higher ` +
      'rate or a longer time',
  );
}
