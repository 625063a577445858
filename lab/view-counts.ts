/**
 * A viewer's part of a trial: pages that show counts, while the likes are counted. First a closed
 * loop, which tells how many requests a second there can be, and no latency; then an open loop at
 * half of that at most, Poisson, from which latencies and ages are taken.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type BoundSample, writeBoundSamples } from './bound-samples.ts';
import type { Clock } from './clock.ts';
import { LatencyRecorder } from './latency-histogram.ts';
import { poissonPace } from './pace.ts';
import { untilDue } from './until-due.ts';
import { openUsageMeter } from './usage-meter.ts';
import type { ViewerReport, WorkerPort } from './worker-messages.ts';

/** What a viewer asks; store/count-reader.ts has it. A store itself tells no age. */
export interface ServesCounts {
  countsOf(posts: readonly string[]): Promise<
    readonly {
      readonly post: string;
      readonly likes: number;
      readonly unlikes: number;
      readonly ageMs?: number;
      readonly missingAtMost?: number | undefined;
    }[]
  >;
  readonly facts?: {
    readonly requests: number;
    readonly posts: number;
    readonly postsCached: number;
    readonly requestsCached: number;
    readonly queries: number;
  };
}

export interface ViewerOptions {
  readonly recordsPath: string;
  /** Requests to be asked in turn, again and again. */
  readonly requests: readonly (readonly string[])[];
  readonly seed: number;
  readonly warmUpS: number;
  /** For both loops together. */
  readonly measureS: number;
}

/** As a page server has it, so that one slow answer does not stop all others. */
const REQUESTS_AT_ONCE = 8;
/** Of what the closed loop reached; the queue for this one server is then short. */
const OPEN_SHARE = 0.5;
/** The viewer makes its requests itself: beyond this its own lateness would be what is measured. */
const OPEN_PER_S_MAX = 5_000;
/** More under way than this, and the open loop offers more than can be answered. */
const UNDER_WAY_MAX = 10_000;
/** Answers whose bound is held against the records afterwards, evenly over the open loop. */
const BOUND_SAMPLES_MAX = 2_000;

interface Viewer {
  readonly source: ServesCounts;
  readonly clock: Clock;
  readonly next: () => readonly string[];
}

/** Tells `ready`, waits for `start`, asks through both loops, and reports. */
export async function viewCounts(
  options: ViewerOptions,
  tools: { source: ServesCounts; clock: Clock; port: WorkerPort },
): Promise<void> {
  const { source, clock, port } = tools;
  let asked = 0;
  const next = () => options.requests[asked++ % options.requests.length]!;
  const viewer = { source, clock, next };
  await port.tell({ kind: 'ready' });
  await untilCommand(port, 'start');
  await askClosedLoop(viewer, options.warmUpS);
  const meter = openUsageMeter(clock);
  const requestsPerS = await askClosedLoop(viewer, options.measureS / 2);
  const before = source.facts;
  const offeredPerS = Math.min(OPEN_PER_S_MAX, Math.max(1, requestsPerS * OPEN_SHARE));
  const open = await askOpenLoop(viewer, {
    perS: offeredPerS,
    seconds: options.measureS / 2,
    seed: options.seed,
  });
  writeBoundSamples(options.recordsPath, open.samples);
  const report: ViewerReport = {
    usage: meter.read(),
    requestsAtOnce: REQUESTS_AT_ONCE,
    requestsPerS,
    offeredPerS,
    ...open.figures,
    ...sharesOf(before, source.facts, open.requests),
  };
  await port.tell({ kind: 'viewer-done', report });
  await untilCommand(port, 'stop');
}

/** Requests answered per second, so many always under way. */
async function askClosedLoop({ source, clock, next }: Viewer, seconds: number): Promise<number> {
  const beganUs = clock.nowUs();
  const endUs = beganUs + seconds * 1e6;
  let answered = 0;
  const keepAsking = async () => {
    while (clock.nowUs() < endUs) {
      await source.countsOf(next());
      answered++;
      // Answers that are there at once would else leave no turn to anything else in the process.
      if (answered % REQUESTS_AT_ONCE === 0) await new Promise(setImmediate);
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, keepAsking));
  return (answered * 1e6) / Math.max(1, clock.nowUs() - beganUs);
}

/** What the requests of the open loop saw. */
class Answers {
  readonly #clock: Clock;
  readonly #sampleEvery: number;
  readonly #latency = new LatencyRecorder();
  readonly #age = new LatencyRecorder();
  readonly #missing: number[] = [];
  readonly samples: BoundSample[] = [];
  requests = 0;

  constructor(clock: Clock, expected: number) {
    this.#clock = clock;
    this.#sampleEvery = Math.max(1, Math.ceil(expected / BOUND_SAMPLES_MAX));
  }

  add(dueUs: number, counts: Awaited<ReturnType<ServesCounts['countsOf']>>): void {
    const nowUs = this.#clock.nowUs();
    this.#latency.record(nowUs - dueUs);
    const request = this.requests++;
    const aged = counts.filter(({ ageMs }) => ageMs !== undefined);
    if (aged.length === 0) return;
    this.#age.record(Math.max(...aged.map(({ ageMs }) => ageMs!)) * 1_000);
    const bounds = aged.flatMap(({ missingAtMost }) => missingAtMost ?? []);
    if (bounds.length > 0) this.#missing.push(Math.max(...bounds));
    if (request % this.#sampleEvery !== 0) return;
    const { post, likes, unlikes, ageMs, missingAtMost } = aged[request % aged.length]!;
    if (missingAtMost === undefined) return;
    const asOfUs = nowUs - ageMs! * 1_000;
    this.samples.push({ post, asOfUs, counted: likes + unlikes, missingAtMost });
  }

  figures(): Pick<ViewerReport, 'latency' | 'age' | 'missing'> {
    const sorted = this.#missing.sort((one, other) => one - other);
    const at = (part: number) => sorted[Math.ceil(sorted.length * part) - 1]!;
    return {
      latency: this.#latency.summary(),
      age: this.#age.summary(),
      ...(sorted.length > 0 && { missing: { p50: at(0.5), p99: at(0.99), max: at(1) } }),
    };
  }
}

async function askOpenLoop(
  { source, clock, next }: Viewer,
  { perS, seconds, seed }: { perS: number; seconds: number; seed: number },
) {
  const beganUs = clock.nowUs();
  const pace = poissonPace(beganUs, perS, seed);
  const answers = new Answers(clock, perS * seconds);
  const underWay = new Set<Promise<void>>();
  let failure: unknown;
  for (let place = 0; failure === undefined; place++) {
    const dueUs = pace.dueUs(place);
    if (dueUs >= beganUs + seconds * 1e6 || underWay.size > UNDER_WAY_MAX) break;
    while (clock.nowUs() < dueUs) {
      await untilDue(dueUs, clock, { isIdle: underWay.size === 0, likesPerS: perS });
    }
    const request: Promise<void> = source
      .countsOf(next())
      .then((counts) => answers.add(dueUs, counts))
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => underWay.delete(request));
    underWay.add(request);
    // Where a like is late, this loop would else never give way to the answers.
    if (place % REQUESTS_AT_ONCE === 0) await sleep(0);
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure;
  return { figures: answers.figures(), samples: answers.samples, requests: answers.requests };
}

function sharesOf(
  before: ServesCounts['facts'],
  after: ServesCounts['facts'],
  requests: number,
): Pick<ViewerReport, 'postsCachedShare' | 'requestsCachedShare' | 'queriesPerRequest'> {
  if (before === undefined || after === undefined || requests === 0) {
    return { queriesPerRequest: 1 };
  }
  const more = (name: keyof typeof before) => after[name] - before[name];
  return {
    postsCachedShare: more('postsCached') / more('posts'),
    requestsCachedShare: more('requestsCached') / more('requests'),
    queriesPerRequest: more('queries') / more('requests'),
  };
}

async function untilCommand(port: WorkerPort, kind: 'start' | 'stop'): Promise<void> {
  while ((await port.nextCommand()).kind !== kind);
}
