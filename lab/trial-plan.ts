/** What one trial is: one broker, one workload, once. */
import type { Tier } from '../brokers/servers/server.ts';
import type { ServiceTime } from '../likes/workloads/service-times.ts';
import type { WorkloadName, WorkloadOptions } from '../likes/workloads/workload.ts';
import type { Fault } from './faults/fault.ts';
import type { HotSpotPlan } from './hot-spot-plan.ts';
import type { Arrivals } from './pace.ts';
import type { PathPlan } from './path-plan.ts';
import type { ReadsPlan } from './reads-schema.ts';
import type { ShardingPlan } from './sharding-plan.ts';
import type { StorePlan } from './store-plan.ts';

/** A row's subject: one broker at one tier. */
export interface Contender {
  readonly broker: string;
  readonly tier: Tier;
  /** What the registry says to expect; trials whose size nobody chose are sized by it. */
  readonly likesPerSRough: number;
  /** Another name for the same thing, which runs along to be compared with itself. */
  readonly alias?: string;
}

/**
 * `publish-then-count`: all is published first, then counted from the full backlog.
 * `sustained`: producers and consumers at work together, as fast as they may.
 * `paced`: the same at a fixed rate, from which latencies are taken.
 * `crash`: paced, and the server is killed in the middle and started again.
 * `faults`: paced, and struck by a fault several times.
 * `hot-spot`: at a fixed rate, with one post that takes most of it for a while.
 * `reads`: at a fixed rate, while the counts are read as fast as they may be.
 * `path`: at a fixed rate over HTTP, through gateways, with a burst or faults where planned.
 * `calculation`: nothing is sent; the likes are counted as they would fall on the shards.
 */
export const TRIAL_MODES = [
  'publish-then-count',
  'sustained',
  'reads',
  'paced',
  'crash',
  'faults',
  'hot-spot',
  'path',
  'calculation',
] as const;
export type TrialMode = (typeof TRIAL_MODES)[number];

/** What a crash trial does beyond a paced one. Times are from the first send. */
export interface CrashPlan {
  /** The server is killed no earlier than this. */
  readonly killAfterS: number;
  /** Before the kill the consumers hold still for this long, so that a backlog builds up. */
  readonly holdS: number;
  /** The load goes on for this long after likes are acknowledged again, then it ends. */
  readonly goOnS: number;
  /** Acknowledged likes in the second before the kill; with fewer the trial is void. */
  readonly acknowledgedLeast: number;
}

/** What may be promised of acknowledged likes: each survives, all but the last 2 s, or nothing. */
export const SURVIVALS = ['survival', 'all but 2 s', 'nothing'] as const;
export type Survival = (typeof SURVIVALS)[number];

/** What a fault trial does beyond a paced one. */
export interface FaultPlan {
  readonly fault: Fault;
  /** Other faults that take turns with it, strike by strike. */
  readonly others?: readonly Fault[] | undefined;
  readonly strikes: number;
  /** The load goes on undisturbed for this long between two strikes; 0 unless told. */
  readonly pauseS?: number | undefined;
  /** The first strike comes no earlier than this after the first send. */
  readonly firstAfterS: number;
  /** The load goes on for this long after likes are acknowledged again. */
  readonly goOnS: number;
  /** Acknowledged likes in the second before a strike; with fewer it is void. */
  readonly acknowledgedLeast: number;
}

/** All faults of a plan, in the order of their turns. */
export function faultsOfPlan({ fault, others = [] }: FaultPlan): readonly Fault[] {
  return [fault, ...others];
}

/** The fault of a strike, counted from 0. */
export function faultOfStrike(plan: FaultPlan, strike: number): Fault {
  const all = faultsOfPlan(plan);
  return all[strike % all.length]!;
}

/** Such as `server-kill, consumer-kill`. */
export function nameOfFaults(plan: FaultPlan): string {
  return faultsOfPlan(plan)
    .map(({ name }) => name)
    .join(', ');
}

/** What may be changed of a made workload. */
export type MadeLikes = Pick<WorkloadOptions, 'exponent' | 'authors' | 'flashShare'>;

/** Such as `exponent 1.2, authors`: two workloads of one name with other words are not the same. */
export function variantOf({ exponent, authors, flashShare }: MadeLikes = {}): string | undefined {
  const words = [
    ...(exponent === undefined ? [] : [`exponent ${exponent}`]),
    ...(authors ? ['authors'] : []),
    ...(flashShare === undefined ? [] : [`viral post ${flashShare}`]),
  ];
  return words.length > 0 ? words.join(', ') : undefined;
}

export interface TrialPlan {
  readonly experiment: string;
  readonly mode: TrialMode;
  /** Likes due per second; paced trials only. */
  readonly likesPerS?: number;
  /** Paced trials only: likes due in this time are not measured. */
  readonly warmUpS?: number;
  /** The offered load in words, such as `50 % of own maximum`; the same for all repeats. */
  readonly pace?: string;
  /** Paced trials only: how due times lie; `even` unless told. */
  readonly arrivals?: Arrivals | undefined;
  /** `null` only: the queue hands each like on when it has been served for so long. */
  readonly service?: ServiceTime | undefined;
  /** Whether each like is compared with what theory says, and so what the lab adds is measured. */
  readonly calibrates?: boolean | undefined;
  readonly crash?: CrashPlan | undefined;
  readonly faults?: FaultPlan | undefined;
  readonly hotSpot?: HotSpotPlan | undefined;
  /** Trials over HTTP. */
  readonly path?: PathPlan | undefined;
  readonly workload: WorkloadName;
  /** A CSV file of the user's own for `trending`. */
  readonly data?: string | undefined;
  /** Whether the states that users are left with are worked out, by arrival and by version. */
  readonly checksStates?: boolean | undefined;
  readonly likes: number | 'all';
  readonly seed: number;
  readonly lanes: number;
  readonly consumers: number;
  readonly shards: number;
  /** What the likes are counted into; `sqlite` by tally unless told. */
  readonly store?: StorePlan | undefined;
  readonly sharding?: ShardingPlan | undefined;
  readonly made?: MadeLikes | undefined;
  /** Trials of `reads`. */
  readonly reads?: ReadsPlan | undefined;
  /** Undefined: the broker's own habit. */
  readonly likesPerSend?: number | undefined;
  readonly sendsInFlight?: number | undefined;
  /** Bytes that the broker may hold on disk before the producer waits. */
  readonly backlogBytesMax: number;
}

export const WORKLOAD_DEFAULT: WorkloadName = 'trending';
export const LANES_DEFAULT = 4;
export const CONSUMERS_DEFAULT = 1;
export const SHARDS_DEFAULT = 4;
export const BACKLOG_BYTES_MAX_DEFAULT = 2 * 1024 ** 3;

/** What of a plan decides which likes there are. */
export function workloadOptionsOf({ likes, seed, data, made }: TrialPlan): WorkloadOptions {
  return { likes, seed, ...(data !== undefined && { data }), ...made };
}

/**
 * The likes of one producer. Each that takes the place of another is a source of its own with likes
 * of its own; the first has those of the plan.
 */
export function producerWorkloadOf(plan: TrialPlan, producer: number): WorkloadOptions {
  const options = workloadOptionsOf(plan);
  return { ...options, seed: options.seed + producer };
}
