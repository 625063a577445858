/** Every figure of a trial over HTTP, from the client's requests and the workers' records. */
import { LatencyRecorder } from '../latency-histogram.ts';
import type { BurstPlan } from '../path-plan.ts';
import type { PathResult, RequestCounts } from '../path-schema.ts';
import { KIND } from '../record-format.ts';
import { Names, readRecords } from '../record-reader.ts';
import { isInBurst } from './request-load.ts';
import type { RequestRecord } from './request-records.ts';

/** When a strike fell, and from when on things could get better; µs on the trial's clock. */
export interface StrikeSpan {
  readonly struckUs: number;
  readonly recoversFromUs: number;
}

export interface RequestsInput {
  /** In any order; at least one. */
  readonly requests: readonly RequestRecord[];
  readonly warmUpS: number;
  readonly burst: BurstPlan | undefined;
  readonly strikes: readonly StrikeSpan[];
  /** When a like was counted, by its number; undefined where it was not. */
  readonly countedUs: (source: string, seq: number) => number | undefined;
}

export type RequestFigures = Pick<
  PathResult,
  | 'requests'
  | 'api'
  | 'apiInBurst'
  | 'requestsInBurst'
  | 'dueToVisible'
  | 'answerMsMax'
  | 'exactAfterMs'
  | 'outages'
  | 'acceptedShareOutsideOutages'
>;

export function measureRequests(input: RequestsInput): RequestFigures {
  const { requests, burst, strikes } = input;
  const inBurst = requests.filter(dueInBurst(input));
  const outages = outagesOf(requests, strikes);
  const calm = requests.filter((request) => !outages.some((outage) => meets(request, outage)));
  const measured = measuredOf(input);
  return {
    requests: countRequests(requests),
    api: latencyOf(measured),
    ...(burst && {
      apiInBurst: latencyOf(acceptedOf(inBurst)),
      requestsInBurst: countRequests(inBurst),
    }),
    dueToVisible: visibleLatency(measured, input.countedUs),
    answerMsMax: answerUsMax(requests) / 1000,
    exactAfterMs: exactAfterMs(acceptedOf(requests), input.countedUs),
    ...(strikes.length > 0 && { outages: outages.map((one) => outageResult(one, requests)) }),
    acceptedShareOutsideOutages:
      calm.length > 0 ? acceptedOf(calm).length / calm.length : undefined,
  };
}

/** What `api` is taken from: accepted, due after the warm-up and outside the burst. */
export function measuredOf(input: Pick<RequestsInput, 'requests' | 'warmUpS' | 'burst'>) {
  const warmUs = firstDueUs(input.requests) + input.warmUpS * 1e6;
  const isDueInBurst = dueInBurst(input);
  return acceptedOf(input.requests).filter(
    (request) => request.dueUs >= warmUs && !isDueInBurst(request),
  );
}

export function countRequests(requests: readonly RequestRecord[]): RequestCounts {
  const shed: Record<string, number> = {};
  const counts = { accepted: 0, limited: 0, refused: 0, unknown: 0, noAnswer: 0, invalid: 0 };
  for (const { outcome } of requests) {
    if (outcome.kind === 'shed') shed[outcome.reason] = (shed[outcome.reason] ?? 0) + 1;
    else counts[outcome.kind]++;
  }
  return { offered: requests.length, shed, ...counts };
}

export type AcceptedRequest = RequestRecord & {
  readonly outcome: { readonly kind: 'accepted'; readonly source: string; readonly seq: number };
};

export function acceptedOf(requests: readonly RequestRecord[]): AcceptedRequest[] {
  return requests.filter((request): request is AcceptedRequest => {
    return request.outcome.kind === 'accepted';
  });
}

/** At each moment, µs: how many requests had left the client and had no answer. */
export function requestsUnderWay(
  requests: readonly RequestRecord[],
  momentsUs: readonly number[],
): number[] {
  return momentsUs.map(
    (us) => requests.filter(({ sentUs, answeredUs }) => sentUs <= us && answeredUs > us).length,
  );
}

/** When each like was told as counted for the first time, by source and seq. */
export function countedTimes(consumerRecords: readonly string[]): RequestsInput['countedUs'] {
  const names = new Names();
  const times = new Map<string, Map<number, number>>();
  for (const path of consumerRecords) {
    for (const { kind, count, source, timeUs, seq } of readRecords(path, names)) {
      // What is known again was counted before a worker died that could have told.
      if (kind !== KIND.fresh && kind !== KIND.seen) continue;
      const name = names.nameOf(source);
      const ofSource = times.get(name) ?? new Map<number, number>();
      times.set(name, ofSource);
      for (let index = 0; index < count; index++) {
        const like = seq(index);
        ofSource.set(like, Math.min(ofSource.get(like) ?? timeUs, timeUs));
      }
    }
  }
  return (source, seq) => times.get(source)?.get(seq);
}

function answerUsMax(requests: readonly RequestRecord[]): number {
  return requests.reduce((most, { dueUs, answeredUs }) => Math.max(most, answeredUs - dueUs), 0);
}

function firstDueUs(requests: readonly RequestRecord[]): number {
  return requests.reduce((least, { dueUs }) => Math.min(least, dueUs), Number.POSITIVE_INFINITY);
}

function dueInBurst({
  requests,
  burst,
}: Pick<RequestsInput, 'requests' | 'burst'>): (request: RequestRecord) => boolean {
  const startUs = firstDueUs(requests);
  return ({ dueUs }) => isInBurst(burst, dueUs - startUs);
}

function latencyOf(requests: readonly RequestRecord[]): PathResult['api'] {
  const recorder = new LatencyRecorder();
  for (const { dueUs, answeredUs } of requests) recorder.record(answeredUs - dueUs);
  return recorder.summary();
}

function visibleLatency(
  requests: readonly AcceptedRequest[],
  countedUs: RequestsInput['countedUs'],
): PathResult['dueToVisible'] {
  const recorder = new LatencyRecorder();
  for (const { dueUs, outcome } of requests) {
    const us = countedUs(outcome.source, outcome.seq);
    if (us !== undefined) recorder.record(us - dueUs);
  }
  return recorder.summary();
}

/** Undefined where none was accepted, or one of them is not known to be counted. */
function exactAfterMs(
  accepted: readonly AcceptedRequest[],
  countedUs: RequestsInput['countedUs'],
): number | undefined {
  if (accepted.length === 0) return undefined;
  let [lastAnsweredUs, lastCountedUs] = [0, 0];
  for (const { answeredUs, outcome } of accepted) {
    const us = countedUs(outcome.source, outcome.seq);
    if (us === undefined) return undefined;
    lastAnsweredUs = Math.max(lastAnsweredUs, answeredUs);
    lastCountedUs = Math.max(lastCountedUs, us);
  }
  return Math.max(0, lastCountedUs - lastAnsweredUs) / 1000;
}

interface Outage {
  readonly fromUs: number;
  readonly toUs: number;
  readonly isOver: boolean;
}

/**
 * An outage ends with the first 202 of a request that was sent after the blow had fallen: one that
 * was sent before may be answered by what has just been struck, and would end it at once.
 */
function outagesOf(requests: readonly RequestRecord[], strikes: readonly StrikeSpan[]): Outage[] {
  const accepted = acceptedOf(requests);
  const lastUs = requests.reduce((last, { answeredUs }) => Math.max(last, answeredUs), 0);
  return strikes.map(({ struckUs, recoversFromUs }) => {
    const after = accepted.filter(({ sentUs }) => sentUs >= recoversFromUs);
    const toUs = after.reduce((first, { answeredUs }) => Math.min(first, answeredUs), lastUs);
    return { fromUs: struckUs, toUs: Math.max(struckUs, toUs), isOver: after.length > 0 };
  });
}

/** Whether the request was due or waited for its answer in it. */
function meets({ dueUs, answeredUs }: RequestRecord, { fromUs, toUs }: Outage): boolean {
  return answeredUs >= fromUs && dueUs <= toUs;
}

function outageResult(outage: Outage, requests: readonly RequestRecord[]) {
  const met = requests.filter((request) => meets(request, outage));
  return {
    beganMs: outage.fromUs / 1000,
    tookMs: (outage.toUs - outage.fromUs) / 1000,
    offered: met.length,
    accepted: acceptedOf(met).length,
    ...(!outage.isOver && { neverEnded: true as const }),
  };
}
