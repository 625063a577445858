/** Runs whose mean and spread a test knows. */
import type { Random } from '../../../likes/workloads/random.ts';

/** Roughly normal: the sum of twelve uniform numbers has variance 1. */
export function drawnRuns(random: Random, runs: number, mean: number, deviation: number): number[] {
  const normal = () =>
    Array.from({ length: 12 }, () => random.nextUnit()).reduce((sum, unit) => sum + unit, -6);
  return Array.from({ length: runs }, () => mean + deviation * normal());
}
