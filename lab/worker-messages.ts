/**
 * What the conductor and its workers tell each other: commands, sums once a second, never a like.
 */

import type { ClockReading } from './compare-clocks.ts';
import type { HoldOrder, HotTold } from './hot-spot-plan.ts';
import type { Reads } from './reads-schema.ts';
import type { StorePlan } from './store-plan.ts';

/** From the conductor to a worker. */
export type WorkerCommand =
  | { readonly kind: 'start' }
  /** Tell at once what the clock shows. */
  | { readonly kind: 'tell-clock' }
  /** Whether to hold back: producers new sends, consumers the batches that they were given. */
  | { readonly kind: 'hold'; readonly held: boolean }
  /** Producers only: say `sending` right before the next send. */
  | { readonly kind: 'tell-sending' }
  /** Producers of an open loop, and gateways: finish what is under way, then report. */
  | { readonly kind: 'end' }
  /** Consumers only: end by SIGKILL at this step of a batch that comes from now on, or do not. */
  | { readonly kind: 'die-at'; readonly step: StoreStep | undefined }
  /** Consumers only: whose likes to hold for a bounded time from now on. */
  | { readonly kind: 'hold-posts'; readonly order: HoldOrder }
  /** Consumers: store and acknowledge what is in hand, then report and end. Readers: look once
   * more, then the same. */
  | { readonly kind: 'stop' };

/**
 * Moments of a batch on its way through a consumer. `after-shard-2`: two shards have committed
 * their part and a third has not.
 */
export const STORE_STEPS = [
  'before-transaction',
  'after-shard-1',
  'after-shard-2',
  'after-shard-3',
  'after-commit',
  'before-acknowledgement',
  'after-acknowledgement',
] as const;

/** The same where a batch is not one transaction of each shard, but row after row. */
const ROW_STEPS = [
  'before-transaction',
  'after-counts',
  'after-marks',
  'after-commit',
  'before-acknowledgement',
  'after-acknowledgement',
] as const;
export type StoreStep = (typeof STORE_STEPS | typeof ROW_STEPS)[number];

/** The moments that a store has. */
export function stepsOfStore(store: StorePlan | undefined): readonly StoreStep[] {
  return store?.engine === 'cassandra' ? ROW_STEPS : STORE_STEPS;
}

/** Running sums of a producer. */
export interface ProducerSums {
  /** Distinct likes that a send was begun for. */
  readonly attempted: number;
  /** Likes sent, clients' retries included. */
  readonly sent: number;
  readonly ok: number;
  readonly fail: number;
  readonly unknown: number;
}

/** Running sums of a consumer. */
export interface ConsumerSums {
  readonly delivered: number;
  readonly counted: number;
  readonly transactions: number;
}

/** The like that a consumer counted last: when it was sent (wall clock), and how long that was ago
 * when it was counted. */
export interface LastCounted {
  readonly likedAtMs: number;
  readonly lagMs: number;
}

/**
 * What a process has used: a producer from its start command to its last answer, a consumer from
 * its first batch to its last.
 */
export interface WorkerUsage {
  readonly cpuUs: number;
  readonly memoryBytesMax: number;
  /** Largest of the samples in the first and in the second half: alike when memory stays flat. */
  readonly memoryBytesMaxByHalf: readonly [number, number];
  readonly eventLoopDelayMsP99: number;
  /** The same time on the wall clock, for CPU as a share of a core. */
  readonly wallUs: number;
}

export interface ProducerReport {
  readonly sums: ProducerSums;
  readonly usage: WorkerUsage;
  /** Undefined of gateways, which make no likes. */
  readonly workloadHash?: string;
  /** Gateways with a limiter that they share: requests that this one limited by itself. */
  readonly decidedAlone?: number | undefined;
  /** The first reasons for likes that ended as fail or unknown, for the result's notes. */
  readonly sendErrors: readonly string[];
  /** Open loop only: how late the generator itself woke up, in µs, 99th percentile and maximum. */
  readonly generatorLagUsP99: number;
  readonly generatorLagUsMax: number;
}

export interface ConsumerReport {
  readonly sums: ConsumerSums;
  readonly usage: WorkerUsage;
  /** Read back from the store that this process counted into. */
  readonly storeSettings: Readonly<Record<string, string>>;
  /** Transactions by shard, in the order of the shards; later ones may have had none. */
  readonly transactionsOfShard?: readonly number[];
  /** How often the template gave up and was opened again; always 0 outside crash trials. */
  readonly reopened: number;
}

export interface ReaderReport {
  readonly usage: WorkerUsage;
  /** How often it looked at all of its posts. */
  readonly polls: number;
  /** From the beginning of one look to that of the next, µs. */
  readonly pollIntervalUsP99: number;
  readonly pollIntervalUsMax: number;
}

/** What a viewer measured; lab/reads-schema.ts says what each figure is. */
export type ViewerReport = Omit<Reads, 'latency' | 'bounds'> & {
  readonly usage: WorkerUsage;
  readonly latency: Reads['latency'] | undefined;
};

/** What a client of gateways has seen. */
export interface ClientReport {
  readonly usage: WorkerUsage;
  readonly workloadHash: string;
  readonly requests: number;
  readonly requestsAtOnceMax: number;
  /** Of its process, as the system tells it: below 0 it comes before others. */
  readonly priority: number;
  /** How late requests left behind their schedule, in µs, 99th percentile and maximum. */
  readonly generatorLagUsP99: number;
  readonly generatorLagUsMax: number;
}

/** What a consumer that is held has in hand, delivered and not stored: how many, and the first. */
export interface InHand {
  readonly likes: number;
  readonly source: string;
  readonly seq: number;
}

/** From a worker to the conductor. */
export type WorkerMessage =
  /** `url`: where a gateway listens. */
  | { readonly kind: 'ready'; readonly url?: string }
  | { readonly kind: 'sending' }
  | ({ readonly kind: 'clock' } & ClockReading)
  | ({ readonly kind: 'holding' } & InHand)
  | { readonly kind: 'produced'; readonly sums: ProducerSums }
  | {
      readonly kind: 'consumed';
      readonly sums: ConsumerSums;
      readonly lastCounted?: LastCounted | undefined;
      /** Of trials that look for hot posts. */
      readonly hot?: HotTold | undefined;
    }
  | { readonly kind: 'producer-done'; readonly report: ProducerReport }
  | { readonly kind: 'client-done'; readonly report: ClientReport }
  | { readonly kind: 'consumer-done'; readonly report: ConsumerReport }
  | { readonly kind: 'reader-done'; readonly report: ReaderReport }
  | { readonly kind: 'viewer-done'; readonly report: ViewerReport }
  | { readonly kind: 'failed'; readonly reason: string };

/** A worker's end of the line to the conductor. */
export interface WorkerPort {
  /** Resolves when the message is on its way, so that the worker may end. */
  tell(message: WorkerMessage): Promise<void>;
  /** The next command; commands that come while nobody waits are kept in order. */
  nextCommand(): Promise<WorkerCommand>;
}

/** How often running sums are told. */
export const SUMS_INTERVAL_MS = 500;
