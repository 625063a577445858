/**
 * Latencies of an open-loop trial, like by like, from its records: due -> sent -> delivered ->
 * visible (the transaction of its shard committed) add up; sent -> acknowledged stands beside them.
 */
import { LatencyRecorder, type LatencySummary } from './latency-histogram.ts';
import { KIND } from './record-format.ts';
import { Names, type RecordBlock, readMerged } from './record-reader.ts';

export interface Latencies {
  readonly dueToVisible: LatencySummary;
  readonly dueToSent: LatencySummary;
  readonly sentToDelivered: LatencySummary;
  readonly deliveredToVisible: LatencySummary;
  readonly sentToAcknowledged: LatencySummary;
  /** Likes due after the warm-up. All of them are samples, or the numbers are struck out. */
  readonly likesDue: number;
}

export interface LatencyInput {
  readonly producerRecords: readonly string[];
  readonly consumerRecords: readonly string[];
  readonly likes: number;
  /** Likes due in this time after the first are not measured. */
  readonly warmUpS: number;
}

/** Times of each like on the trial's clock, µs, by its place; NaN where it never happened. */
interface Times {
  readonly due: Float64Array;
  readonly sent: Float64Array;
  readonly acknowledged: Float64Array;
  readonly delivered: Float64Array;
  readonly visible: Float64Array;
}

/** The same, of so many likes as were sent. */
export interface LikeTimes extends Times {
  readonly size: number;
}

/** Undefined when no like is due after the warm-up, or none became visible. */
export function measureLatencies(input: LatencyInput): Latencies | undefined {
  const times = readLikeTimes(input);
  return summarize(times, times.size, input.warmUpS * 1e6);
}

/** When what happened to each like. */
export function readLikeTimes(input: Omit<LatencyInput, 'warmUpS'>): LikeTimes {
  const names = new Names();
  const places = new Places();
  const times = emptyTimes(input.likes);
  for (const block of readMerged(input.producerRecords, names)) readSend(block, places, times);
  for (const block of readMerged(input.consumerRecords, names)) readDelivery(block, places, times);
  return { ...times, size: places.size };
}

function emptyTimes(likes: number): Times {
  const column = () => new Float64Array(likes).fill(Number.NaN);
  return {
    due: column(),
    sent: column(),
    acknowledged: column(),
    delivered: column(),
    visible: column(),
  };
}

/** Gives each like of the trial a place, in the order of first sends. */
export class Places {
  readonly #placeOf = new Map<number, Map<number, number>>();
  size = 0;

  add(source: number, seq: number): number | undefined {
    const ofSource = this.#placeOf.get(source) ?? new Map<number, number>();
    this.#placeOf.set(source, ofSource);
    if (ofSource.has(seq)) return undefined;
    ofSource.set(seq, this.size);
    return this.size++;
  }

  of(source: number, seq: number): number | undefined {
    return this.#placeOf.get(source)?.get(seq);
  }
}

/** Sets a time unless an earlier one is there: a retry does not make its like younger. */
export function setFirst(column: Float64Array, place: number | undefined, us: number): void {
  if (place !== undefined && Number.isNaN(column[place])) column[place] = us;
}

function readSend(block: RecordBlock, places: Places, times: Times): void {
  for (let index = 0; index < block.count; index++) {
    if (block.kind === KIND.attempted) {
      const place = places.add(block.source, block.seq(index));
      if (place === undefined) continue;
      times.sent[place] = block.timeUs;
      times.due[place] = block.timeUs - block.lateUs(index);
    } else if (block.kind === KIND.ok) {
      setFirst(times.acknowledged, places.of(block.source, block.seq(index)), block.timeUs);
    }
  }
}

function readDelivery(block: RecordBlock, places: Places, times: Times): void {
  if (block.kind === KIND.seen) return;
  const column = block.kind === KIND.fresh ? times.visible : times.delivered;
  for (let index = 0; index < block.count; index++) {
    setFirst(column, places.of(block.source, block.seq(index)), block.timeUs);
  }
}

function summarize(times: Times, likes: number, warmUpUs: number): Latencies | undefined {
  const parts: [keyof Latencies, Float64Array, Float64Array][] = [
    ['dueToVisible', times.due, times.visible],
    ['dueToSent', times.due, times.sent],
    ['sentToDelivered', times.sent, times.delivered],
    ['deliveredToVisible', times.delivered, times.visible],
    ['sentToAcknowledged', times.sent, times.acknowledged],
  ];
  const recorders = new Map(parts.map(([name]) => [name, new LatencyRecorder()]));
  const firstDueUs = times.due[0] ?? 0;
  let likesDue = 0;
  for (let place = 0; place < likes; place++) {
    if (times.due[place]! < firstDueUs + warmUpUs) continue;
    likesDue++;
    for (const [name, from, to] of parts) {
      const us = to[place]! - from[place]!;
      if (!Number.isNaN(us)) recorders.get(name)!.record(us);
    }
  }
  const summaries: Partial<Record<keyof Latencies, LatencySummary>> = {};
  for (const [name, recorder] of recorders) {
    const summary = recorder.summary();
    if (summary === undefined) return undefined;
    summaries[name] = summary;
  }
  return { ...(summaries as unknown as Omit<Latencies, 'likesDue'>), likesDue };
}
