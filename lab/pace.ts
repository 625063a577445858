/** When likes are due: the schedule of an open loop, which never waits for the system. */

export interface Pace {
  /** Clock time at which the like at `place` (0, 1, 2, …) is due, µs. */
  dueUs(place: number): number;
  /** How many places are due at a clock time. */
  dueCount(nowUs: number): number;
}

/** One like every 1/`likesPerS` second from `startUs` on. */
export function evenPace(startUs: number, likesPerS: number): Pace {
  const intervalUs = 1_000_000 / likesPerS;
  return {
    dueUs: (place) => startUs + place * intervalUs,
    dueCount: (nowUs) => Math.max(0, Math.floor((nowUs - startUs) / intervalUs) + 1),
  };
}
