/**
 * What a fault is: something that goes wrong on purpose, under load, with proof that it did. One
 * file a fault; index.ts lists them. The trial around them is lab/fault-trial.ts.
 */
import type { Broker } from '../../brokers/broker.ts';
import type { DiskControl, Server } from '../../brokers/servers/server.ts';
import type { Random } from '../../likes/workloads/random.ts';
import type { Clock } from '../clock.ts';
import type { Crew } from '../crew.ts';
import type { StorePlan } from '../store-plan.ts';
import type { NetworkProxy } from './proxy.ts';

/**
 * What a fault strikes. It decides what must survive it: the tier says what an acknowledgement
 * survives of the server's death and of a power cut; all else must never lose a like.
 */
export type Target = 'server' | 'power' | 'consumer' | 'producer' | 'network' | 'store' | 'queue';

/**
 * What has to stand in its place before the server and the workers start. `network`: a proxy
 * between the workers and the server. `disk`: a library between the server and its disk.
 * `store-disk`: the same between the consumers and the disk of the store.
 */
export type Equipment = 'network' | 'disk' | 'store-disk';

/** Facts read from the system or the server; they stand in the result as they are. */
export type ProofFacts = Readonly<Record<string, string | number | boolean>>;

export interface Proof {
  readonly facts: ProofFacts;
  /** Why this proves nothing, in plain words; empty when it does. Such a strike is void. */
  readonly doubts: readonly string[];
  /** On the trial's clock: from when on things could get better; the strike's end unless told. */
  readonly recoversFromUs?: number;
  /** From when on `doubtsAfterwards` counts deliveries; `recoversFromUs` unless told. */
  readonly countsFromUs?: number;
  /**
   * When the blow itself fell, where a fault prepares it or waits for its moment: what was lost is
   * measured back from there. The strike's begin unless told.
   */
  readonly struckUs?: number;
}

/** What a fault may lay hands on while the load goes on. */
export interface Stage {
  readonly broker: Broker;
  readonly server: Server;
  readonly queue: string;
  readonly lanes: number;
  /** What the likes are counted into; undefined for the usual one. */
  readonly store?: StorePlan | undefined;
  /** The workers of the trial; a fault may end, stop and replace them. */
  readonly crew: Crew;
  readonly clock: Clock;
  /** Of the trial's seed: whatever a fault chooses, it chooses by this. */
  readonly random: Random;
  /** How many strikes of the trial came before this one; and the seed of the trial. */
  readonly strike: number;
  readonly seed: number;
  /** There when the fault asked for the equipment. */
  readonly proxy: NetworkProxy | undefined;
  readonly storeDisk: DiskControl | undefined;
  /** Aborted: the fault ends as soon as it can, and undoes what it did. */
  readonly signal: AbortSignal;
}

export interface Fault {
  /** As in `--faults`, such as `server-kill`. */
  readonly name: string;
  /** One line for help and tables: what is done to whom, without a full stop. */
  readonly summary: string;
  readonly target: Target;
  readonly equipment?: readonly Equipment[];
  /** Set where the server has no room on its disk, which some servers' promises do not survive. */
  readonly fillsDisk?: true;
  /** Seconds that consumers hold still before it, so that likes wait in the server; 0 if unset. */
  readonly holdS?: number;
  /** Consumers that the trial needs at least; 2 unless it says so. */
  readonly consumers?: number;
  /**
   * Strikes at least this many times in a trial, such as once for each of a list of steps.
   */
  readonly strikesLeast?: number;
  /** Why it says nothing of this broker on this server; undefined when it does. */
  whyNot?(broker: Broker, server: Server): string | undefined;
  /**
   * What only the records tell, when the trial is over: why a strike with these facts proves
   * nothing. `timesAgain`: how often the like that the facts name as `source` and `seq` was
   * delivered from `countsFromUs` on; 0 where they name none.
   */
  doubtsAfterwards?(facts: ProofFacts, timesAgain: number): string[];
  /**
   * Does it, and undoes it: when it resolves, everything runs again or is about to by itself. A
   * server that was killed has been started again; the trial looks after a queue that it lost.
   */
  strike(stage: Stage): Promise<Proof>;
}
