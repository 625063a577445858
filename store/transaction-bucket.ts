/**
 * A limit on the transactions of a shard, for experiments: on one machine all shards share cores
 * and disk, so that a shard which is a server of its own has to be modelled.
 */

import { StoreUnavailableError } from './errors.ts';

/** A bucket holds what this time brings, so that a late timer loses nothing of the rate. */
const BURST_S = 0.1;
const US_PER_S = 1e6;

/** Waits for admission never come near this; the batch is then an outage, and comes again. */
export const ADMISSION_WAIT_MS_MAX = 30_000;

/** What became of one who asks: let in, with the bucket as it is then, or told to wait. */
export type Admission = { readonly dueUs: number } | { readonly waitUs: number };

/**
 * A token bucket as the generic cell rate algorithm keeps it, in one number (ITU-T I.371): the
 * moment at which the bucket is full again. Each admission puts it off by what one token takes;
 * nobody is let in while it lies more than `BURST_S` ahead.
 *
 * One bucket serves all processes, since it is read and written in the shard's own transaction:
 * were the rate shared out among consumers instead, those that have nothing to do would hold back
 * what others could use.
 *
 * @param dueUs as the last admission left it; undefined in a new shard
 * @param nowUs of one clock for all who ask
 */
export function admit(dueUs: number | undefined, nowUs: number, perS: number): Admission {
  const { tokenUs, burstUs } = bucketTimes(perS);
  // No admission leaves it further ahead: such a moment is of a clock that began anew.
  const isOfAnotherClock = dueUs !== undefined && dueUs > nowUs + burstUs + tokenUs;
  const due = dueUs === undefined || isOfAnotherClock ? nowUs : Math.max(dueUs, nowUs);
  // A token must be in the bucket when one is let in.
  const waitUs = due + tokenUs - burstUs - nowUs;
  return waitUs > 0 ? { waitUs } : { dueUs: due + tokenUs };
}

/** What one token takes to come, and how much the bucket holds, in whole µs. */
export function bucketTimes(perS: number): { tokenUs: number; burstUs: number } {
  const tokenUs = Math.ceil(US_PER_S / perS);
  return { tokenUs, burstUs: Math.max(BURST_S * US_PER_S, tokenUs) };
}

/** Of a shard, by its path or address. */
export function neverAdmitted(title: string, perS: number): StoreUnavailableError {
  return new StoreUnavailableError(
    `${title}: not among the ${perS} transactions a second that it admits for ` +
      `${ADMISSION_WAIT_MS_MAX} ms; deliver the batch again, or offer less`,
  );
}

/** The monotonic clock of the machine, the same for all of its processes, in whole µs. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
