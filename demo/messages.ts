/** What the demo and its processes tell each other: gateway, worker and crowd, each its own. */
import type { Connection } from '../brokers/broker.ts';
import type { StoreOptions } from '../store/open-store.ts';
import type { Outcome } from './press-ledger.ts';

/** The way of a like behind the gateway. */
export const WAYS = ['queued', 'direct'] as const;
export type Way = (typeof WAYS)[number];

export interface QueueAddress {
  readonly broker: string;
  readonly connection: Connection;
  readonly queue: string;
  readonly store: StoreOptions;
}

export interface GatewaySetup {
  readonly role: 'gateway';
  /** Undefined: directly into the database. */
  readonly queued: QueueAddress | undefined;
  readonly databaseUrl: string;
}

export interface WorkerSetup extends QueueAddress {
  readonly role: 'worker';
}

export interface CrowdSetup {
  readonly role: 'crowd';
  readonly url: string;
  readonly post: string;
  readonly likesPerS: number;
  readonly likes: number;
  /** The number of the first user; the others follow. */
  readonly firstUser: number;
}

export type ChildSetup = GatewaySetup | WorkerSetup | CrowdSetup;

/** A press that has its answer: who, what, and how long after it was due. */
export type AnsweredPress = readonly [user: number, outcome: Outcome, latencyMs: number];

export type ChildMessage =
  /** `url`: of a gateway. */
  | { readonly kind: 'ready'; readonly url?: string }
  /** A worker was given likes of these users. Told before it does anything with them. */
  | { readonly kind: 'delivered'; readonly users: readonly number[] }
  /** Stored for good. `newestLikedAtMs`: of the last one, by the wall clock. */
  | {
      readonly kind: 'counted';
      readonly likes: number;
      readonly transactions: number;
      readonly newestLikedAtMs: number;
    }
  /** It has stored so many likes, and does not acknowledge them: it waits to be killed. */
  | { readonly kind: 'holding'; readonly likes: number }
  /** Of a crowd: how many presses were sent in all, and those answered since the last time. */
  | {
      readonly kind: 'pressed';
      readonly sent: number;
      /** How long after it was due a press was sent, at worst. */
      readonly lateMsMax: number;
      readonly answered: readonly AnsweredPress[];
    }
  /** The crowd has left and every press is answered. */
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** The last message of a process that ends by itself. */
  | { readonly kind: 'ended' };

export type ChildCommand =
  /** A worker: hold what is stored next without acknowledging it. */
  | { readonly kind: 'hold' }
  /** A crowd: press no more. */
  | { readonly kind: 'stop' };
