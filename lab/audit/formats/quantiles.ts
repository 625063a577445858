/** What a map of quantiles, as HdrHistogram gives it, tells beyond what is printed. */

/** Shares this small are read for counts; larger ones are no longer exact enough. */
const COUNTS_READ_MAX = 100_000;
const SHARES_READ = 60;
/** A histogram whose finest step holds more samples than this does not tell how many it holds. */
const STEP_SAMPLES_MAX = 5_000;
/** Of fewer quantiles, a number of samples may fit by chance. */
const QUANTILES_LEAST = 5;
/** Quantiles of no more digits than this were rounded, and fit a power of ten. */
const DIGITS_ROUNDED = 4;
/** How far from a whole number a count may be. */
const COUNT_OFF = 0.01;

/** Five digits: from a value to the next one of its histogram. */
const BUCKET_SHARE = 2e-5;
/** Fewer different values may be whole by chance. */
const VALUES_LEAST = 5;

/**
 * How many samples a histogram holds, from its quantiles alone: each share is a whole number of
 * samples over their number, so the smallest number that makes all of them whole is it. Undefined
 * when there is none, as for quantiles that were rounded.
 */
export function samplesIn(quantiles: Readonly<Record<string, number>>): number | undefined {
  const percents = Object.keys(quantiles)
    .map(Number)
    .filter((percent) => percent < 100);
  const isRounded = (percent: number) => Number(percent.toFixed(DIGITS_ROUNDED)) === percent;
  if (percents.length < QUANTILES_LEAST || percents.every(isRounded)) return undefined;
  const below = percents.map((percent) => percent / 100).sort((a, b) => a - b);
  const above = percents.map((percent) => 1 - percent / 100).sort((a, b) => a - b);
  const shares = [...below.slice(0, SHARES_READ), ...above.slice(0, SHARES_READ)];
  const least = Math.min(...shares.filter((share) => share > 0));
  if (!Number.isFinite(least)) return undefined;
  for (let inStep = 1; inStep <= STEP_SAMPLES_MAX; inStep++) {
    const samples = inStep / least;
    const counts = shares.map((share) => share * samples).filter((c) => c < COUNTS_READ_MAX);
    if (counts.length < QUANTILES_LEAST) return undefined;
    if (counts.every((c) => Math.abs(c - Math.round(c)) <= COUNT_OFF)) return Math.round(samples);
  }
  return undefined;
}

/** Whether all values are whole, but for what their histogram's buckets add: then so are steps. */
export function isWhole(values: readonly number[]): boolean {
  const different = [...new Set(values)];
  if (different.length < VALUES_LEAST) return false;
  return different.every((value) => value - Math.floor(value) <= value * BUCKET_SHARE + 1e-9);
}
