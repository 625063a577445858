/** A consumer's part of a trial: the template under test, between recorders, into the store. */
import type { HandleLikes, HeadersOf, Like, LikeConsumer, PlaceOf } from '../likes/like.ts';
import type { Clock } from './clock.ts';
import type { HoldOrder, HotTold } from './hot-spot-plan.ts';
import { openAgainAndAgain, openOnce } from './open-again.ts';
import { RecordWriter } from './record-writer.ts';
import { StoreSteps } from './store-steps.ts';
import { openUsageMeter, type UsageMeter } from './usage-meter.ts';
import { type LastCounted, SUMS_INTERVAL_MS, type WorkerPort } from './worker-messages.ts';

type Settings = Readonly<Record<string, string>>;

/** What a consumer counts into; store/count-store.ts has it. */
export interface CountsLikes {
  apply(
    likes: Parameters<HandleLikes>[0],
    committed: (commit: {
      shard?: number;
      fresh: readonly number[];
      seen: readonly number[];
    }) => void,
    placeOf?: PlaceOf,
    written?: (part: 'counts' | 'marks') => void,
    begins?: (places: readonly number[]) => void,
  ): Promise<void>;
  /** Read back from the engine; some settings belong to the process that opened it. */
  settings(): Settings | Promise<Settings>;
  /** Where it looks for hot posts: what it sees now, and holding the likes of some of them. */
  readonly hot?: { tell(): HotTold; hold(order: HoldOrder): void } | undefined;
}

/** Whoever traces batches, told of each step when it is taken; tracing/batch-tracer.ts does. */
export interface TracesBatches {
  delivered(likes: readonly Like[], headersOf?: HeadersOf): TracesBatch;
}

export interface TracesBatch {
  /** The transaction that counts the likes at these places begins. */
  begins(places: readonly number[]): void;
  committed(places: readonly number[]): void;
  /** The batch goes back to the client, stored or not. */
  ended(): void;
}

/** Opens the consumer, tells `ready`, counts until `stop`, and reports. */
export async function consume(
  options: { readonly recordsPath: string; readonly reopens: boolean },
  tools: {
    openConsumer: (handleLikes: HandleLikes) => Promise<LikeConsumer>;
    store: CountsLikes;
    clock: Clock;
    port: WorkerPort;
    tracer?: TracesBatches | undefined;
  },
): Promise<void> {
  const { store, clock, port, tracer } = tools;
  using records = new RecordWriter(options.recordsPath);
  const sums = { delivered: 0, counted: 0, transactions: 0 };
  const transactionsOfShard: number[] = [];
  let lastCounted: LastCounted | undefined;
  const steps = new StoreSteps(options.recordsPath);
  const orders = new ConsumerOrders(port, steps, store);
  // What the process does before its first batch and after its last is not counting.
  let meter: UsageMeter | undefined;

  const handleLikes: HandleLikes = async (likes, placeOf, headersOf) => {
    meter ??= openUsageMeter(clock);
    const trace = tracer?.delivered(likes, headersOf);
    records.delivered(clock.nowUs(), likes);
    sums.delivered += likes.length;
    // On disk before anything may interrupt: a process that dies leaves what it was given.
    if (orders.isHeld || options.reopens) records.flush();
    if (orders.isHeld) {
      const { source, seq } = likes[0]!;
      void port.tell({ kind: 'holding', likes: likes.length, source, seq });
    }
    await orders.whileHeld();
    const batch = steps.follow(likes);
    batch.reach('before-transaction');
    try {
      const committed: Parameters<typeof store.apply>[1] = ({ shard = 0, fresh, seen }) => {
        batch.committed(fresh.length + seen.length);
        records.stored(
          clock.nowUs(),
          fresh.map((place) => likes[place]!),
          seen.map((place) => likes[place]!),
        );
        // After the record, so that making spans is in no record.
        trace?.committed([...fresh, ...seen]);
        sums.counted += fresh.length;
        sums.transactions++;
        while (transactionsOfShard.length <= shard) transactionsOfShard.push(0);
        transactionsOfShard[shard]!++;
        if (fresh.length > 0) lastCounted = lastOf(likes[fresh.at(-1)!]!);
      };
      const written = (part: 'counts' | 'marks') => batch.reach(`after-${part}`);
      await store.apply(
        likes,
        committed,
        placeOf,
        written,
        trace && ((some) => trace.begins(some)),
      );
    } finally {
      trace?.ended();
      records.flush();
      meter.mark();
    }
    batch.reach('before-acknowledgement');
    steps.afterAcknowledgement(likes, batch.shardsCommitted);
  };

  const told = () => store.hot && { hot: store.hot.tell() };
  const open = () => tools.openConsumer(handleLikes);
  const consumer = options.reopens ? await openAgainAndAgain(open) : await openOnce(open);
  const telling = setInterval(
    () => void port.tell({ kind: 'consumed', sums: { ...sums }, lastCounted, ...told() }),
    SUMS_INTERVAL_MS,
  );
  try {
    await port.tell({ kind: 'ready' });
    await Promise.race([orders.stopped, consumer.failed]);
    await consumer.stop();
    const usage = (meter ?? openUsageMeter(clock)).read();
    const { reopened } = consumer;
    const storeSettings = await store.settings();
    const report = { sums, usage, storeSettings, reopened, transactionsOfShard };
    await port.tell({ kind: 'consumer-done', report });
  } finally {
    clearInterval(telling);
  }
}

function lastOf({ likedAtMs }: Like): LastCounted {
  return { likedAtMs, lagMs: Date.now() - likedAtMs };
}

/** What the conductor asks of a consumer while it runs. */
class ConsumerOrders {
  readonly stopped: Promise<void>;
  #released: PromiseWithResolvers<void> | undefined;

  constructor(port: WorkerPort, steps: StoreSteps, { hot }: CountsLikes) {
    this.stopped = this.#obey(port, steps, hot);
  }

  get isHeld(): boolean {
    return this.#released !== undefined;
  }

  async whileHeld(): Promise<void> {
    await this.#released?.promise;
  }

  async #obey(port: WorkerPort, steps: StoreSteps, hot: CountsLikes['hot']): Promise<void> {
    for (;;) {
      const command = await port.nextCommand();
      if (command.kind === 'stop') break;
      if (command.kind === 'hold-posts') hot?.hold(command.order);
      if (command.kind === 'die-at') steps.dieAt(command.step);
      if (command.kind !== 'hold') continue;
      if (command.held) this.#released ??= Promise.withResolvers();
      else this.#release();
    }
    this.#release();
  }

  #release(): void {
    this.#released?.resolve();
    this.#released = undefined;
  }
}
