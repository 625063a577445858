/**
 * A round: one post, one way of its likes, and one ledger, from an empty start. Gateway, worker and
 * crowd are processes of their own; the broker is a real server. What the ledger says comes from
 * the gateway's answers, the worker's deliveries and the database.
 */
import type { Backlog } from '../brokers/broker.ts';
import type { Server } from '../brokers/servers/server.ts';
import { within } from '../gateway/circuit.ts';
import { type ChildEvents, DemoChild } from './child-process.ts';
import { CrowdRecord } from './crowd-record.ts';
import type { DemoDatabase } from './database.ts';
import { giveLike } from './give-like.ts';
import type { ChildMessage, ChildSetup, QueueAddress, Way } from './messages.ts';
import { type Judgement, PressLedger } from './press-ledger.ts';
import { RecentLatencies } from './recent.ts';
import { Refusal } from './refusal.ts';
import { RoundWatch } from './round-watch.ts';

/** What a round runs on; disposing gives it back, after the processes have ended. */
export interface RoundParts extends AsyncDisposable {
  readonly childModule: string;
  readonly way: Way;
  /** The name that is shown. */
  readonly brokerTitle: string;
  readonly post: string;
  readonly database: DemoDatabase;
  readonly databaseUrl: string;
  readonly queue: {
    readonly address: QueueAddress;
    readonly server: Pick<Server, 'kill' | 'start'>;
    readonly drainedTimeMs: number;
    /** For so long at most the queue waits for a dead worker before it gives its likes away. */
    readonly takeoverMsMax: number;
    backlog(): Promise<Backlog>;
  };
}

export type PartState = 'starting' | 'up' | 'dead';

/** A crowd goes home after so long, if nobody sends it home before. */
const CROWD_S = 30;
/** How long a worker that is to be killed may wait for likes to hold: some are coming, or none. */
const HOLD_MS_MAX = 5_000;
const HOLD_IDLE_MS_MAX = 500;
const END_MS_MAX = 3_000;

export class Round implements AsyncDisposable {
  readonly parts: RoundParts;
  readonly ledger = new PressLedger();
  readonly latencies = new RecentLatencies();
  readonly watch: RoundWatch;
  gateway: PartState = 'starting';
  broker: PartState = 'up';
  worker: PartState = 'starting';
  /** Likes that the last worker had stored and not acknowledged when it was killed. */
  heldAtKill: number | undefined;
  /** Undefined while something is on its way. */
  judgement: Judgement | undefined;
  /** Told by the worker: its transactions, and how old its newest like is. */
  transactions = 0;
  newestLikedAtMs = 0;
  crowd: { readonly likesPerS: number; readonly endsMs: number } | undefined;
  #gatewayUrl = '';
  #gateway: DemoChild;
  #worker: DemoChild | undefined;
  #crowd: DemoChild | undefined;
  #record: CrowdRecord | undefined;
  #judgedCount: number | undefined;
  #isJudging = false;
  #holding: PromiseWithResolvers<void> | undefined;
  readonly #log: (line: string) => void;

  private constructor(parts: RoundParts, log: (line: string) => void) {
    this.parts = parts;
    this.#log = log;
    const { queue, database, databaseUrl, post, way } = parts;
    const queued = way === 'queued' ? queue.address : undefined;
    this.#gateway = this.#start({ role: 'gateway', queued, databaseUrl }, (reason) => {
      this.gateway = 'dead';
      this.#died(reason);
    });
    const { drainedTimeMs } = queue;
    const backlog = queued && (() => queue.backlog());
    this.watch = new RoundWatch({ post, database, backlog, drainedTimeMs });
  }

  /** Resolves when a like can be given. */
  static async open(parts: RoundParts, log: (line: string) => void): Promise<Round> {
    const round = new Round(parts, log);
    try {
      const starting = parts.way === 'queued' ? round.startWorker() : undefined;
      [round.#gatewayUrl] = await Promise.all([round.#gateway.ready, starting]);
      // One that has died while the worker started stays dead.
      if (round.gateway === 'starting') round.gateway = 'up';
      return round;
    } catch (error) {
      await round[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Of the database, for the likes of this round: on the direct way each like is a transaction. */
  get sums() {
    const { counted } = this.watch.seen;
    const { accepted } = this.ledger.sums;
    const direct = Math.max(accepted, counted);
    return { counted, transactions: this.parts.way === 'direct' ? direct : this.transactions };
  }

  /**
   * Waits for no answer: the ledger has it when it comes.
   * @throws Refusal when the gateway is dead or the ledger full
   */
  press(): void {
    const user = this.#reserve(1);
    this.ledger.sent(user);
    this.#touch();
    const begunMs = performance.now();
    void giveLike({ url: this.#gatewayUrl, post: this.parts.post, user }).then(({ outcome }) => {
      this.#answered(user, outcome, performance.now() - begunMs);
    });
  }

  startCrowd(likesPerS: number): CrowdRecord {
    if (this.crowd !== undefined) throw new Refusal('a crowd is here already');
    const likes = likesPerS * CROWD_S;
    const firstUser = this.#reserve(likes);
    const { way, brokerTitle, post } = this.parts;
    const record = new CrowdRecord({ way, broker: brokerTitle, likesPerS }, this.sums);
    if (way === 'queued' && (this.broker !== 'up' || this.worker !== 'up')) record.strike();
    this.#record = record;
    this.crowd = { likesPerS, endsMs: performance.now() + CROWD_S * 1_000 };
    this.#touch();
    const url = this.#gatewayUrl;
    const setup = { role: 'crowd', url, post, likesPerS, likes, firstUser } as const;
    let next = firstUser;
    const died = (reason: string) => {
      // Nobody knows what became of those that it had not told yet.
      for (let user = firstUser; user < next; user++) this.ledger.answered(user, 'unknown');
      this.#endCrowd();
      this.#log(reason);
    };
    this.#crowd = this.#start(setup, died, (message) => {
      if (message.kind === 'pressed') {
        for (; next < firstUser + message.sent; next++) this.ledger.sent(next);
        record.late(message.lateMsMax);
        for (const press of message.answered) this.#answered(...press, record);
      } else if (message.kind === 'done') this.#endCrowd();
    });
    return record;
  }

  stopCrowd(): void {
    if (this.crowd === undefined) throw new Refusal('there is no crowd');
    this.#crowd?.tell({ kind: 'stop' });
    this.crowd = { ...this.crowd, endsMs: performance.now() };
  }

  async killBroker(): Promise<void> {
    if (this.broker !== 'up') throw new Refusal('the broker is dead already');
    this.#record?.strike();
    await this.parts.queue.server.kill();
    this.broker = 'dead';
    this.watch.forgetBacklog();
  }

  async startBroker(): Promise<void> {
    if (this.broker !== 'dead') throw new Refusal('the broker is up already');
    this.broker = 'starting';
    try {
      await this.parts.queue.server.start();
      this.broker = 'up';
    } finally {
      if (this.broker !== 'up') this.broker = 'dead';
    }
  }

  /** At the worst moment that comes soon: likes are stored, and not acknowledged yet. */
  async killWorker(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined || this.worker !== 'up') throw new Refusal('no worker is up');
    this.#record?.strike();
    this.heldAtKill = undefined;
    const holding = Promise.withResolvers<void>();
    this.#holding = holding;
    worker.tell({ kind: 'hold' });
    const isComing = this.crowd !== undefined && this.broker === 'up';
    const limitMs = isComing ? HOLD_MS_MAX : HOLD_IDLE_MS_MAX;
    // Where nothing came to hold it is killed all the same.
    await within(limitMs, () => holding.promise).catch(() => undefined);
    await worker.kill();
    this.worker = 'dead';
  }

  async startWorker(): Promise<void> {
    if (this.#worker !== undefined && this.worker !== 'dead') {
      throw new Refusal('the worker is up already');
    }
    if (this.broker !== 'up') throw new Refusal('a worker needs the broker; start that first');
    this.worker = 'starting';
    const setup = { role: 'worker', ...this.parts.queue.address } as const;
    const died = (reason: string) => {
      this.worker = 'dead';
      this.#died(reason);
    };
    const worker = this.#start(setup, died, (message) => this.#hear(message));
    this.#worker = worker;
    try {
      await worker.ready;
      this.worker = 'up';
    } catch (error) {
      // One that is late may still come, beside the one that is started in its place.
      await worker.kill();
      this.worker = 'dead';
      throw error;
    }
  }

  /** Called again and again: judges when nothing is on its way. */
  async judge(): Promise<void> {
    const since = this.watch.drainedSinceMs;
    const isQuiet = this.ledger.open === 0 && this.crowd === undefined;
    if (!isQuiet || since === undefined || this.#isJudging) return;
    const { counted } = this.watch.seen;
    if (this.#judgedCount === counted) return;
    this.#isJudging = true;
    const { database, post } = this.parts;
    try {
      const users = await database.usersOf(post);
      const count = await database.countOf(post);
      // Something that came meanwhile is judged with all else, later.
      if (this.watch.drainedSinceMs !== since || this.ledger.open > 0) return;
      this.watch.seen = { ...this.watch.seen, counted: count };
      this.judgement = this.ledger.judge(users, count);
      this.#judgedCount = count;
      this.#record?.exact(since, this.sums);
    } finally {
      this.#isJudging = false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.watch[Symbol.dispose]();
    await this.#crowd?.kill();
    await Promise.all([this.#gateway.end(END_MS_MAX), this.#worker?.end(END_MS_MAX)]);
    await this.parts[Symbol.asyncDispose]();
  }

  #start(
    setup: ChildSetup,
    onDeath: ChildEvents['onDeath'],
    onMessage: ChildEvents['onMessage'] = () => undefined,
  ): DemoChild {
    return new DemoChild(this.parts.childModule, setup, { onMessage, onDeath });
  }

  /** A part has ended although nobody asked it to. */
  #died(reason: string): void {
    this.#record?.strike();
    this.#log(reason);
  }

  #reserve(presses: number): number {
    if (this.gateway !== 'up') throw new Refusal('the gateway is dead; clear the round');
    const first = this.ledger.reserve(presses);
    if (first !== undefined) return first;
    throw new Refusal('this round has as many presses as its ledger holds; clear it');
  }

  #answered(
    user: number,
    outcome: Parameters<PressLedger['answered']>[1],
    latencyMs: number,
    record?: CrowdRecord,
  ): void {
    this.ledger.answered(user, outcome);
    record?.answered(outcome, latencyMs);
    if (outcome === 'accepted') this.latencies.add(performance.now(), latencyMs);
    this.#touch();
  }

  #hear(message: ChildMessage): void {
    if (message.kind === 'delivered') {
      for (const user of message.users) this.ledger.delivered(user);
    } else if (message.kind === 'counted') {
      this.transactions += message.transactions;
      this.newestLikedAtMs = message.newestLikedAtMs;
    } else if (message.kind === 'holding') {
      this.heldAtKill = message.likes;
      this.#holding?.resolve();
    }
  }

  #endCrowd(): void {
    if (this.crowd === undefined) return;
    this.crowd = undefined;
    this.#crowd = undefined;
    this.#record?.done(performance.now());
    this.#touch();
  }

  #touch(): void {
    this.watch.touch();
    this.judgement = undefined;
    this.#judgedCount = undefined;
  }
}
