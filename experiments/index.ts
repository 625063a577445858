/** All experiments, in the order in which `all` runs them. */
import type { Experiment } from '../lab/experiment.ts';
import { capacityCurve } from './capacity-curve.ts';
import { faults } from './faults.ts';
import { fullCount } from './full-count.ts';
import { latency } from './latency.ts';
import { ordering } from './ordering.ts';
import { persistence } from './persistence.ts';
import { scaling } from './scaling.ts';
import { throughput } from './throughput.ts';

/** What `all` runs; the first ones find the maxima that the others offer shares of. */
export const EXPERIMENTS: readonly Experiment[] = [throughput, latency, ordering, persistence];

/** Those that run when they are asked for; the first two also in `all` with the profile `full`. */
export const MORE_EXPERIMENTS: readonly Experiment[] = [scaling, capacityCurve, faults, fullCount];

export const EVERY_EXPERIMENT: readonly Experiment[] = [...EXPERIMENTS, ...MORE_EXPERIMENTS];

/** What `all` means with a profile. */
export function experimentsOf(profile: string): readonly Experiment[] {
  return profile === 'full' ? [...EXPERIMENTS, scaling, capacityCurve] : EXPERIMENTS;
}
