/**
 * A trial in which much happens and nothing goes wrong: sends that time out and are sent again,
 * whether the first one landed or not, batches that are delivered again, poison, lanes that are
 * read at different speeds. All of it is allowed, so whatever is found in it is a false alarm.
 */
import type { LogEntry } from '../../brokers/broker.ts';
import { type CheckOutput, check } from '../../lab/checker.ts';
import { type Judgement, judge } from '../../lab/ledger.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import { encodeLike, type Like } from '../../likes/like.ts';
import type { CountStore } from '../../store/count-store.ts';
import { openStore } from '../../store/open-store.ts';
import { madeLike, modelCounts, randomFrom } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

const PRODUCERS = 3;
const CONSUMERS = 2;
const LANES = 4;
const POSTS = 3_000;
const LIKES_PER_BATCH_MAX = 400;
const TIMEOUT_SHARE = 0.02;
const LANDED_SHARE = 0.5;
const REDELIVERY_SHARE = 0.05;
/** How often a lane is read while a batch is sent. */
const READ_SHARE = 0.4;
const POISON = ['no like', '{"format":9}'];

interface Lane {
  /** All that was ever stored in it, copies included. */
  readonly stored: Like[];
  /** Up to where it has been delivered. */
  delivered: number;
}

class BusyTrial {
  readonly likes: Like[] = [];
  readonly lanes = Array.from({ length: LANES }, (): Lane => ({ stored: [], delivered: 0 }));
  readonly #random: () => number;
  readonly #producers: readonly RecordWriter[];
  readonly #consumers: readonly RecordWriter[];
  readonly #store: CountStore;
  readonly #seqs = Array<number>(PRODUCERS).fill(0);
  #timeUs = 0;

  constructor(
    seed: number,
    records: { producers: readonly RecordWriter[]; consumers: readonly RecordWriter[] },
    store: CountStore,
  ) {
    this.#random = randomFrom(seed);
    this.#producers = records.producers;
    this.#consumers = records.consumers;
    this.#store = store;
  }

  /** Resolves when so many likes are sent, delivered and counted. */
  async run(likes: number): Promise<{ drainedUs: number }> {
    while (this.likes.length < likes) {
      this.#sendBatch(Math.min(this.#below(LIKES_PER_BATCH_MAX) + 1, likes - this.likes.length));
      for (const number of this.lanes.keys()) {
        if (this.#random() < READ_SHARE) await this.#read(number);
      }
    }
    for (const [number, lane] of this.lanes.entries()) {
      while (lane.delivered < lane.stored.length) await this.#read(number);
    }
    return { drainedUs: this.#timeUs + 1 };
  }

  *log(): Iterable<LogEntry> {
    for (const [lane, { stored }] of this.lanes.entries()) {
      for (const [position, like] of stored.entries()) {
        yield { lane, position, text: encodeLike(like) };
      }
      yield { lane, position: stored.length, text: POISON[lane % POISON.length]! };
    }
  }

  #sendBatch(size: number): void {
    const producer = this.#below(PRODUCERS);
    const batch = Array.from({ length: size }, () => {
      // The cube makes a few posts popular and most of them not.
      const post = `post-${Math.floor(this.#random() ** 3 * POSTS)}`;
      return madeLike(`gateway-${producer}`, this.#seqs[producer]!++, { post });
    });
    this.likes.push(...batch);
    const records = this.#producers[producer]!;
    while (this.#random() < TIMEOUT_SHARE) {
      records.attempted(this.#tick(), batch);
      if (this.#random() < LANDED_SHARE) this.#land(batch);
      records.outcome(this.#tick(), batch, 'unknown');
    }
    records.attempted(this.#tick(), batch);
    this.#land(batch);
    // Some die before they hear of it, for good.
    records.outcome(this.#tick(), batch, this.#random() < TIMEOUT_SHARE ? 'unknown' : 'ok');
  }

  #land(batch: readonly Like[]): void {
    for (const like of batch) {
      this.lanes[Number(like.post.slice('post-'.length)) % LANES]!.stored.push(like);
    }
  }

  async #read(number: number): Promise<void> {
    const lane = this.lanes[number]!;
    const end = lane.delivered + this.#below(LIKES_PER_BATCH_MAX) + 1;
    const likes = lane.stored.slice(lane.delivered, end);
    lane.delivered += likes.length;
    const records = this.#consumers[number % CONSUMERS]!;
    do {
      records.delivered(this.#tick(), likes);
      await this.#store.apply(likes, ({ fresh, seen }) => {
        const [counted, known] = [fresh, seen].map((places) => places.map((at) => likes[at]!));
        records.stored(this.#tick(), counted!, known!);
      });
    } while (this.#random() < REDELIVERY_SHARE);
  }

  #below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  #tick(): number {
    return this.#timeUs++;
  }
}

/** Runs such a trial, and checks and judges it with everything promised. */
export async function judgeBusyTrial(options: {
  readonly likes: number;
  readonly seed: number;
}): Promise<CheckOutput & Judgement> {
  using folder = recordsFolder();
  await using store = await openStore({ engine: 'memory', shards: 4 });
  const pathsOf = (role: string, count: number) =>
    Array.from({ length: count }, (_, index) => folder.path(`${role}-${index}`));
  const producerRecords = pathsOf('producer', PRODUCERS);
  const consumerRecords = pathsOf('consumer', CONSUMERS);
  const producers = producerRecords.map((path) => new RecordWriter(path));
  const consumers = consumerRecords.map((path) => new RecordWriter(path));
  const trial = new BusyTrial(options.seed, { producers, consumers }, store);
  const { drainedUs } = await trial.run(options.likes);
  for (const writer of [...producers, ...consumers]) writer[Symbol.dispose]();
  const checked = await check({
    producerRecords,
    consumerRecords,
    stored: store,
    parked: POISON,
    drained: true,
    drainedUs,
    sums: { attempted: trial.likes.length },
    expected: new Map(modelCounts(trial.likes).map((count) => [count.post, count])),
    log: trial.log(),
    logAgain: trial.log(),
    momentsUs: [drainedUs / 2],
  });
  return { ...checked, ...judge(checked.ledger, { order: true, survival: true }, []) };
}
