/** All experiments, in the order in which `all` runs them. */
import type { Experiment } from '../lab/experiment.ts';
import { briefCalibration, calibration } from './calibration.ts';
import { capacityCurve } from './capacity-curve.ts';
import { directOrQueued } from './direct-or-queued.ts';
import { faults } from './faults.ts';
import { fullCount } from './full-count.ts';
import { hotSpot } from './hot-spot.ts';
import { latency } from './latency.ts';
import { limiter } from './limiter.ts';
import { noise } from './noise.ts';
import { ordering } from './ordering.ts';
import { persistence } from './persistence.ts';
import { reads } from './reads.ts';
import { scaling } from './scaling.ts';
import { sharding } from './sharding.ts';
import { throughput } from './throughput.ts';
import { writePath } from './write-path.ts';

/** What `all` runs; the first ones find the maxima that the others offer shares of. */
export const EXPERIMENTS: readonly Experiment[] = [throughput, latency, ordering, persistence];

/** Those that run when they are asked for; in `all` a brief `calibration`, and with the profile
 * `full` also `scaling` and `capacity-curve`. */
export const MORE_EXPERIMENTS: readonly Experiment[] = [
  calibration,
  scaling,
  capacityCurve,
  faults,
  fullCount,
  noise,
  hotSpot,
  reads,
  sharding,
  limiter,
  directOrQueued,
  writePath,
];

export const EVERY_EXPERIMENT: readonly Experiment[] = [...EXPERIMENTS, ...MORE_EXPERIMENTS];

/** What `all` means with a profile. */
export function experimentsOf(profile: string): readonly Experiment[] {
  const usual = [...EXPERIMENTS, briefCalibration];
  return profile === 'full' ? [...usual, scaling, capacityCurve] : usual;
}
