/** What the page is sent, several times a second: all that it shows, as plain data. */
import type { CrowdRow } from './crowd-record.ts';
import type { Way } from './messages.ts';
import type { Percentiles } from './recent.ts';
import type { PartState } from './round.ts';

export interface Rates {
  readonly attempted: number;
  readonly accepted: number;
  /** Answered with a no, or with nothing that is certain. */
  readonly turnedAway: number;
  readonly delivered: number;
  readonly counted: number;
  readonly transactions: number;
}

export interface LedgerView {
  readonly attempted: number;
  readonly accepted: number;
  /** Answered with a certain no. */
  readonly refused: number;
  /** Answered with "perhaps", or not at all. */
  readonly unknown: number;
  /** Of these the ones that are counted; null until all is counted. */
  readonly landedUnknown: number | null;
  readonly counted: number;
  /** Accepted and not counted yet; 0 once it is judged. */
  readonly onItsWay: number;
  /** Null until nothing is on its way: before, nobody can tell. */
  readonly lost: number | null;
  readonly countedTwice: number | null;
  readonly cameAgain: number;
}

/** What the story is told from. */
export interface Facts {
  /** Undefined when the demo can be used; else what it is doing. */
  readonly busy: string | undefined;
  /** Why there is no round; undefined where there is one. */
  readonly problem: string | undefined;
  readonly way: Way;
  readonly brokerTitle: string;
  readonly gateway: PartState;
  readonly broker: PartState;
  readonly worker: PartState;
  readonly crowd: { readonly likesPerS: number; readonly leftS: number } | null;
  readonly rates: Rates;
  readonly ledger: LedgerView;
  /** Likes that wait in the queue, by its server's own word; null while it gives none. */
  readonly backlog: number | null;
  /** How far the count is behind the presses; 0 when it is not. */
  readonly ageS: number;
  readonly lockWaits: number;
  /** Database transactions of this round. */
  readonly transactions: number;
  readonly heldAtKill: number | null;
  /** How long the queue waits for a dead worker, at most. */
  readonly takeoverS: number;
}

const HOPS = ['crowd', 'gateway', 'queue', 'worker', 'database'] as const;
export type Hop = (typeof HOPS)[number];

export interface Story {
  readonly headline: string;
  /** How the headline is to be taken. */
  readonly tone: 'calm' | 'trouble' | 'good';
  readonly hops: Readonly<Record<Hop, string>>;
}

/** What a student should have done once. */
export const STEPS = [
  'press',
  'crowd',
  'kill-worker',
  'start-worker',
  'kill-broker',
  'start-broker',
  'direct',
  'direct-crowd',
] as const;
export type StepName = (typeof STEPS)[number];

export interface Snapshot extends Facts {
  /** Whether a like can be pressed. */
  readonly isReady: boolean;
  readonly brokers: readonly { readonly name: string; readonly title: string }[];
  readonly brokerName: string;
  readonly latency: Percentiles | null;
  /** What could not be done, or has ended by itself; null until then, and after the next wish. */
  readonly failed: string | null;
  readonly rows: readonly CrowdRow[];
  /** The last crowds of both ways with the same rate, in a sentence; null where there are none. */
  readonly comparison: string | null;
  readonly story: Story;
  readonly done: readonly StepName[];
}
