/**
 * Which requests are due when: the likes of a workload at the rate of the plan, and a burst on top.
 * Made by the plan alone, so that whoever judges the trial makes the same once more.
 */
import { openWorkload, type PlannedLike } from '../../likes/workloads/workload.ts';
import { evenPace, poissonPace } from '../pace.ts';
import type { BurstPlan } from '../path-plan.ts';
import { type TrialPlan, workloadOptionsOf } from '../trial-plan.ts';

/** What is sent; the gateway numbers it. */
export type RequestedLike = Pick<PlannedLike, 'post' | 'user' | 'action' | 'version'>;

export interface PlannedRequest extends RequestedLike {
  /** After the start, µs; the next request is due no earlier. */
  readonly dueUs: number;
}

/** Every pass gives the same requests. Their places, from 0, are how records call them. */
export type RequestLoad = Iterable<PlannedRequest>;

/** The post that everybody likes in a burst; no workload has it. */
export const FLASH_POST = 'flash';

/** A client repeats nothing here: what becomes of a repeat is the gateway's own test. */
export function requestLoadOf(plan: TrialPlan): RequestLoad {
  const background = { [Symbol.iterator]: () => backgroundOf(plan) };
  const burst = plan.path?.burst;
  if (burst === undefined) return background;
  const { likesPerS } = pacedBy(plan);
  return mergeByDue(background, { [Symbol.iterator]: () => burstOf(burst, likesPerS) });
}

/** Two loads as one, in the order in which their requests are due. */
export function mergeByDue(one: RequestLoad, other: RequestLoad): RequestLoad {
  return { [Symbol.iterator]: () => merged(one, other) };
}

/** Requests that the burst adds. */
export function likesInBurst({ factor, lastsS }: BurstPlan, likesPerS: number): number {
  return Math.round((factor - 1) * likesPerS * lastsS);
}

/** Whether a request that is due then, µs after the start, is due in the burst. */
export function isInBurst(burst: BurstPlan | undefined, dueUs: number): boolean {
  if (burst === undefined) return false;
  const sinceUs = dueUs - burst.atS * 1e6;
  return sinceUs >= 0 && sinceUs < burst.lastsS * 1e6;
}

function pacedBy({ likesPerS }: TrialPlan): { likesPerS: number } {
  if (likesPerS === undefined) throw new Error('a trial over HTTP has a rate of its own');
  return { likesPerS };
}

function* backgroundOf(plan: TrialPlan): Generator<PlannedRequest, undefined> {
  const { likesPerS } = pacedBy(plan);
  const pace =
    plan.arrivals === 'poisson' ? poissonPace(0, likesPerS, plan.seed) : evenPace(0, likesPerS);
  const workload = openWorkload(plan.workload, workloadOptionsOf(plan));
  let place = 0;
  for (const { retry, post, user, action, version } of workload.stream()) {
    if (retry) continue;
    yield { dueUs: pace.dueUs(place++), post, user, action, version };
  }
  return undefined;
}

function* burstOf(burst: BurstPlan, likesPerS: number): Generator<PlannedRequest, undefined> {
  const likes = likesInBurst(burst, likesPerS);
  const stepUs = (burst.lastsS * 1e6) / likes;
  for (let place = 0; place < likes; place++) {
    const dueUs = burst.atS * 1e6 + place * stepUs;
    yield { dueUs, post: FLASH_POST, user: `flash-user-${place}`, action: 'like', version: 1 };
  }
  return undefined;
}

function* merged(one: RequestLoad, other: RequestLoad): Generator<PlannedRequest, undefined> {
  const [left, right] = [one[Symbol.iterator](), other[Symbol.iterator]()];
  let [first, second] = [left.next(), right.next()];
  for (;;) {
    if (first.done && second.done) return undefined;
    if (second.done || (!first.done && first.value.dueUs <= second.value.dueUs)) {
      yield first.value as PlannedRequest;
      first = left.next();
    } else {
      yield second.value;
      second = right.next();
    }
  }
}
