/** What one trial is: one broker, one workload, once. */
import type { WorkloadName } from '../likes/workloads/workload.ts';

/**
 * `publish-then-count`: all is published first, then counted from the full backlog.
 * `sustained`: producers and consumers at work together, as fast as they may.
 * `paced`: the same at a fixed rate, from which latencies are taken.
 */
export type TrialMode = 'publish-then-count' | 'sustained' | 'paced';

export interface TrialPlan {
  readonly experiment: string;
  readonly mode: TrialMode;
  /** Likes due per second; paced trials only. */
  readonly likesPerS?: number;
  /** Paced trials only: likes due in this time are not measured. */
  readonly warmUpS?: number;
  /** The offered load in words, such as `50 % of own maximum`; the same for all repeats. */
  readonly pace?: string;
  readonly workload: WorkloadName;
  readonly likes: number | 'all';
  readonly seed: number;
  readonly lanes: number;
  readonly consumers: number;
  readonly shards: number;
  /** Undefined: the broker's own habit. */
  readonly likesPerSend?: number | undefined;
  readonly sendsInFlight?: number | undefined;
  /** Bytes that the broker may hold on disk before the producer waits. */
  readonly backlogBytesMax: number;
}

export const LANES_DEFAULT = 4;
export const CONSUMERS_DEFAULT = 1;
export const SHARDS_DEFAULT = 4;
export const BACKLOG_BYTES_MAX_DEFAULT = 2 * 1024 ** 3;
