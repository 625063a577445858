/** All experiments, in the order in which `all` runs them. */
import type { Experiment } from '../lab/experiment.ts';
import { latency } from './latency.ts';
import { throughput } from './throughput.ts';

export { fullCount } from './full-count.ts';

export const EXPERIMENTS: readonly Experiment[] = [throughput, latency];
