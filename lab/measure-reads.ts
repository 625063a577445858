/** What a viewer reported, and whether the bounds that it was served were true. */
import { checkBounds, readBoundSamples } from './bound-samples.ts';
import type { Reads } from './reads-schema.ts';
import type { TrialEvidence } from './run-trial.ts';

export interface MeasuredReads {
  /** Undefined when nothing was answered. */
  readonly reads: Reads | undefined;
  /** Why the numbers cannot stand. */
  readonly doubts: readonly string[];
}

type ReadsEvidence = Pick<TrialEvidence, 'viewer' | 'bounds' | 'producerRecords'> & {
  readonly likes: number;
};

/** Reads the records of the producers once more. Nothing of trials without a viewer. */
export function measureReads(evidence: ReadsEvidence): MeasuredReads {
  const { viewer } = evidence;
  if (viewer === undefined) return { reads: undefined, doubts: [] };
  const { usage: _, latency, ...figures } = viewer;
  if (latency === undefined) return { reads: undefined, doubts: ['no request was answered'] };
  const samples = evidence.bounds.flatMap((path) => readBoundSamples(path));
  const bounds = samples.length > 0 ? checkBounds(samples, evidence) : undefined;
  const doubts =
    bounds !== undefined && bounds.broken > 0
      ? [`${bounds.broken} of ${bounds.checked} counts missed more likes than their bound said`]
      : [];
  return { reads: { ...figures, latency, ...(bounds && { bounds }) }, doubts };
}
