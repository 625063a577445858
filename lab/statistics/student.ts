/** Quantiles of two distributions, as far as intervals over few runs need them. */

/** Enough halvings to separate any two doubles between the bounds below. */
const HALVINGS = 200;
const T_MAX = 1_000;

/**
 * The t with P(T <= t) = `probability` for Student's t distribution.
 * By halving over its distribution function, from the regularized incomplete beta function
 * (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.1).
 * @throws RangeError for a probability that is not between 0 and 1
 */
export function studentQuantile(probability: number, degrees: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new RangeError(`a probability is between 0 and 1, not ${probability}`);
  }
  if (probability < 0.5) return -studentQuantile(1 - probability, degrees);
  let [low, high] = [0, T_MAX];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (studentProbability(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return high;
}

/** P(T <= t) for t >= 0. */
function studentProbability(t: number, degrees: number): number {
  return 1 - betaShare(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
}

/**
 * P(Z <= z) of the standard normal distribution: half the complementary error function, which is
 * an incomplete gamma function, by its series near 0 and its continued fraction far from it.
 */
export function normalProbability(z: number): number {
  const x = (z * z) / 2;
  const tail = x < 1.5 ? 1 - gammaSeries(x) : gammaFraction(x);
  return z < 0 ? tail / 2 : 1 - tail / 2;
}

const TERMS_MAX = 500;
const EPSILON = 1e-15;
const TINY = 1e-300;

/** The lower regularized incomplete gamma function at (1/2, x). */
function gammaSeries(x: number): number {
  if (x === 0) return 0;
  let term = 2;
  let sum = term;
  for (let n = 1; n < TERMS_MAX && term > sum * EPSILON; n++) {
    term *= x / (n + 0.5);
    sum += term;
  }
  return (sum * Math.sqrt(x) * Math.exp(-x)) / Math.sqrt(Math.PI);
}

/** The upper one, by Lentz's method. */
function gammaFraction(x: number): number {
  let b = x + 0.5;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < TERMS_MAX; n++) {
    const a = -n * (n - 0.5);
    b += 2;
    d = 1 / nonZero(a * d + b);
    c = nonZero(b + a / c);
    const change = c * d;
    fraction *= change;
    if (Math.abs(change - 1) < EPSILON) break;
  }
  return (fraction * Math.sqrt(x) * Math.exp(-x)) / Math.sqrt(Math.PI);
}

/** The regularized incomplete beta function I_x(a, b), by its continued fraction (26.5.8). */
function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on one side only; the other follows from the symmetry.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(1 - x, b, a);
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x),
  );
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < TERMS_MAX; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const change = c * d;
    fraction *= change;
    if (Math.abs(change - 1) < EPSILON) break;
  }
  return (front * fraction) / a;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** From this on Stirling's series is exact to all digits that a double has. */
const STIRLING_LEAST = 15;

/** ln Γ(x) for x > 0: lifted by its recurrence, then Stirling's series (6.1.41). */
function logGamma(x: number): number {
  if (x < STIRLING_LEAST) return logGamma(x + 1) - Math.log(x);
  const square = x * x;
  const series = 1 / (12 * x) - 1 / (360 * x * square) + 1 / (1260 * x * square * square);
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}
