/**
 * What theory says of one server that serves first come first served: like by like by Lindley's
 * recursion, and in the long run, with Poisson arrivals, in closed form. Times are all of one unit.
 */
import {
  exponentialTimes,
  type ServiceTime,
  serviceTimes,
} from '../likes/workloads/service-times.ts';
import { mean } from './statistics/mean.ts';

/**
 * Time from arrival to the end of service, for each. The wait of the next one is what is left of
 * this one's: W' = max(0, W + S - A), where A is the gap between the two arrivals (D. V. Lindley,
 * "The theory of queues with a single server", 1952).
 *
 * @param arrivals moments, in rising order
 * @param services as many
 */
export function lindleySojourns(
  arrivals: ArrayLike<number>,
  services: ArrayLike<number>,
): Float64Array {
  const sojourns = new Float64Array(arrivals.length);
  let sojourn = 0;
  for (let place = 0; place < arrivals.length; place++) {
    const gap = place === 0 ? 0 : arrivals[place]! - arrivals[place - 1]!;
    const wait = Math.max(0, sojourn - gap);
    sojourn = wait + services[place]!;
    sojourns[place] = sojourn;
  }
  return sojourns;
}

export interface ClosedForm {
  /** Mean of the time from arrival to the end of service. */
  readonly mean: number;
  /** The time that a share `share` (0.99) of all stays below. */
  quantile(share: number): number;
}

/**
 * Poisson arrivals and services as `distribution` says, at a load from 0 to below 1.
 * @throws RangeError for another load
 */
export function closedFormOf(
  distribution: ServiceTime['distribution'],
  load: number,
  meanService: number,
): ClosedForm {
  if (!(load >= 0 && load < 1)) {
    throw new RangeError(`a queue at load ${load} has no long run; take one from 0 to below 1`);
  }
  return distribution === 'exponential'
    ? exponentialService(load, meanService)
    : fixedService(load, meanService);
}

/** M/M/1: the time in the system is exponential with the mean 1 / (mu - lambda). */
function exponentialService(load: number, meanService: number): ClosedForm {
  const mean = meanService / (1 - load);
  return { mean, quantile: (share) => -mean * Math.log(1 - share) };
}

/** A term of the series of this size leaves a sum that is right to 10^-5 in doubles. */
const TERM_MAX = 1e11;
/** Halvings of the interval that holds a quantile: down to the last bits of a double. */
const HALVINGS = 60;

/** M/D/1: the mean by Pollaczek and Khinchine, percentiles by turning Erlang's series round. */
function fixedService(load: number, service: number): ClosedForm {
  return {
    mean: service * (1 + load / (2 * (1 - load))),
    quantile(share) {
      if (share <= 1 - load) return service;
      let [below, above] = [0, 1];
      while (fixedServiceWaitShare(load, above) < share) [below, above] = [above, above + 1];
      for (let halving = 0; halving < HALVINGS; halving++) {
        const middle = (below + above) / 2;
        if (fixedServiceWaitShare(load, middle) < share) below = middle;
        else above = middle;
      }
      return service * (1 + above);
    },
  };
}

/**
 * Share of all that wait no longer than `wait` services in M/D/1 (A. K. Erlang 1909; C. D.
 * Crommelin 1932 for several servers):
 * (1 - r) · sum over k from 0 to floor(wait) of (-r (wait - k))^k / k! · e^(r (wait - k)).
 *
 * @throws RangeError where its terms are so large that their sum would be noise
 */
export function fixedServiceWaitShare(load: number, wait: number): number {
  let sum = 0;
  for (let k = 0; k <= wait; k++) {
    const left = load * (wait - k);
    let term = Math.exp(left);
    for (let factor = 1; factor <= k; factor++) term *= -left / factor;
    if (Math.abs(term) > TERM_MAX) {
      throw new RangeError(`M/D/1 at load ${load}: a wait of ${wait} services is out of reach`);
    }
    sum += term;
  }
  return (1 - load) * sum;
}

/** Runs that chance is judged by; the spread that they give is itself right to about 10 %. */
const CHANCE_RUNS = 40;
const CHANCE_SEQUENCE = 7_103;

/** Spread (one standard error) of the mean and of the p99 of one run, by chance alone. */
export interface Chance {
  readonly mean: number;
  readonly p99: number;
}

/**
 * How far mean and p99 of `likes` likes in a row, after `warmUpLikes` from an empty queue, lie from
 * run to run. Waits of neighbours hang together, the more the higher the load, so that no formula
 * for independent samples holds; so that many runs are made by Lindley's recursion instead, with
 * seeds of their own.
 */
export function chanceOf(
  distribution: ServiceTime['distribution'],
  load: number,
  sizes: { readonly meanService: number; readonly likes: number; readonly warmUpLikes: number },
): Chance {
  const { meanService, likes, warmUpLikes } = sizes;
  const count = warmUpLikes + likes;
  const [arrivals, services] = [new Float64Array(count), new Float64Array(count)];
  const means = new Float64Array(CHANCE_RUNS);
  const p99s = new Float64Array(CHANCE_RUNS);
  for (let run = 0; run < CHANCE_RUNS; run++) {
    const gap = exponentialTimes(meanService / load, run, CHANCE_SEQUENCE);
    const service = serviceTimes({ distribution, meanUs: meanService, seed: run });
    let now = 0;
    for (let place = 0; place < count; place++) {
      now += gap();
      arrivals[place] = now;
      services[place] = service();
    }
    const measured = lindleySojourns(arrivals, services).subarray(warmUpLikes);
    means[run] = mean(measured);
    p99s[run] = measured.sort()[Math.min(likes - 1, Math.floor(likes * 0.99))]!;
  }
  return { mean: standardDeviation(means), p99: standardDeviation(p99s) };
}

function standardDeviation(values: Float64Array): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
