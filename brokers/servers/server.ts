/** How the lab sees the process behind a broker: Kafka, ElasticMQ, Redis, or the lab's own. */

/**
 * What an acknowledgement survives: nothing, the death of the server process, a power cut. With
 * `everysec`, what most people run on Redis, the death of the process unless an fsync is late just
 * then: what the server holds back meanwhile, up to 2 s of it, goes with the process.
 */
export type Tier = 'memory' | 'everysec' | 'kill' | 'power';

export const TIERS: readonly Tier[] = ['memory', 'everysec', 'kill', 'power'];

/** Whether every acknowledged like is still there after SIGKILL of the server. */
export function survivesKill(tier: Tier): boolean {
  return tier === 'kill' || tier === 'power';
}

/** The servers by their recipe. On the runtime `external`, any server that speaks the same. */
export const SERVER_NAMES = ['kafka', 'elasticmq', 'redis', 'null'] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

/** Servers that keep the counts, not the queues. On this machine only, or at an address given. */
const STORE_SERVER_NAMES = ['postgres', 'cassandra'] as const;
export type StoreServerName = (typeof STORE_SERVER_NAMES)[number];

export type AnyServerName = ServerName | StoreServerName;

/** Who runs the servers: this machine by itself, Docker Compose, or somebody else. */
export const RUNTIMES = ['local', 'compose', 'external'] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** How clients reach a server. Plain data, so that it can be handed to another process. */
export interface Endpoint {
  /** `host:port`, several by commas. Empty for Amazon SQS, where the region says where. */
  readonly address: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Kafka: how user name and password are shown. */
  readonly saslMechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined;
  /** TLS, when given. `caFile`: the authority, in PEM, where it is not one of the public ones. */
  readonly tls?: { readonly caFile?: string | undefined } | undefined;
  /** SQS: the region. With one, credentials come from the SDK's own chain. */
  readonly region?: string | undefined;
}

/** Read from the system after a SIGKILL, never from the call that sent it. */
export interface KillProof {
  readonly pid: number;
  /** The signal that ended the process, as its parent was told when it was reaped. */
  readonly endedBy: string;
  /** The port refused a connection afterwards. */
  readonly portRefused: true;
}

/** What a server has used since it started, read from the operating system. */
export interface ServerUsage {
  readonly cpuUs: number;
  readonly memoryBytes: number;
  /** Size of the data folder, logs of the server left out. */
  readonly diskBytes: number;
}

/**
 * A library between a process and its disk, there only where a C compiler is. What it does holds
 * from the call on, without a restart of the process.
 */
export interface DiskControl {
  /** Every fsync takes this much longer; 0 ends it. */
  delaySyncs(delayMs: number): void;
  /** Whether writes fail as on a full disk (ENOSPC). */
  refuseWrites(refused: boolean): void;
  /** Counted by the library since the process was first started with it. */
  counts(): DiskCounts;
}

/** Counted by the library, in all processes and lives of processes that share one control. */
export interface DiskCounts {
  /** Ended, and successful. */
  readonly syncs: number;
  /** Begun while there was a delay. */
  readonly syncsDelayed: number;
  /** Begun and not ended; after a SIGKILL, those that the process was killed in. */
  readonly syncsUnderWay: number;
  readonly writesRefused: number;
}

/** The same, for a server whose files may be cut back to what reached the disk. */
export interface ServerDisk extends DiskControl {
  /**
   * Between kill() and start(): takes from every append-only file what was written after its last
   * fsync, as a power cut would. Undefined where the server writes in place, so that nobody can
   * tell from outside what a power cut would leave.
   */
  readonly cutBack: (() => Promise<{ readonly files: number; readonly bytes: number }>) | undefined;
}

/** Names and values, all as text, read back from the running server. */
export type Settings = Readonly<Record<string, string>>;

/** A server that this lab runs, or (`external`) one that somebody else runs. */
export interface Server extends AsyncDisposable {
  readonly name: AnyServerName;
  readonly tier: Tier;
  /** The system's own name, such as ElasticMQ. */
  readonly title: string;
  readonly runtime: Runtime;
  /** Where clients connect. Valid after `start`, and the same after a restart. */
  readonly endpoint: Endpoint;
  /** The id of the server process while it runs; undefined when it is down or not ours. */
  readonly pid: number | undefined;
  /** Resolves when the server answers. Starting again keeps the data folder of the first start. */
  start(): Promise<void>;
  /** Asks the process to end and resolves when it has. */
  stop(): Promise<void>;
  /**
   * SIGKILL of the real process; resolves when it is reaped and its port refuses connections.
   * Rejects where the server is somebody else's: nothing is ever killed there.
   */
  kill(): Promise<KillProof>;
  /** What the running server itself said at its start, such as `4.3.1`. */
  version(): Promise<string>;
  /** There when the server was started with it. */
  readonly disk?: ServerDisk | undefined;
  /**
   * Where a proxy has to pass on to, when the server was told that clients come through one;
   * `endpoint` stays the way past it.
   */
  readonly behindProxy?: string | undefined;
  /** Undefined where the server is somebody else's. Rejects when it is not running. */
  usage(): Promise<ServerUsage | undefined>;
}
