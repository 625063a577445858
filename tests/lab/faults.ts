/**
 * The faults that faulty-worker.ts can plant in a real trial. A worker is told nothing but its
 * setup, so the seed of the workload says which: `1_000 * its number + anything below`.
 */
export const FAULTS = {
  /** The producer reports a like as acknowledged that it never handed to the queue. */
  loss: 9_001_000,
  /** A count is raised once more behind the store's back. */
  doubleEffect: 9_002_000,
  /** The consumer hands its second batch on before the first. */
  swap: 9_003_000,
  /** A like that nobody sent is counted. */
  phantom: 9_004_000,
  /** A like is counted on another post. */
  miscount: 9_005_000,
  /** A loss and a double effect that leave every sum as it should be. */
  lossAndDouble: 9_006_000,
  /** Nothing goes wrong, but the worker leaves its process id and some words. */
  named: 9_007_000,
  /** Nothing goes wrong, but the worker takes its time to end, and leaves a file when it does. */
  slowEnd: 9_008_000,
} as const;

export type Fault = keyof typeof FAULTS;

/** The like that faults happen to. */
export const FAULT_SEQ = 5_000;
/** What a `named` worker says before it starts. */
export const WORDS = 'these words are my last ones';
/** How long a `slowEnd` worker takes to end. */
export const SLOW_END_MS = 400;

export function faultOf(seed: number): Fault | undefined {
  const found = Object.entries(FAULTS).find(([, base]) => seed >= base && seed < base + 1_000);
  return found?.[0] as Fault | undefined;
}
