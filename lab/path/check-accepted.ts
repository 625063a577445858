/**
 * Holds every 202 that a client got against what the gateways recorded and what is counted: the
 * client is a witness that neither of them has seen.
 */
import type { PlannedLike } from '../../likes/workloads/workload.ts';
import type { KnownLikes } from '../checker.ts';
import type { RequestedLike } from './request-load.ts';

/** A request that was answered 202. */
export interface Accepted {
  /** In the load. */
  readonly place: number;
  readonly source: string;
  readonly seq: number;
}

export interface AcceptedFindings {
  /** 202 with a number that another request had got before. */
  readonly acceptedTwice: number;
  /** 202 whose number no broker or database had acknowledged. */
  readonly acceptedUnacknowledged: number;
  /** 202 whose number is that of another like than the one that was sent, or of none. */
  readonly acceptedOther: number;
  /** 202 whose like is not counted. */
  readonly acceptedUncounted: number;
}

export interface AcceptedInput {
  readonly accepted: readonly Accepted[];
  /** The request at a place, as the load makes it. */
  readonly requested: (place: number) => RequestedLike | undefined;
  /** What a gateway handed on under a number; undefined where it gave no such number. */
  readonly handedOn: (source: string, seq: number) => PlannedLike | undefined;
  readonly known: KnownLikes;
}

/** Each 202 is in each figure at most once. */
export function checkAccepted(input: AcceptedInput): AcceptedFindings {
  const found = {
    acceptedTwice: 0,
    acceptedUnacknowledged: 0,
    acceptedOther: 0,
    acceptedUncounted: 0,
  };
  const answered = new Set<string>();
  for (const { place, source, seq } of input.accepted) {
    const number = `${source} ${seq}`;
    if (answered.has(number)) found.acceptedTwice++;
    answered.add(number);
    if (!input.known.isAcknowledged(source, seq)) found.acceptedUnacknowledged++;
    if (!input.known.isCounted(source, seq)) found.acceptedUncounted++;
    if (!isSame(input.requested(place), input.handedOn(source, seq))) found.acceptedOther++;
  }
  return found;
}

function isSame(sent: RequestedLike | undefined, given: RequestedLike | undefined): boolean {
  if (sent === undefined || given === undefined) return false;
  return (['post', 'user', 'action', 'version'] as const).every((key) => sent[key] === given[key]);
}
