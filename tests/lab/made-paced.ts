/** Paced trials with the p99 that a test wants. */
import { LatencyRecorder } from '../../lab/latency-histogram.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { madePlan, madeResult } from './made-result.ts';

/** All its likes take exactly so long; its numbers stand unless `changed` says otherwise. */
export function pacedResult(
  likesPerS: number,
  p99Ms: number,
  changed: Partial<TrialResult> = {},
): TrialResult {
  const recorder = new LatencyRecorder();
  recorder.record(p99Ms * 1000);
  const summary = { ...recorder.summary()!, p99Us: p99Ms * 1000 };
  const { rates: _, ...made } = madeResult({
    trial: '001-kafka-kill-paced',
    experiment: 'latency',
    plan: { ...madePlan('paced'), likesPerS, warmUpS: 1, pace: `${likesPerS}/s` },
  });
  return {
    ...made,
    latencies: {
      dueToVisible: summary,
      dueToSent: summary,
      sentToDelivered: summary,
      deliveredToVisible: summary,
      sentToAcknowledged: summary,
      likesDue: summary.samples,
    },
    ...changed,
  };
}
