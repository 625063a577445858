/** The detection of hot posts at several stated rates, for one workload: calculated, not run. */
import { openWorkload, type WorkloadName } from '../likes/workloads/workload.ts';
import { calculateDetection, type DetectionTools } from './calculate-detection.ts';
import type { HotSpotFacts } from './hot-spot-schema.ts';
import { median } from './statistics/median.ts';
import type { MadeLikes } from './trial-plan.ts';

const LIKES_PER_S = [1_000, 10_000, 100_000];
const PROCESSES = 4;
const MERGE_EVERY_MS = 500;
/** Of likes at each rate; a flash is the middle third of them. */
const SECONDS = 6;
/** Where between two merges the flash begins is chance: it is tried at as many places. */
const PHASES = 5;

export function detectionAtRates(
  name: WorkloadName,
  options: { readonly seed: number } & MadeLikes,
  tools: DetectionTools,
): NonNullable<HotSpotFacts['detection']> {
  return LIKES_PER_S.map((likesPerS) => {
    const workload = openWorkload(name, { likes: likesPerS * SECONDS, ...options });
    const { flash } = workload;
    const phases = flash === undefined ? 1 : PHASES;
    const all = Array.from({ length: phases }, (_, phase) =>
      calculateDetection(
        workload,
        {
          ...{ likesPerS, processes: PROCESSES, mergeEveryMs: MERGE_EVERY_MS },
          startMs: (phase * MERGE_EVERY_MS) / phases,
          ...(flash && { flash: { post: flash.post, fromSeq: flash.start } }),
        },
        tools,
      ),
    );
    const mean = (of: (one: (typeof all)[number]) => number) =>
      all.reduce((sum, one) => sum + of(one), 0) / all.length;
    const delays = all.flatMap(({ delayMs }) => delayMs ?? []);
    return {
      ...{ likesPerS, processes: PROCESSES },
      merges: all.reduce((sum, { merges }) => sum + merges, 0),
      precisionAt10: mean(({ precisionAt10 }) => precisionAt10),
      recallAt10: mean(({ recallAt10 }) => recallAt10),
      ...(delays.length > 0 && { delayMs: median(delays), delayMsMax: Math.max(...delays) }),
      // One that was never found has no delay, and must not look like a short one.
      ...(flash && { notFound: all.length - delays.length }),
    };
  });
}
