/**
 * A client's part of a trial over HTTP: sends each request when it is due, whatever became of those
 * before it, and records its answer.
 */
import { getPriority } from 'node:os';
import { build as buildHistogram, type Histogram } from 'hdr-histogram-js';
import { WorkloadHash } from '../../likes/workloads/workload.ts';
import type { Clock } from '../clock.ts';
import { untilDue } from '../until-due.ts';
import { openUsageMeter } from '../usage-meter.ts';
import type { ClientReport, WorkerPort } from '../worker-messages.ts';
import type { PlannedRequest, RequestedLike, RequestLoad } from './request-load.ts';
import { type RequestOutcome, RequestWriter } from './request-records.ts';

/** Where it sends to; `post` never rejects. */
export interface SendsLikes {
  post(like: RequestedLike, headers?: Readonly<Record<string, string>>): Promise<RequestOutcome>;
}

/** Whoever traces requests; tracing/client-tracer.ts does. */
export interface TracesRequests {
  /** Each request, when it is sent. Undefined: this one is not traced. */
  sends(dueUs: number): TracesRequest | undefined;
}

export interface TracesRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: no answer came. */
  answered(status: number | undefined): void;
}

/** Longer lags are kept as this. */
const LAG_US_MAX = 600_000_000;
/** Requests that are sent before answers are listened to again. */
const SENDS_IN_A_ROW_MAX = 200;

/** Tells `ready`, waits for `start`, sends everything, and reports when all is answered. */
export async function sendRequests(
  options: { readonly recordsPath: string },
  tools: {
    readonly load: RequestLoad;
    readonly client: SendsLikes;
    readonly clock: Clock;
    readonly port: WorkerPort;
    readonly tracer?: TracesRequests | undefined;
  },
): Promise<void> {
  const { load, client, clock, port, tracer } = tools;
  using records = new RequestWriter(options.recordsPath);
  await port.tell({ kind: 'ready' });
  await port.nextCommand();
  const meter = openUsageMeter(clock);
  const sender = new Sender(client, records, clock, tracer);
  await sender.sendAll(load);
  records.flush();
  const report = { ...sender.sums, usage: meter.read(), priority: getPriority() };
  await port.tell({ kind: 'client-done', report });
}

class Sender {
  readonly #client: SendsLikes;
  readonly #records: RequestWriter;
  readonly #clock: Clock;
  readonly #tracer: TracesRequests | undefined;
  readonly #lagUs: Histogram = buildHistogram({ highestTrackableValue: LAG_US_MAX });
  readonly #hash = new WorkloadHash();
  #sent = 0;
  #underWay = 0;
  #underWayMax = 0;
  #allAnswered: (() => void) | undefined;

  constructor(
    client: SendsLikes,
    records: RequestWriter,
    clock: Clock,
    tracer: TracesRequests | undefined,
  ) {
    this.#tracer = tracer;
    this.#client = client;
    this.#records = records;
    this.#clock = clock;
  }

  get sums(): Omit<ClientReport, 'usage' | 'priority'> {
    return {
      workloadHash: this.#hash.digest(),
      requests: this.#sent,
      requestsAtOnceMax: this.#underWayMax,
      generatorLagUsP99: this.#lagUs.getValueAtPercentile(99),
      generatorLagUsMax: this.#lagUs.maxValue,
    };
  }

  async sendAll(load: RequestLoad): Promise<void> {
    const startUs = this.#clock.nowUs();
    let inARow = 0;
    for (const request of load) {
      const dueUs = startUs + request.dueUs;
      while (this.#clock.nowUs() < dueUs || inARow === SENDS_IN_A_ROW_MAX) {
        inARow = 0;
        // Answers come at any time, so the thread may not wait for the schedule alone.
        await untilDue(dueUs, this.#clock, { isIdle: false });
      }
      inARow++;
      void this.#send(request, dueUs);
    }
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#allAnswered = resolve;
    });
  }

  /** Never rejects. */
  async #send(request: PlannedRequest, dueUs: number): Promise<void> {
    const place = this.#sent++;
    this.#hash.add({ ...request, seq: place, retry: false });
    this.#underWayMax = Math.max(this.#underWayMax, ++this.#underWay);
    const sentUs = this.#clock.nowUs();
    this.#lagUs.recordValue(Math.min(LAG_US_MAX, Math.max(0, Math.round(sentUs - dueUs))));
    const trace = this.#tracer?.sends(dueUs);
    const outcome = await this.#client.post(request, trace?.headers);
    trace?.answered(statusOf(outcome));
    this.#records.write({ place, dueUs, sentUs, answeredUs: this.#clock.nowUs(), outcome });
    if (--this.#underWay === 0) this.#allAnswered?.();
  }
}

/** As the gateway answers; a request of which nothing more is known has none. */
function statusOf({ kind }: RequestOutcome): number | undefined {
  if (kind === 'accepted') return 202;
  if (kind === 'limited') return 429;
  return kind === 'noAnswer' || kind === 'invalid' ? undefined : 503;
}
