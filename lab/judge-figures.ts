/** Whether the figures of a trial may be believed: steady while measured, and visible to others. */
import { doubtsOfHotSpot } from './judge-hot-spot.ts';
import { hotSpotOf } from './measure-hot-spot.ts';
import { doubtsOfSteady, measureSteady } from './measure-steady.ts';
import { doubtsOfVisible, measureVisible, notesOfVisible } from './measure-visible.ts';
import type { TrialEvidence } from './run-trial.ts';
import type { TrialPlan } from './trial-plan.ts';
import type { TrialResult } from './trial-result.ts';

export interface JudgedFigures extends Pick<TrialResult, 'steady' | 'visible' | 'hotSpot'> {
  /** Why the numbers are struck out. */
  readonly doubts: readonly string[];
  readonly notes: readonly string[];
}

/** Reads the records once more, and what the reader saw, where there was one. */
export function judgeFigures(plan: TrialPlan, evidence: TrialEvidence): JudgedFigures {
  const { likes } = evidence.workload;
  const { mode, warmUpS = 0 } = plan;
  const all = measureSteady({ ...evidence, mode, likes, warmUpS });
  const { doubts: unsteady, notes } = doubtsOfSteady(all);
  const steady = all.map(({ values, p99, samples, ...series }) => ({
    ...series,
    values: [...values],
    ...(p99 && { p99: [...p99] }),
    ...(samples && { samples: [...samples] }),
  }));
  const { reader, sightings } = evidence;
  const hotSpot = hotSpotOf(plan, evidence);
  const doubts = [...unsteady, ...doubtsOfHotSpot(hotSpot)];
  if (reader === undefined) return { steady, hotSpot, doubts, notes };
  const seen = measureVisible({ ...evidence, sightings: sightings[0]! });
  const visible = seen && {
    ...seen,
    polls: reader.polls,
    pollIntervalUsP99: reader.pollIntervalUsP99,
    pollIntervalUsMax: reader.pollIntervalUsMax,
    readerCoreShare: reader.usage.wallUs > 0 ? reader.usage.cpuUs / reader.usage.wallUs : 0,
  };
  return {
    ...{ steady, visible, hotSpot },
    doubts: [...doubts, ...doubtsOfVisible(seen)],
    notes: [...notes, ...notesOfVisible(seen, reader)],
  };
}
