/** What a trial is given: brokers and stores as objects, so that lab/ knows no concrete one. */
import type { Broker } from '../brokers/broker.ts';
import type { DiskControl, Endpoint, Server, ServerUsage } from '../brokers/servers/server.ts';
import type { StoredCounts } from './checker.ts';
import type { NetworkProxy } from './faults/proxy.ts';
import type { KeepHotPosts } from './hot-spot-plan.ts';
import type { DatabaseProbe } from './path/database-probe.ts';
import type { StorePlan } from './store-plan.ts';

/** The store of a trial, opened for reading after the consumers have ended. */
export interface StoreToCheck extends StoredCounts, AsyncDisposable {
  findProblems(): Promise<string[]>;
  diskBytes(): Promise<number>;
}

/**
 * Where and what a store is, as plain data that goes to other processes. Opaque to the lab; the
 * options of store/open-store.ts.
 */
export type StoreAddress = Readonly<Record<string, unknown>>;

/** The sums of a trial that goes on, told by its workers twice a second. */
export interface TrialLive {
  /** A like that was sent twice is one here. */
  readonly ledger: {
    readonly attempted: number;
    readonly ok: number;
    readonly unknown: number;
    readonly fail: number;
    readonly counted: number;
  };
  /** Likes of which a send was begun, that were not refused and are not counted yet. */
  readonly backlog: number;
  /** From a like's send to its count, of the last one counted; where nothing is counted while a
   * backlog waits, the age of that like. Undefined before any like was counted. */
  readonly lagMs?: number | undefined;
}

/** Where a trial is, for the live view. Rates are over the time since the last report. */
export interface TrialProgress {
  readonly phase:
    | 'preparing'
    | 'publishing'
    | 'counting'
    | 'both'
    | 'striking'
    | 'draining'
    | 'checking';
  readonly likesDone: number;
  readonly likesTotal: number;
  readonly likesPerS: number;
  /** While it is struck: how often it was, of how often. Its load has no end of its own. */
  readonly strikes?: { readonly done: number; readonly planned: number } | undefined;
  readonly live?: TrialLive | undefined;
  readonly held?: boolean | undefined;
}

/** A user's own consumer: the module, and the sum of its file (without what it imports). */
export interface OwnConsumer {
  readonly path: string;
  readonly sha256: string;
}

export interface TrialContext {
  readonly brokerName: string;
  readonly broker: Broker;
  readonly server: Server;
  /** What faults asked to be put in place, where they did. */
  readonly proxy?: NetworkProxy | undefined;
  /** Where the workers connect, when it is not the server itself. */
  readonly clientEndpoint?: Endpoint | undefined;
  /** A library between the consumers and the disk of their store, and the whole environment that
   * they need for it. */
  readonly storeDisk?:
    | { readonly environment: NodeJS.ProcessEnv; readonly control: DiskControl }
    | undefined;
  /** Takes the place of the broker's template in the consumers' processes. */
  readonly ownConsumer?: OwnConsumer | undefined;
  /** The module that runs a worker; it composes broker, store and role (cli/worker.ts). */
  readonly workerModule: string;
  /** An empty folder for this trial's records; the caller removes it. */
  readonly folder: string;
  /** The address of a fresh store of so many shards, for the consumers of this trial. */
  storeAddress(shards: number, store: StorePlan): Promise<StoreAddress>;
  openStore(address: StoreAddress): Promise<StoreToCheck>;
  /** Undefined where no server of this lab keeps the shards. */
  storeServerUsage?(): Promise<ServerUsage | undefined>;
  /** Of trials over HTTP: asks the database that counts; undefined where there is none. */
  openDatabaseProbe?(): Promise<DatabaseProbe | undefined>;
  /** Of trials with a hot post: who finds it, and does something about it. */
  readonly keepHotPosts?: KeepHotPosts | undefined;
  onProgress(progress: TrialProgress): void;
  /** Aborted: the trial ends as soon as it can and rejects with LabError INTERRUPTED. */
  readonly signal: AbortSignal;
}
