/** What an experiment is: a question, the trials that answer it, and the columns of its table. */
import type { ServiceTime } from '../likes/workloads/service-times.ts';
import type { WorkloadName } from '../likes/workloads/workload.ts';
import type { CapacityFacts } from './capacity-facts.ts';
import type { HotSpotPlan } from './hot-spot-plan.ts';
import type { Arrivals } from './pace.ts';
import type { PathPlan } from './path-plan.ts';
import type { ReadsPlan } from './reads-schema.ts';
import type { ShardingPlan } from './sharding-plan.ts';
import type { StorePlan } from './store-plan.ts';
import type { Table } from './table.ts';
import type { Contender, CrashPlan, FaultPlan, MadeLikes, TrialMode } from './trial-plan.ts';
import type { TrialResult } from './trial-result.ts';

export type Profile = 'smoke' | 'quick' | 'full';

export const PROFILES: Readonly<Record<Profile, string>> = {
  smoke: 'does it work at all: few likes, one run, numbers that mean nothing',
  quick: 'one run of each trial in a few minutes; ranges, no claims',
  full: 'six runs of each trial and every rate, more until comparisons are decided; intervals',
};

/** One trial of an experiment, the same for every broker. */
export interface Step {
  readonly mode: TrialMode;
  /** Distinct likes; paced steps have as many as are due in their time. */
  readonly likes: number | 'all';
  /** Paced steps: likes per second, or a share of what the broker itself sustained in this run. */
  readonly rate?:
    | { readonly likesPerS: number }
    | {
        readonly shareOfMaximum: number;
        /** Trials that run side by side share the machine, and so the maximum, down to this. */
        readonly likesPerSLeast?: number;
      };
  readonly warmUpS?: number;
  /** How long likes are measured after the warm-up. */
  readonly measureS?: number;
  /**
   * Paced steps: likes measured at least, so that a percentile has its samples at a low rate, which
   * may be known only when a share is taken. The time grows for it up to MEASURE_S_MAX.
   */
  readonly likesMeasuredLeast?: number;
  /** Paced steps: how due times lie; `even` unless told. */
  readonly arrivals?: Arrivals;
  /** `null` only: how long its queue serves each like. The seed is the plan's. */
  readonly service?: Omit<ServiceTime, 'seed'>;
  readonly calibrates?: boolean;
  readonly crash?: CrashPlan;
  readonly faults?: FaultPlan;
  readonly hotSpot?: HotSpotPlan;
  readonly path?: PathPlan;
  /** Added to the run's seed, so that trials of the same fault differ and each can be repeated. */
  readonly seedAdded?: number;
  /** What the question needs, where the user does not say otherwise. */
  readonly workload?: WorkloadName;
  readonly consumers?: number;
  readonly lanes?: number;
  readonly store?: StorePlan;
  readonly checksStates?: boolean;
  /** Shards of the store, where the question is about them; the user's number is then left out. */
  readonly shards?: number;
  readonly sharding?: ShardingPlan;
  readonly reads?: ReadsPlan;
  /** What is made otherwise than usual in the workload. */
  readonly made?: MadeLikes;
  /** Of calculations: the same again would say the same, however many repeats are asked for. */
  readonly once?: true;
  /** The offered load in words, where those of the rate do not say what it is. */
  readonly pace?: string;
  /** What the trial is for `capacity-curve`; it stands in its result as it is. */
  readonly capacity?: CapacityFacts;
}

/** What an experiment knows when it is asked for its steps. */
export interface StepOrder {
  readonly profile: Profile;
  /** What the user chose; undefined leaves it to the experiment. */
  readonly likes: number | 'all' | undefined;
  readonly contender: Contender;
  /** Names of the faults that the user asked for; undefined means all. */
  readonly faults?: readonly string[] | undefined;
  /** How often each of them strikes in a cell; undefined leaves it to the experiment. */
  readonly strikes?: number | undefined;
  /** Runs of each trial, for experiments that go on from their results and repeat by themselves. */
  readonly repeats?: number | undefined;
  /** Due to visible, 99 % of the likes; undefined leaves it to the experiment. */
  readonly objectiveMs?: number | undefined;
}

/** What an experiment makes of its latest result: the trial that follows, and why. */
export interface Continuation {
  readonly step?: Step;
  /** One line for people; kept in a result that is a step of a search. */
  readonly decision?: string;
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
  /** Empty where the question makes no sense for a contender or a profile. */
  steps(order: StepOrder): readonly Step[];
  /**
   * What follows from its own results of one contender in this run, the newest one last; asked
   * after each of them, and undefined when nothing does. Such an experiment repeats by itself.
   */
  next?(own: readonly TrialResult[], order: StepOrder): Continuation | undefined;
  /** Runs of each trial where nobody says how many; else as many as the profile has. */
  readonly repeats?: number;
  /**
   * Its numbers are compared between brokers: where nobody says how many repeats, the profile
   * `full` goes on until that is decided (stop-early.ts).
   */
  readonly stopsWhenDecided?: true;
  /** Contenders that run along under another name as well, so that chance can be seen. */
  twins?(contenders: readonly Contender[], profile: Profile): readonly Contender[];
  /** What is no broker and runs along, such as the direct way into a database. */
  readonly besides?: readonly Contender[];
  /** Whether trials under the other name stand in its own table; else in the noise floor alone. */
  readonly showsTwins?: true;
  /** Brokers where nobody says which; all unless told. */
  readonly brokers?: readonly string[];
  /** Trials of a run at most, in this profile: a cover of all, chosen by the seed. */
  trialsMax?(profile: Profile): number | undefined;
  /** Tables of its own making, where a row is more than the medians of its columns. */
  tables?(results: readonly TrialResult[]): readonly Table[];
  /** Markdown that follows its tables, made from the same results. */
  explanation?(results: readonly TrialResult[]): string;
  /** Whether an interrupted run of it can go on: its trials are told apart by seed and repeat. */
  readonly resumes?: true;
  /** Why it cannot be judged under the rule *states*, and what can; undefined where it can. */
  readonly tallyOnly?: string;
  /** Whether it kills servers, which nobody else's are ever killed for. */
  readonly kills?: true;
  /** Which of its trials stand in its table; all unless told. A probe of a maximum does not. */
  shows?(result: TrialResult): boolean;
  /** Results with the same key are repeats of each other and share a row. */
  rowKey(result: TrialResult): readonly string[];
  /** Whether a row says something by itself, so that rows of several runs may share a table. */
  readonly rowsStandAlone?: boolean;
  /**
   * Whether the results of an older run speak for a row although a newer one has it as well. By
   * default the newest run does.
   */
  outweighs?(older: readonly TrialResult[], newer: readonly TrialResult[]): boolean;
  /** Heads of what `rowKey` gives. */
  readonly rowHeads: readonly { readonly head: string; readonly meaning: string }[];
  readonly columns: readonly Column[];
  /** Heads that stand on the project's first screen as well; undefined keeps its table off it. */
  readonly firstScreen?: readonly string[];
}
