/**
 * What a measurement says of itself, in words that fit any tool. Every part may be unknown: a check
 * that lacks its part answers `cannot tell`. Times are in ms or s as their names say.
 */

/** A rate that is printed, and what is known of how it came about. */
export interface RateClaim {
  readonly name: string;
  readonly perS: number;
  /** What was asked for, where the load was open. */
  readonly offeredPerS?: number | undefined;
  /** Counted by another witness than the rate: what belongs into it, and the time that it took. */
  readonly events?: number | undefined;
  readonly spanS?: number | undefined;
  /** The same with all that came in the warm-up. */
  readonly eventsWithWarmUp?: number | undefined;
  /** By how much the span may be off. */
  readonly spanErrorS?: number | undefined;
  /** The longest time in the span in which nothing happened. */
  readonly longestGapS?: number | undefined;
  /** Sends or requests that ended by a timeout, and so in the rate's time and not in its count. */
  readonly timeouts?: number | undefined;
  /** The rate in each full window after the warm-up. */
  readonly windowsPerS?: readonly number[] | undefined;
  readonly windowS?: number | undefined;
  /** How many blocks a window's events came in on average, where they did not come one by one. */
  readonly blocksPerWindow?: number | undefined;
  /** Standard deviation over mean of windows that are not listed, and how many they were. */
  readonly spread?: { readonly variation: number; readonly windows: number } | undefined;
}

export interface PercentileClaim {
  /** Between 0 and 100. */
  readonly percent: number;
  readonly ms: number;
}

/** A latency that is printed. */
export interface LatencyClaim {
  readonly name: string;
  readonly meanMs?: number | undefined;
  readonly minMs?: number | undefined;
  readonly maxMs?: number | undefined;
  readonly samples?: number | undefined;
  /** How many there should be: one for each like, message or request. */
  readonly events?: number | undefined;
  /** How many samples may differ from that, for a reason that is known. */
  readonly samplesOff?: number | undefined;
  /** Samples known to have been thrown away. */
  readonly dropped?: number | undefined;
  /** Samples at or below 0 that were kept. */
  readonly notPositive?: number | undefined;
  /** Percentiles that the tool puts before its reader. */
  readonly quoted: readonly PercentileClaim[];
  /** Percentiles that the tool lists whatever the number of samples. */
  readonly listed?: readonly PercentileClaim[] | undefined;
  /** The least and the most that its histogram can tell, and the end of its first bucket. */
  readonly histogram?:
    | {
        readonly floorMs?: number | undefined;
        readonly firstBucketMs?: number | undefined;
        readonly topMs?: number | undefined;
      }
    | undefined;
  /** Smallest step between two values. */
  readonly resolutionMs?: number | undefined;
  /** The p50 without a correction that went wrong, in words, where it can be worked out. */
  readonly uncorrected?: string | undefined;
}

/** Little's law: what is in a system on average is its rate times the mean time in it. */
export interface FlowClaim {
  readonly name: string;
  readonly perS: number;
  readonly meanMs: number;
  /** Counted, not worked out from the two above. */
  readonly inSystem?: number | undefined;
  /** By how much the count may be off because it is taken at moments. */
  readonly inSystemOff?: number | undefined;
  /** No more than this can be in it: connections, users. */
  readonly inSystemMax?: number | undefined;
}

/** What a name or a label says, and what was found. */
export interface SettingClaim {
  readonly what: string;
  readonly labelled: string;
  readonly found: string;
  /** Undefined where what was found does not tell. */
  readonly holds: boolean | undefined;
}

/** Whether each like, message or request was the same work. */
export interface WorkClaim {
  readonly what: string;
  readonly holds: boolean;
  readonly evidence: string;
  readonly wouldBe?: string | undefined;
}

export interface Claims {
  /** What is counted: likes, messages, requests. */
  readonly unit: string;
  readonly rates: readonly RateClaim[];
  readonly latencies: readonly LatencyClaim[];
  readonly flows: readonly FlowClaim[];
  readonly settings: readonly SettingClaim[];
  readonly work: readonly WorkClaim[];
  /** Waiting at moments of the run; below 0 more had been received than sent. */
  readonly backlog?: { readonly counts: readonly number[]; readonly perS: number } | undefined;
  readonly clock?:
    | {
        readonly resolutionMs: number;
        /** Between two processes; that it is no larger is known up to the bound. */
        readonly skewMs?: number | undefined;
        readonly skewBoundMs?: number | undefined;
      }
    | undefined;
  readonly generator?:
    | {
        readonly lagMsP99?: number | undefined;
        /** Sends that were due and never begun, and those that were. */
        readonly notStarted?: number | undefined;
        readonly started?: number | undefined;
        /** The rate by the due times themselves, and by which share it may be off by chance. */
        readonly due?:
          | { readonly perS: number; readonly plannedPerS: number; readonly shareOff: number }
          | undefined;
      }
    | undefined;
  readonly load?:
    | {
        /** Where a tool does not tell whether a rate was set, it is not known. */
        readonly kind: 'open' | 'closed' | 'unknown';
        readonly offeredPerS?: number | undefined;
        readonly reachedPerS?: number | undefined;
        /** What waited at moments of the measured time: its trend, and whether that is growth. */
        readonly trend?: { readonly perS: number; readonly grows: boolean } | undefined;
        /** Share of the connections or users that were busy on average. */
        readonly busyShare?: number | undefined;
      }
    | undefined;
}
