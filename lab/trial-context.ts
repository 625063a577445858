/** What a trial is given: brokers and stores as objects, so that lab/ knows no concrete one. */
import type { Broker } from '../brokers/broker.ts';
import type { Server } from '../brokers/servers/server.ts';
import type { StoredCounts } from './checker.ts';

/** The store of a trial, opened for reading after the consumers have ended. */
export interface StoreToCheck extends StoredCounts, Disposable {
  findProblems(): string[];
  diskBytes(): number;
}

/** Where a trial is, for the live view. Rates are over the time since the last report. */
export interface TrialProgress {
  readonly phase: 'preparing' | 'publishing' | 'counting' | 'both' | 'draining' | 'checking';
  readonly likesDone: number;
  readonly likesTotal: number;
  readonly likesPerS: number;
  /** The server's own word on what waits, where it was asked. */
  readonly waiting?: number | undefined;
  readonly held?: boolean | undefined;
}

export interface TrialContext {
  readonly brokerName: string;
  readonly broker: Broker;
  readonly server: Server;
  /** The module that runs a worker; it composes broker, store and role (cli/worker.ts). */
  readonly workerModule: string;
  /** An empty folder for this trial's store and records; the caller removes it. */
  readonly folder: string;
  openStore(folder: string): Promise<StoreToCheck>;
  onProgress(progress: TrialProgress): void;
  /** Aborted: the trial ends as soon as it can and rejects with LabError INTERRUPTED. */
  readonly signal: AbortSignal;
}
