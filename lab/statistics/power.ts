/** How small a difference runs like these can show, found by resampling the runs themselves. */
import { Random } from '../../likes/workloads/random.ts';
import { RUNS_LEAST, ratioOfMedians } from './bootstrap.ts';
import { median } from './median.ts';

/** In this share of cases the difference is to be called one. */
export const POWER = 0.8;
/** The share that is found is then right to about 4 %, and a comparison takes a few ms. */
const DRAWS = 120;
/** The lowest of 400 stands for the 0.25 % that an interval over six runs leaves out below. */
const RESAMPLES = 400;
/** Keeps these random numbers apart from those of the intervals. */
const POWER_SEQUENCE = 7_105;
/** The same runs always give the same answer. */
const POWER_SEED = 1;

/**
 * The smallest factor above 1 by which a subject must differ from the one that these are runs of,
 * so that `ratioOfMedians`, given `size` runs of each (as many as there are unless told), calls
 * them different in 80 % of cases. Undefined below RUNS_LEAST runs, and for a number that is not
 * above 0.
 *
 * A case is two samples drawn out of the runs, one of them multiplied by the factor. That
 * multiplies the interval of their ratio as well, so one interval a case tells from which factor
 * on it is called different, and the answer is the 80th percentile of these factors. Samples out
 * of n runs spread less than new runs would, by the root of (n - 1) / n (the narrowness bias of
 * Hesterberg, see bootstrap.ts), so the runs are first drawn apart by as much.
 */
export function smallestDetected(
  runs: readonly number[],
  size: number = runs.length,
): number | undefined {
  if (Math.min(runs.length, size) < RUNS_LEAST || runs.some((run) => !(run > 0))) return undefined;
  const random = Random.seeded(POWER_SEED, POWER_SEQUENCE);
  const spread = drawnApart(runs);
  const sample = () => Array.from({ length: size }, () => spread[random.nextBelow(spread.length)]!);
  const factors = Array.from({ length: DRAWS }, () => {
    const { interval } = ratioOfMedians(sample(), sample(), { resamples: RESAMPLES })!;
    return 1 / interval.low;
  });
  factors.sort((one, other) => one - other);
  return factors[Math.ceil(POWER * DRAWS) - 1]!;
}

/** Around their median, by ratios: so that none falls to 0. */
function drawnApart(runs: readonly number[]): number[] {
  const middle = median(runs);
  const power = Math.sqrt(runs.length / (runs.length - 1));
  return runs.map((run) => middle * (run / middle) ** power);
}
