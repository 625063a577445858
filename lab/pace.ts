/** When likes are due: the schedule of an open loop, which never waits for the system. */
import { exponentialTimes } from '../likes/workloads/service-times.ts';

/** How due times lie: one like every 1/rate, or at random with that mean between two. */
export const ARRIVALS = ['even', 'poisson'] as const;
export type Arrivals = (typeof ARRIVALS)[number];

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

/** Keeps the draws of arrivals apart from all others with the same seed. */
const ARRIVALS_SEQUENCE = 7_101;

/**
 * Poisson arrivals from `startUs` on: exponential gaps with the mean 1/`likesPerS`, the same ones
 * for the same seed. However far it runs it keeps two places in memory, since each question has a
 * walk of its own along the same gaps. Asked for an earlier place or time than before, it walks
 * again from the start.
 */
export function poissonPace(startUs: number, likesPerS: number, seed: number): Pace {
  const begin = () => new PoissonWalk(startUs, likesPerS, seed);
  let toPlace = begin();
  let toTime = begin();
  return {
    dueUs(place) {
      if (place < toPlace.place) toPlace = begin();
      while (toPlace.place < place) toPlace.step();
      return toPlace.dueUs;
    },
    dueCount(nowUs) {
      if (nowUs < toTime.stepUs) toTime = begin();
      while (toTime.dueUs <= nowUs) toTime.step();
      return toTime.place;
    },
  };
}

class PoissonWalk {
  place = 0;
  dueUs: number;
  /** When the place before this one was due. */
  stepUs = Number.NEGATIVE_INFINITY;
  readonly #gapUs: () => number;

  constructor(startUs: number, likesPerS: number, seed: number) {
    this.#gapUs = exponentialTimes(1_000_000 / likesPerS, seed, ARRIVALS_SEQUENCE);
    this.dueUs = startUs + this.#gapUs();
  }

  step(): void {
    this.stepUs = this.dueUs;
    this.dueUs += this.#gapUs();
    this.place++;
  }
}
