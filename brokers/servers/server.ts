/** How the lab sees the process behind a broker: Kafka, ElasticMQ, Redis, or the lab's own. */

/** What an acknowledgement survives: nothing, the death of the server process, a power cut. */
export type Tier = 'memory' | 'kill' | 'power';

export const TIERS: readonly Tier[] = ['memory', 'kill', 'power'];

export type ServerName = 'kafka' | 'redis' | 'null';

/** What a server has used since it started, read from the operating system. */
export interface ServerUsage {
  readonly cpuUs: number;
  readonly memoryBytes: number;
  /** Size of the data folder, logs of the server left out. */
  readonly diskBytes: number;
}

/** Names and values, all as text, read back from the running server. */
export type Settings = Readonly<Record<string, string>>;

/** A server that this lab runs, or (`external`) one that somebody else runs. */
export interface Server extends AsyncDisposable {
  readonly name: ServerName;
  readonly tier: Tier;
  /** Where clients connect, as `host:port`. Valid after `start`, and the same after a restart. */
  readonly address: string;
  /** The id of the server process while it runs; undefined when it is down or not ours. */
  readonly pid: number | undefined;
  /** Resolves when the server answers. Starting again keeps the data folder of the first start. */
  start(): Promise<void>;
  /** Asks the process to end and resolves when it has. */
  stop(): Promise<void>;
  /** SIGKILL of the real process; resolves when it is reaped and its port refuses connections. */
  kill(): Promise<void>;
  /** What the running server itself said at its start, such as `4.3.1`. */
  version(): Promise<string>;
  /** Rejects when the server is not running. */
  usage(): Promise<ServerUsage>;
}
