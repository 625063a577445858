/** What an experiment is: a question, the trials that answer it, and the columns of its table. */
import type { TrialMode } from './trial-plan.ts';
import type { TrialResult } from './trial-result.ts';

export type Profile = 'smoke' | 'quick' | 'full';

export const PROFILES: Readonly<Record<Profile, string>> = {
  smoke: 'does it work at all: few likes, one run, numbers that mean nothing',
  quick: 'one run of each trial in a few minutes; ranges, no claims',
  full: 'six runs of each trial and every rate; medians with intervals',
};

/** One trial of an experiment, the same for every broker. */
export interface Step {
  readonly mode: TrialMode;
  /** Distinct likes; paced steps have as many as are due in their time. */
  readonly likes: number | 'all';
  /** Paced steps: likes per second, or a share of what the broker itself sustained in this run. */
  readonly rate?: { readonly likesPerS: number } | { readonly shareOfMaximum: number };
  readonly warmUpS?: number;
  /** How long likes are measured after the warm-up. */
  readonly measureS?: number;
}

/** One column: what stands in its head, what it means, and a trial's value in it. */
export interface Column {
  readonly head: string;
  readonly meaning: string;
  /** Undefined prints as –. Numbers are struck out when the trial's numbers are. */
  readonly value: (result: TrialResult) => number | string | undefined;
  /** Digits after the point; numbers only. */
  readonly digits?: number;
  /** Shown beside numbers that are struck out, and never struck out itself. */
  readonly isFinding?: boolean;
}

export interface Experiment {
  readonly name: string;
  /** One line, ends with a question mark. */
  readonly question: string;
  steps(profile: Profile, likes: number | 'all' | undefined): readonly Step[];
  /** Results with the same key are repeats of each other and share a row. */
  rowKey(result: TrialResult): readonly string[];
  /** Whether a row says something by itself, so that rows of several runs may share a table. */
  readonly rowsStandAlone?: boolean;
  /** Heads of what `rowKey` gives. */
  readonly rowHeads: readonly { readonly head: string; readonly meaning: string }[];
  readonly columns: readonly Column[];
}
