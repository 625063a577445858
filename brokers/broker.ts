/**
 * The lab's view of one row of the comparison. This file and servers/server.ts are all that lab/
 * may know of brokers: whatever a concrete system needs stays in brokers/<name>.ts.
 */
import type { HandleLikes, LikeConsumer, LikeProducer } from '../likes/like.ts';
import type { ServiceTime } from '../likes/workloads/service-times.ts';
import type { Endpoint, ServerName, Settings, Tier } from './servers/server.ts';

/** What a broker says it does, in the settings the lab uses. Verdicts are judged against this. */
export interface Promises {
  /** `per-post`: likes of one post from one source are first delivered in the order sent. */
  readonly order: 'per-post' | 'none';
  /** Set where that order does not outlive a restart of the server. */
  readonly orderEndsWithServer?: true;
  /** Set where it ends with a fault that takes acknowledged likes along, since their places in the
   * log are given out again. */
  readonly orderEndsWithLoss?: true;
  /** Set where a disk without room ends what the tier promises, until the server is restarted. */
  readonly survivalEndsOnFullDisk?: true;
  /** How often an acknowledged like is delivered, as long as the tier's limit is not exceeded. */
  readonly delivery: 'at-least-once' | 'at-most-once';
  /** Where the promise is written down: a page of the system's own documentation. */
  readonly source: string;
  /** Brokers whose server stands in for a service: what that service promises, and where. */
  readonly emulates?: {
    readonly system: string;
    /** One line: order, delivery, survival. */
    readonly promise: string;
    readonly source: string;
  };
}

/** How to reach a running server, and what its acknowledgements survive there. */
export interface Connection extends Endpoint {
  readonly tier: Tier;
  /**
   * Likes that a consumer hands over at once, at most; its own habit unless told. Heard where a
   * batch has to be stored within a session: who stores likes one by one needs smaller ones.
   */
  readonly likesPerBatchMax?: number;
}

/** What the server itself says is left in a queue. Drained: the first two are 0. */
export interface Backlog {
  /** Likes that no consumer has been given yet. */
  readonly waiting: number;
  /** Likes that a consumer was given and has not acknowledged. */
  readonly unacknowledged: number;
  /** Messages in the dead-letter place of the queue. */
  readonly parked: number;
}

/** A message in the dead-letter place: its text, and why the consumer put it there. */
export interface ParkedMessage {
  readonly text: string;
  readonly reason: string;
}

/** A message in the log of a queue, whether it is a like or not. */
export interface LogEntry {
  readonly lane: number;
  /** Where in its lane; rising, not necessarily without gaps. */
  readonly position: number;
  readonly text: string;
}

/** The server's memory, as the server itself tells it. */
export interface MemoryLimit {
  /** 0 for none. */
  readonly limitBytes: number;
  readonly usedBytes: number;
  /** Commands that it has refused for want of memory since it started. */
  readonly refused: number;
}

/** How this broker is best driven. Facts of the client, printed with every result. */
export interface Habits {
  /** Likes that one `send` carries at full load. */
  readonly likesPerSend: number;
  /** Sends that one producer may have in flight. */
  readonly sendsInFlight: number;
}

export interface QueueOptions {
  readonly lanes: number;
  /**
   * What is acknowledged stays in the queue's log for ever, so that all of it can be read again;
   * false where nobody says so. The disk, or the memory, of the server grows with it.
   */
  readonly keepsLog?: boolean;
  /** Each like can be taken only when one server has served it for so long. */
  readonly service?: ServiceTime | undefined;
}

/** A lane whose log does not begin with the first message that was ever sent to it. */
export interface LogGap {
  readonly lane: number;
  /** The place of the first message that is left, in the server's words. */
  readonly begins: string;
  /** How many messages stood before it; undefined where the server does not tell. */
  readonly gone: number | undefined;
}

/** How far a second reading is, all by the server's own word. */
export interface RereadProgress {
  /** Whether all messages that the log held when it was opened are handled and acknowledged. */
  readonly isDone: boolean;
  /** Whether the log has more messages by now. */
  readonly hasGrown: boolean;
  /** Whether the log has lost messages at its beginning, perhaps before they were read. */
  readonly hasShrunk: boolean;
  /** Messages that could not be handled; they go with the group. */
  readonly parked: number;
}

/**
 * A queue's log, read again from its beginning by a group of its own, which takes nothing from the
 * group that counts. Disposing it, after its consumers have stopped, deletes the group.
 */
export interface Reread extends AsyncDisposable {
  /** What the log held when it was opened; what comes later is not waited for. */
  readonly messages: number;
  /** Empty when the log is whole. */
  readonly gaps: readonly LogGap[];
  openConsumer(handleLikes: HandleLikes): Promise<LikeConsumer>;
  progress(): Promise<RereadProgress>;
}

/** One queueing system, used in one way, at one tier, on one running server. */
export interface Broker extends AsyncDisposable {
  readonly name: string;
  readonly tier: Tier;
  readonly promises: Promises;
  readonly habits: Habits;
  /**
   * What decides how long others wait for what a dead or silent one held: timeouts of the
   * templates, by what they are of, in ms. They stand beside every recovery that is measured.
   */
  readonly timeoutsMs: Readonly<Record<string, number>>;
  /** Whether the server has a queue of that name. Rejects when it does not answer. */
  hasQueue(queue: string): Promise<boolean>;
  /**
   * Creates an empty queue. Rejects when one of that name is already there.
   * @throws BrokerError SERVICE_UNKNOWN for a `service` where it takes as long as it takes: only
   *   `null`, by which the lab measures itself, keeps a service time; LOG_UNKNOWN for `keepsLog`
   *   where there is no `reread`
   */
  createQueue(queue: string, options: QueueOptions): Promise<void>;
  /** Deletes the queue and its dead-letter place; deleting one that is not there is no error. */
  deleteQueue(queue: string): Promise<void>;
  openProducer(queue: string): Promise<LikeProducer>;
  /** Resolves when the consumer has its lanes and is reading. */
  openConsumer(queue: string, handleLikes: HandleLikes): Promise<LikeConsumer>;
  /**
   * Where the server's counts are approximate: how long they must say 0, in ms, before a queue
   * counts as drained. Undefined where they are exact.
   */
  readonly drainedTimeMs?: number;
  /** The server's own word, never our own count. */
  backlog(queue: string): Promise<Backlog>;
  /** All messages in the dead-letter place, oldest first, left where they are. */
  parked(queue: string): Promise<ParkedMessage[]>;
  /**
   * Sends messages as they are, in this order, into the first lane, each acknowledged. For what is
   * no like; likes go by a producer.
   * @throws BrokerError MESSAGE_REFUSED for the first that the server takes from nobody, such as
   *   one that is too large; those before it may have been sent
   */
  post(queue: string, texts: readonly string[]): Promise<void>;
  /**
   * Moves dead letters back into the queue, the oldest first where there is an order, each to the
   * lane of its post: `max` of them, by default as many as there are when it begins. A letter is
   * taken away after the server has acknowledged its message, so a crash between leaves both.
   */
  redrive(queue: string, options?: { readonly max?: number }): Promise<{ redriven: number }>;
  /**
   * There where the server keeps what is acknowledged: all messages from the beginning of each
   * lane's log to its end at the time of the call, counted or not, lane by lane in their order.
   */
  readLog?(queue: string): AsyncIterable<LogEntry>;
  /** There where another group can read again what has been acknowledged. */
  reread?(queue: string): Promise<Reread>;
  /** There where `reread` is: whether the queue was made to keep its log for ever. */
  keepsLog?(queue: string): Promise<boolean>;
  /**
   * There where the server's memory can be limited while it runs: to what it uses now and so many
   * bytes more (less when negative), or, when undefined, to what was set before. Nothing is ever
   * evicted. Resolves with what the server then says.
   */
  limitMemory?(bytesMore: number | undefined): Promise<MemoryLimit>;
  /** Lets the server free the space of likes that are acknowledged. Harmless at any time. */
  reclaim(queue: string): Promise<void>;
  /** Read back from the running server, never copied from our own configuration. */
  settings(queue: string): Promise<Settings>;
}

/**
 * Takes the place of a template's function in `consumers/`, with the same signature: what its
 * options are, only the broker and its template know.
 */
export type OpenOwnConsumer = (options: never, handleLikes: HandleLikes) => Promise<LikeConsumer>;

/** One line of the registry: what is known of a broker before its client library is loaded. */
export interface BrokerEntry {
  readonly server: ServerName;
  /** The tiers that this broker has, the default one first. */
  readonly tiers: readonly Tier[];
  /** One line for `--help` and the tables. */
  readonly summary: string;
  /**
   * Likes per second to expect, to the nearest power of ten or so: trials whose size nobody chose
   * are sized by it, and nothing is judged by it.
   */
  readonly likesPerSRough: number;
  /** What its template in `consumers/` exports, and a consumer in its place exports as well. */
  readonly consumerFunction: string;
  /** Why nobody can read again what was acknowledged; left out where another group can. */
  readonly readsOnceBecause?: string;
  /** Connects to a running server. Consumers are the template's unless one is given. */
  open(connection: Connection, ownConsumer?: OpenOwnConsumer): Promise<Broker>;
}
