/**
 * Seeded exponential times: gaps of Poisson arrivals, and what a server with a known service time
 * takes for each message. Whoever has the seed draws the very same times again.
 */
import { Random } from './random.ts';

/** One server takes so long for each message, in the order in which they arrive. */
export interface ServiceTime {
  readonly distribution: 'fixed' | 'exponential';
  readonly meanUs: number;
  /** Decides what an exponential service draws; whole number from 0 to 2^32 - 1. */
  readonly seed: number;
}

/** Keeps the draws of services apart from all others with the same seed. */
const SERVICES_SEQUENCE = 7_102;

/**
 * Exponential times without end, in the unit of `mean`, by inversion: -mean · ln(1 - u). At 32 bits
 * of randomness the longest is 22.2 means.
 */
export function exponentialTimes(mean: number, seed: number, sequence: number): () => number {
  const random = Random.seeded(seed, sequence);
  return () => -mean * Math.log(1 - random.nextUnit());
}

/** µs that the next message takes, message by message. */
export function serviceTimes({ distribution, meanUs, seed }: ServiceTime): () => number {
  if (distribution === 'fixed') return () => meanUs;
  return exponentialTimes(meanUs, seed, SERVICES_SEQUENCE);
}
