/**
 * A producer's part of a trial: sends its share of the workload, as fast as it may or at a pace.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { build as buildHistogram } from 'hdr-histogram-js';
import type { LikeProducer } from '../likes/like.ts';
import {
  type PlannedLike,
  takeNext,
  type Workload,
  WorkloadHash,
} from '../likes/workloads/workload.ts';
import type { Clock } from './clock.ts';
import { type Arrivals, evenPace, type Pace, poissonPace } from './pace.ts';
import { RecordWriter } from './record-writer.ts';
import { SendRecorder } from './send-recorder.ts';
import { untilDue } from './until-due.ts';
import { openUsageMeter } from './usage-meter.ts';
import { type ProducerReport, SUMS_INTERVAL_MS, type WorkerPort } from './worker-messages.ts';

export interface ProduceOptions {
  readonly source: string;
  readonly recordsPath: string;
  readonly likesPerSend: number;
  readonly sendsInFlight: number;
  /** Whether workers may be killed on purpose, so that what they know is kept at once. */
  readonly reopens?: boolean;
  /** Open loop at this rate; as fast as the sends are acknowledged without one. */
  readonly likesPerS?: number;
  /** How the due times of an open loop lie; `even` unless told. */
  readonly arrivals?: Arrivals | undefined;
}

/** A producer that is asked for the moment of its next send saves likes up for it first, so that
 * the send takes longer than the word of it. With 25 ms a send of 60 likes to Redis was over before
 * the word had come. */
const SAVE_UP_MS = 100;
/** How often a producer that saves up looks whether it has. */
const SAVE_UP_POLL_MS = 1;
/** How often a producer that is held back looks whether it may go on. */
const HOLD_POLL_MS = 20;

/** Tells `ready`, waits for `start`, sends everything, and reports. */
export async function produce(
  options: ProduceOptions,
  tools: { producer: LikeProducer; workload: Workload; clock: Clock; port: WorkerPort },
): Promise<void> {
  const { producer, workload, clock, port } = tools;
  using records = new RecordWriter(options.recordsPath);
  const recorder = new SendRecorder({
    ...{ producer, records, clock, source: options.source },
    keepsAnswers: options.reopens ?? false,
  });
  const stream = new HashedStream(workload);
  await port.tell({ kind: 'ready' });
  await port.nextCommand();

  const meter = openUsageMeter(clock);
  const hold = obeyCommands(port, recorder);
  const sums = setInterval(
    () => void port.tell({ kind: 'produced', sums: recorder.sums }),
    SUMS_INTERVAL_MS,
  );
  try {
    const lag =
      options.likesPerS === undefined
        ? await sendClosedLoop(options, stream, recorder, hold)
        : await sendOpenLoop(options, stream, recorder, {
            ...{ clock, hold, pace: paceOf(options, workload.seed, clock) },
          });
    const report: ProducerReport = {
      sums: recorder.sums,
      usage: meter.read(),
      workloadHash: stream.hash.digest(),
      sendErrors: recorder.reasons,
      ...lag,
    };
    records.flush();
    await port.tell({ kind: 'producer-done', report });
  } finally {
    clearInterval(sums);
  }
}

/** What the conductor has asked of the producer. */
interface Orders {
  readonly held: boolean;
  readonly savingUntilMs: number;
  readonly ended: boolean;
}

interface GeneratorLag {
  readonly generatorLagUsP99: number;
  readonly generatorLagUsMax: number;
}

/** Keeps `sendsInFlight` sends under way; their order is the workload's. */
async function sendClosedLoop(
  options: ProduceOptions,
  stream: HashedStream,
  recorder: SendRecorder,
  hold: Orders,
): Promise<GeneratorLag> {
  const keepSending = async (): Promise<void> => {
    for (;;) {
      while (hold.held) await sleep(HOLD_POLL_MS);
      const batch = stream.take(options.likesPerSend);
      if (batch.length === 0) return;
      await recorder.send(batch);
    }
  };
  await Promise.all(Array.from({ length: options.sendsInFlight }, keepSending));
  return { generatorLagUsP99: 0, generatorLagUsMax: 0 };
}

function paceOf(options: ProduceOptions, seed: number, clock: Clock): Pace {
  const { likesPerS, arrivals } = options;
  return arrivals === 'poisson'
    ? poissonPace(clock.nowUs(), likesPerS!, seed)
    : evenPace(clock.nowUs(), likesPerS!);
}

/**
 * Sends whatever is due. When `sendsInFlight` sends are under way, due likes wait and go together
 * in the next send; that wait is the system's and stays in their latency. The generator's own lag
 * is what it wakes up late while it was free to send.
 */
async function sendOpenLoop(
  options: ProduceOptions,
  stream: HashedStream,
  recorder: SendRecorder,
  { clock, hold, pace }: { readonly clock: Clock; readonly hold: Orders; readonly pace: Pace },
): Promise<GeneratorLag> {
  const lagUs = buildHistogram({ highestTrackableValue: 600_000_000 });
  const inFlight = new Set<Promise<void>>();
  let place = 0;
  let wasBlocked = false;
  while (!hold.ended) {
    const nowUs = clock.nowUs();
    const due = Math.min(pace.dueCount(nowUs) - place, options.likesPerSend);
    const isSaving = performance.now() < hold.savingUntilMs;
    if (due > 0 && inFlight.size < options.sendsInFlight && !isSaving) {
      if (!wasBlocked) lagUs.recordValue(Math.max(0, Math.round(nowUs - pace.dueUs(place))));
      const batch = stream.take(due);
      if (batch.length === 0) break;
      const first = place;
      place += batch.length;
      const dueUs = batch.map((_, index) => pace.dueUs(first + index));
      const sent: Promise<void> = recorder.send(batch, dueUs).finally(() => inFlight.delete(sent));
      inFlight.add(sent);
    }
    wasBlocked = isSaving || inFlight.size >= options.sendsInFlight;
    if (wasBlocked && inFlight.size > 0) await Promise.race(inFlight);
    else if (wasBlocked) await sleep(SAVE_UP_POLL_MS);
    else await untilDue(pace.dueUs(place), clock, { ...options, isIdle: inFlight.size === 0 });
  }
  await Promise.all(inFlight);
  return {
    generatorLagUsP99: lagUs.getValueAtPercentile(99),
    generatorLagUsMax: lagUs.maxValue,
  };
}

/** The workload's stream, taken batch by batch and hashed on the way. */
class HashedStream {
  readonly hash = new WorkloadHash();
  readonly #rest: Iterator<PlannedLike>;

  constructor(workload: Workload) {
    this.#rest = workload.stream()[Symbol.iterator]();
  }

  take(count: number): PlannedLike[] {
    const taken = takeNext(this.#rest, count);
    for (const planned of taken) this.hash.add(planned);
    return taken;
  }
}

function obeyCommands(port: WorkerPort, recorder: SendRecorder): Orders {
  const state = { held: false, savingUntilMs: 0, ended: false };
  const watch = async () => {
    for (;;) {
      const command = await port.nextCommand();
      if (command.kind === 'hold') state.held = command.held;
      else if (command.kind === 'end') state.ended = true;
      else if (command.kind === 'tell-sending') {
        state.savingUntilMs = performance.now() + SAVE_UP_MS;
        recorder.tellNextSend(() => void port.tell({ kind: 'sending' }));
      }
    }
  };
  void watch();
  return state;
}
