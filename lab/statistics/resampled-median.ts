/**
 * Medians of resamples, drawn at once. Which places the middle of a resample comes from depends on
 * the number of runs alone, so one random number finds a median, where drawing and sorting a whole
 * resample would take one for every run.
 */
import type { Random } from '../../likes/workloads/random.ts';

/** Where the middle of a resample comes from, and how often it comes from there or before. */
interface Middles {
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  readonly cumulative: Float64Array;
}

const known = new Map<number, Middles>();

/** A draw of the median of as many runs, taken with replacement out of `runs`. */
export function medianResampler(runs: readonly number[], random: Random): () => number {
  const sorted = Float64Array.from(runs).sort();
  const middles = known.get(runs.length) ?? middlesOf(runs.length);
  known.set(runs.length, middles);
  const { lower, upper, cumulative } = middles;
  return () => {
    const place = firstAbove(cumulative, random.nextUnit());
    return (sorted[lower[place]!]! + sorted[upper[place]!]!) / 2;
  };
}

function firstAbove(cumulative: Float64Array, unit: number): number {
  let [low, high] = [0, cumulative.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle]! > unit) high = middle;
    else low = middle + 1;
  }
  return low;
}

function middlesOf(runs: number): Middles {
  const found = runs % 2 === 1 ? oddMiddles(runs) : evenMiddles(runs);
  let sum = 0;
  const cumulative = Float64Array.from(found, ({ chance }) => {
    sum += chance;
    return sum;
  });
  return {
    lower: Int32Array.from(found, ({ lower }) => lower),
    upper: Int32Array.from(found, ({ upper }) => upper),
    cumulative,
  };
}

interface Middle {
  readonly lower: number;
  readonly upper: number;
  readonly chance: number;
}

/** The one in the middle is at `place` or before when more than half of the draws are. */
function oddMiddles(runs: number): Middle[] {
  const needed = (runs + 1) / 2;
  const below = (place: number) => atLeast(runs, needed, place / runs);
  return Array.from({ length: runs }, (_, place) => {
    return { lower: place, upper: place, chance: below(place + 1) - below(place) };
  });
}

/**
 * The two in the middle are at `lower` and `upper` when half of the draws are at `lower` or before,
 * one of them there, and the other half at `upper` or behind, one of them there. What is left of
 * the chance of `lower` is that both are there.
 */
function evenMiddles(runs: number): Middle[] {
  const half = runs / 2;
  const ways = choices(runs, half);
  const step = (count: number) => (count / runs) ** half - ((count - 1) / runs) ** half;
  return Array.from({ length: runs }, (_, lower) => {
    const apart = Array.from({ length: runs - lower - 1 }, (_, more): Middle => {
      const upper = lower + 1 + more;
      return { lower, upper, chance: ways * step(lower + 1) * step(runs - upper) };
    });
    const alone = atLeast(runs, half, (lower + 1) / runs) - atLeast(runs, half, lower / runs);
    const both = apart.reduce((rest, { chance }) => rest - chance, alone);
    return [{ lower, upper: lower, chance: Math.max(0, both) }, ...apart];
  }).flat();
}

/** P(X >= needed) of a binomial X. */
function atLeast(draws: number, needed: number, chance: number): number {
  let sum = 0;
  for (let hits = needed; hits <= draws; hits++) {
    sum += choices(draws, hits) * chance ** hits * (1 - chance) ** (draws - hits);
  }
  return sum;
}

function choices(of: number, taken: number): number {
  let ways = 1;
  for (let place = 1; place <= taken; place++) ways *= (of - taken + place) / place;
  return ways;
}
