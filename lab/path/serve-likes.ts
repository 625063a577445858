/**
 * A gateway's part of a trial over HTTP: the service under test, with a recorder between it and
 * what takes its sends, so that the ledger is that of the numbers that it gave.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LikeProducer } from '../../likes/like.ts';
import type { Clock } from '../clock.ts';
import { RecordWriter } from '../record-writer.ts';
import { SendRecorder } from '../send-recorder.ts';
import { openUsageMeter } from '../usage-meter.ts';
import { type ProducerReport, SUMS_INTERVAL_MS, type WorkerPort } from '../worker-messages.ts';
import { HandedOnWriter, handedOnPath } from './handed-on.ts';

/** What of a gateway the lab knows; gateway/open-gateway.ts has it. */
export interface ServesLikes {
  readonly url: string;
  /** Takes no more, and answers what is in hand. */
  drain(): Promise<boolean>;
  /** Requests that it limited by itself since what gateways share did not answer. */
  decidedAlone?(): Promise<number>;
}

export interface ServeOptions {
  readonly recordsPath: string;
  /** Whether processes may be killed on purpose, so that what they know is kept at once. */
  readonly reopens: boolean;
  /**
   * Where no worker counts, since each send is a commit of its own: the file for what a worker
   * would have recorded.
   */
  readonly commitsPath?: string | undefined;
}

/** Likes are saved up for so long before a send that the conductor waits for the word of. */
const SAVE_UP_MS = 100;
/** How often a gateway that is held looks whether it may go on. */
const HOLD_POLL_MS = 20;

/** Opens the gateway around the recorder, tells `ready`, serves until `end`, and reports. */
export async function serveLikes(
  options: ServeOptions,
  tools: {
    readonly producer: LikeProducer;
    readonly open: (producer: LikeProducer) => Promise<ServesLikes>;
    readonly clock: Clock;
    readonly port: WorkerPort;
  },
): Promise<void> {
  const { clock, port } = tools;
  using records = new RecordWriter(options.recordsPath);
  // Written once for all likes where nobody is killed: directly each like is a send of its own, and
  // would pay for what a queue's batch pays once.
  const keepsAtOnce = options.reopens;
  using handedOn = new HandedOnWriter(handedOnPath(options.recordsPath), { keepsAtOnce });
  using commits =
    options.commitsPath === undefined ? undefined : new RecordWriter(options.commitsPath);
  const producer = commits ? committing(tools.producer, commits, clock) : tools.producer;
  const recorder = new SendRecorder({
    ...{ producer, records, clock },
    ...{ keepsAnswers: keepsAtOnce, keepsAttempts: keepsAtOnce },
  });
  const orders = new GatewayOrders(port, recorder);
  const gateway = await tools.open({
    async send(likes, headersOf) {
      await orders.mayGo();
      handedOn.write(likes);
      await recorder.handOn(likes, headersOf);
    },
    [Symbol.asyncDispose]: () => producer[Symbol.asyncDispose](),
  });
  await port.tell({ kind: 'ready', url: gateway.url });
  const meter = openUsageMeter(clock);
  const telling = setInterval(
    () => void port.tell({ kind: 'produced', sums: recorder.sums }),
    SUMS_INTERVAL_MS,
  );
  try {
    await orders.ended;
    const usage = meter.read();
    await gateway.drain();
    records.flush();
    handedOn.flush();
    const decidedAlone = await gateway.decidedAlone?.();
    const report: ProducerReport = {
      ...{ sums: recorder.sums, usage, sendErrors: recorder.reasons },
      // It keeps no schedule.
      ...{ generatorLagUsP99: 0, generatorLagUsMax: 0, decidedAlone },
    };
    await port.tell({ kind: 'producer-done', report });
  } finally {
    clearInterval(telling);
  }
}

/** What a send hands to a database, and what its commit tells, in the words of a worker. */
function committing(producer: LikeProducer, records: RecordWriter, clock: Clock): LikeProducer {
  return {
    async send(likes) {
      records.delivered(clock.nowUs(), likes);
      await producer.send(likes);
      records.stored(clock.nowUs(), likes, []);
    },
    [Symbol.asyncDispose]: () => producer[Symbol.asyncDispose](),
  };
}

/** What the conductor asks of a gateway while it serves. */
class GatewayOrders {
  readonly ended: Promise<void>;
  #isHeld = false;
  #savingUntilMs = 0;
  /** The conductor waits for the word of a send that likes were saved up for. */
  #owesWord = false;
  /** One for all sends that wait, so that they go in the order in which they came. */
  #released: Promise<void> | undefined;
  readonly #recorder: SendRecorder;
  readonly #port: WorkerPort;

  constructor(port: WorkerPort, recorder: SendRecorder) {
    this.#port = port;
    this.#recorder = recorder;
    this.ended = this.#obey();
  }

  /**
   * Resolves when a send may begin. One that comes while likes are saved up waits, and so do all
   * behind it; the word is told of the next one, which has them and takes longer than the word.
   */
  async mayGo(): Promise<void> {
    // Those that wait wake a moment after they may; whoever comes meanwhile stays behind them.
    const mustWait = () => this.#released !== undefined || this.#isClosed;
    const mustTell = this.#owesWord && !mustWait();
    while (mustWait()) {
      this.#released ??= this.#untilOpen();
      await this.#released;
    }
    if (!mustTell || !this.#owesWord) return;
    this.#owesWord = false;
    this.#recorder.tellNextSend(() => void this.#port.tell({ kind: 'sending' }));
  }

  get #isClosed(): boolean {
    return this.#isHeld || performance.now() < this.#savingUntilMs;
  }

  async #untilOpen(): Promise<void> {
    while (this.#isClosed) {
      const leftMs = this.#savingUntilMs - performance.now();
      await sleep(this.#isHeld ? HOLD_POLL_MS : Math.ceil(leftMs));
    }
    this.#released = undefined;
  }

  async #obey(): Promise<void> {
    for (;;) {
      const command = await this.#port.nextCommand();
      if (command.kind === 'end') break;
      if (command.kind === 'hold') this.#isHeld = command.held;
      if (command.kind !== 'tell-sending') continue;
      this.#savingUntilMs = performance.now() + SAVE_UP_MS;
      this.#owesWord = true;
    }
    // Nobody waits for anything any more but for what is in hand.
    this.#isHeld = false;
    this.#savingUntilMs = 0;
  }
}
