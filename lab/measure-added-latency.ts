/**
 * What the lab itself adds to each like, from the records of a trial on a queue whose times are
 * known: delivered and visible against Lindley's recursion over the very same due times and
 * services. Without a service time the queue takes none, and all that is measured is added.
 */
import { type ServiceTime, serviceTimes } from '../likes/workloads/service-times.ts';
import { LatencyRecorder, type LatencySummary } from './latency-histogram.ts';
import { Places, setFirst } from './measure-latency.ts';
import { chanceOf, closedFormOf, lindleySojourns } from './queueing.ts';
import { KIND } from './record-format.ts';
import { Names, readMerged } from './record-reader.ts';
import type { TrialResult } from './trial-result.ts';

export type AddedLatency = NonNullable<TrialResult['addedLatency']>;

export interface AddedLatencyInput {
  readonly producerRecords: readonly string[];
  readonly consumerRecords: readonly string[];
  readonly likes: number;
  /** Likes due in this time after the first are not measured. */
  readonly warmUpS?: number | undefined;
  readonly likesPerS?: number | undefined;
  readonly service?: ServiceTime | undefined;
}

/** Where chance over a run is worked out: elsewhere nothing is compared with the long run. */
const LONG_RUN_LOADS = { least: 0.49, most: 0.71 };

/**
 * The services are those of all sends in their order, retries included: they are served as well.
 * That needs one producer with one send under way at a time, as `null` has it.
 * Undefined when no like is due after the warm-up, or none became visible.
 */
export function measureAddedLatency(input: AddedLatencyInput): AddedLatency | undefined {
  const times = readTimes(input);
  const { due, sendOf } = times;
  const takes = input.service ? serviceTimes(input.service) : () => 0;
  const sojourns = lindleySojourns(due, Float64Array.from(due, takes));
  const recorders = new Map<keyof typeof times.reached | 'measured' | 'sameDraws', LatencyRecorder>(
    (['delivered', 'visible', 'measured', 'sameDraws'] as const).map((name) => {
      return [name, new LatencyRecorder()];
    }),
  );
  const fromUs = (due[0] ?? 0) + (input.warmUpS ?? 0) * 1e6;
  let warmUpLikes = 0;
  for (const [place, send] of sendOf.entries()) {
    if (due[send]! < fromUs) {
      warmUpLikes++;
      continue;
    }
    const [dueUs, sojournUs] = [due[send]!, sojourns[send]!];
    const deliveredUs = times.reached.delivered[place]!;
    const visibleUs = times.reached.visible[place]!;
    // A like that never came is in the ledger, and its trial's numbers do not stand.
    if (Number.isNaN(deliveredUs) || Number.isNaN(visibleUs)) continue;
    recorders.get('delivered')!.record(deliveredUs - dueUs - sojournUs);
    recorders.get('visible')!.record(visibleUs - dueUs - sojournUs);
    recorders.get('measured')!.record(deliveredUs - dueUs);
    recorders.get('sameDraws')!.record(sojournUs);
  }
  const [toDelivered, toVisible, measured, sameDraws] = [...recorders.values()].map((one) =>
    one.summary(),
  );
  if (!toDelivered || !toVisible || !measured || !sameDraws) return undefined;
  if (input.service === undefined) return { toDelivered, toVisible };
  const queue = queueOf(input, { measured, sameDraws, warmUpLikes });
  return { toDelivered, toVisible, queue };
}

function queueOf(
  { service, likesPerS = 0 }: AddedLatencyInput,
  found: {
    readonly measured: LatencySummary;
    readonly sameDraws: LatencySummary;
    readonly warmUpLikes: number;
  },
): NonNullable<AddedLatency['queue']> {
  const { distribution, meanUs } = service!;
  const load = (likesPerS * meanUs) / 1e6;
  const { measured, sameDraws, warmUpLikes } = found;
  const queue = { load, measured: pick(measured), sameDraws: pick(sameDraws) };
  if (load < LONG_RUN_LOADS.least || load > LONG_RUN_LOADS.most) return queue;
  const closed = closedFormOf(distribution, load, meanUs);
  const sizes = { meanService: meanUs, likes: measured.samples, warmUpLikes };
  const chance = chanceOf(distribution, load, sizes);
  const longRun = {
    ...{ meanUs: closed.mean, p99Us: closed.quantile(0.99) },
    ...{ meanErrorUs: chance.mean, p99ErrorUs: chance.p99 },
  };
  return { ...queue, longRun };
}

function pick({ meanUs, p99Us }: LatencySummary): { meanUs: number; p99Us: number } {
  return { meanUs, p99Us };
}

/** µs on the trial's clock: due by send, the others by the place of the like. */
function readTimes(input: AddedLatencyInput) {
  const names = new Names();
  const places = new Places();
  const due: number[] = [];
  /** The first send of the like at each place. */
  const sendOf: number[] = [];
  for (const block of readMerged(input.producerRecords, names)) {
    if (block.kind !== KIND.attempted) continue;
    for (let index = 0; index < block.count; index++) {
      if (places.add(block.source, block.seq(index)) !== undefined) sendOf.push(due.length);
      due.push(block.timeUs - block.lateUs(index));
    }
  }
  const column = () => new Float64Array(places.size).fill(Number.NaN);
  const reached = { delivered: column(), visible: column() };
  for (const block of readMerged(input.consumerRecords, names)) {
    if (block.kind === KIND.seen) continue;
    const times = block.kind === KIND.fresh ? reached.visible : reached.delivered;
    for (let index = 0; index < block.count; index++) {
      setFirst(times, places.of(block.source, block.seq(index)), block.timeUs);
    }
  }
  return { due, sendOf, reached };
}
