/** Runs the trials of a schedule one after the other; whatever happens, what is done is kept. */
import { basename } from 'node:path';
import { withAudit } from './audit/of-trial.ts';
import type { RoutingRules } from './calculate-loads.ts';
import { runCalculation } from './calculation.ts';
import type { Equipment } from './faults/fault.ts';
import { BrokenTrialError, judgeRemains } from './judge-remains.ts';
import { judgeTrial } from './judge-trial.ts';
import { LabError, messageOf } from './lab-error.ts';
import { isVoidReason } from './measure-recovery.ts';
import { followUp } from './next-job.ts';
import { maximumOf, probeFor, whyTooMuch } from './own-maximum.ts';
import { CROWD } from './path/crowd-load.ts';
import { type ChosenPlan, consumerFacts, named, planFacts, planOf } from './plan-trial.ts';
import { runTrial, type TrialEvidence } from './run-trial.ts';
import type { Job } from './schedule.ts';
import { dropDecided } from './stop-early.ts';
import type { OwnConsumer, TrialContext, TrialProgress } from './trial-context.ts';
import { type Contender, faultsOfPlan, type TrialPlan, variantOf } from './trial-plan.ts';
import { RESULT_FORMAT, type TrialResult } from './trial-result.ts';
import { notTested, unjudged } from './unjudged.ts';

/** How often a void trial is run again before it is left as unknown. */
const VOID_REPEATS_MAX = 2;

/** What stays the same for all trials of a run. */
export interface RunSetup {
  readonly run: string;
  readonly commit: string;
  readonly machine: Record<string, string>;
  readonly versions: Record<string, string>;
  /** The part of every plan that the user chose. */
  readonly plan: ChosenPlan;
  /** A user's own consumers, by the brokers whose templates they take the place of. */
  readonly ownConsumers?: Readonly<Record<string, OwnConsumer>> | undefined;
  /** For calculations; undefined where none is asked for. */
  readonly routings?: RoutingRules;
  readonly signal: AbortSignal;
  /** Trials that run side by side; 1 where rates are measured. */
  readonly parallel?: number;
  /** Of the same run, before it was interrupted. */
  readonly before?: readonly TrialResult[];
  /** A broker on a running server, and an empty folder; both are given back by disposing. */
  open(contender: Contender, needs: TrialNeeds): Promise<OpenTrial>;
  onTrial(event: { index: number; count: number; job: Job }): void;
  /** A trial is left out since it would say nothing, or void and run again: which, and why. */
  onSkip(job: Job, reason: string): void;
  onProgress(progress: TrialProgress, job: Job): void;
  onResult(result: TrialResult, job: Job): void;
  /** What an experiment that goes on from its results made of the last one. */
  onDecision?(job: Job, line: string): void;
}

/** What a trial needs beyond a broker on a server. */
export interface TrialNeeds {
  /** A server that nobody has used before: what earlier trials left would slow its restart. */
  readonly alone: boolean;
  readonly equipment: readonly Equipment[];
  /** The server is started again and again, so that a fast start is worth more than a fast run. */
  readonly restartsOften: boolean;
}

export type OpenTrial = Omit<TrialContext, 'signal' | 'onProgress'> & AsyncDisposable;

/** Resolves with all results; an interrupted run resolves with those that were complete. */
export async function runJobs(jobs: readonly Job[], setup: RunSetup): Promise<TrialResult[]> {
  const results: TrialResult[] = [...(setup.before ?? [])];
  const queue = [...jobs];
  const state = { started: lastNumberOf(results) };
  const parallel = setup.parallel ?? 1;
  // Side by side, a maximum is found before anybody needs it.
  if (parallel > 1) await runProbes(queue, results, state, setup);
  const work = async (): Promise<void> => {
    while (queue.length > 0 && !setup.signal.aborted) {
      const dropped = dropDecided(queue, results, setup.plan);
      if (dropped !== undefined) {
        setup.onSkip(dropped.job, dropped.reason);
        continue;
      }
      const probe = probeFor(queue[0]!, results, setup.plan);
      if (probe) queue.unshift(probe);
      if (!(await runNext(queue.shift()!, queue, results, state, setup))) return;
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return results;
}

/** Trials that ran side by side and were cut short leave gaps, and no number is used twice. */
function lastNumberOf(results: readonly TrialResult[]): number {
  return Math.max(0, ...results.map(({ trial }) => Number.parseInt(trial, 10)));
}

async function runProbes(
  jobs: Job[],
  results: TrialResult[],
  state: { started: number },
  setup: RunSetup,
): Promise<void> {
  for (const job of jobs) {
    const probe = setup.signal.aborted ? undefined : probeFor(job, results, setup.plan);
    if (probe) await runNext(probe, jobs, results, state, setup);
  }
}

/** False when the run was interrupted. What follows from the result goes to the end of `queue`. */
async function runNext(
  job: Job,
  queue: Job[],
  results: TrialResult[],
  state: { started: number },
  setup: RunSetup,
): Promise<boolean> {
  const tooMuch = whyTooMuch(job, results, setup.plan);
  if (tooMuch !== undefined) {
    setup.onSkip(job, `left out: ${tooMuch}`);
    return true;
  }
  const index = state.started++;
  setup.onTrial({ index, count: index + queue.length + 1, job });
  const found = await runUntilValid(job, index, results, setup);
  if (found === undefined) return false;
  const { result, next, decision } = followUp(job, results, found);
  results.push(result);
  setup.onResult(result, job);
  if (decision !== undefined) setup.onDecision?.(job, decision);
  if (next !== undefined) queue.push(next);
  return true;
}

/**
 * A trial whose fault proved nothing is void: it is run again, and how often is in the result.
 * Undefined when the run was interrupted.
 */
async function runUntilValid(
  job: Job,
  index: number,
  results: readonly TrialResult[],
  setup: RunSetup,
): Promise<TrialResult | undefined> {
  for (let voids = 0; ; voids++) {
    const result = await runJob(job, index, results, setup);
    if (result?.recovery === undefined) return result;
    const isVoid = result.reasons.length > 0 && result.reasons.every(isVoidReason);
    if (!isVoid || voids === VOID_REPEATS_MAX) {
      return { ...result, recovery: { ...result.recovery, voidBefore: voids } };
    }
    setup.onSkip(job, `${result.reasons.join('; ')}; it is run again`);
  }
}

/** Undefined when the run was interrupted. */
export async function runJob(
  job: Job,
  index: number,
  results: readonly TrialResult[],
  setup: RunSetup,
): Promise<TrialResult | undefined> {
  const startedAt = new Date();
  const { faults: struckBy, mode, path } = job.step;
  const kind = (path ? undefined : struckBy?.fault.name) ?? mode;
  const name = `${String(index + 1).padStart(3, '0')}-${job.broker}-${job.tier}-${kind}`;
  let plan: TrialPlan = planOf(job, undefined, setup.plan);
  const facts = () => ({
    format: RESULT_FORMAT as typeof RESULT_FORMAT,
    run: setup.run,
    trial: name,
    experiment: job.experiment.name,
    broker: job.broker,
    ...(job.alias !== undefined && { alias: job.alias }),
    tier: job.tier,
    ...consumerFacts(setup.ownConsumers?.[job.broker]),
    startedAt: startedAt.toISOString(),
    durationS: (Date.now() - startedAt.getTime()) / 1000,
    versions: setup.versions,
    machine: setup.machine,
    commit: setup.commit,
    ...(job.step.capacity && { capacity: job.step.capacity }),
  });
  try {
    const rate = job.step.rate;
    const isShare = rate !== undefined && 'shareOfMaximum' in rate;
    plan = planOf(job, isShare ? maximumOf(job, results, setup.plan) : undefined, setup.plan);
    if (plan.mode === 'calculation') {
      const calculated = runCalculation(plan, setup.routings);
      return { ...facts(), ...calculated, durationS: facts().durationS };
    }
    const faults = plan.faults ? faultsOfPlan(plan.faults) : [];
    const alone = plan.crash !== undefined || faults.length > 0;
    await using opened = await setup.open(job, {
      alone,
      equipment: faults.flatMap(({ equipment = [] }) => equipment),
      restartsOften: faults.length > 0,
    });
    const whyNot = faults.flatMap((one) => one.whyNot?.(opened.broker, opened.server) ?? [])[0];
    if (whyNot !== undefined) return { ...facts(), ...notTested(plan, job.tier, whyNot) };
    const onProgress = (progress: TrialProgress) => setup.onProgress(progress, job);
    const judged = await runOpened(plan, { ...opened, signal: setup.signal, onProgress }, setup);
    return withAudit({ ...facts(), ...judged, durationS: facts().durationS }, results);
  } catch (error) {
    if (isInterruption(error, setup)) return undefined;
    const fault = plan.faults?.fault;
    if (fault && error instanceof LabError && error.code === 'EQUIPMENT_MISSING') {
      return { ...facts(), ...notTested(plan, job.tier, error.message) };
    }
    return { ...facts(), ...unjudged(plan, job.tier, messageOf(error)) };
  }
}

async function runOpened(plan: TrialPlan, context: TrialContext, setup: RunSetup) {
  const { onProgress } = context;
  const evidence = await runTrial(plan, context).catch((error: unknown) => {
    if (error instanceof BrokenTrialError && !isInterruption(error.cause, setup)) return error;
    throw error instanceof BrokenTrialError ? error.cause : error;
  });
  if (evidence instanceof BrokenTrialError) {
    const result = unjudged(plan, context.broker.tier, evidence.message);
    return { ...result, ...(await judgeRemains(plan, context, evidence)) };
  }
  const likes = likesOf(evidence);
  onProgress({ phase: 'checking', likesDone: likes, likesTotal: likes, likesPerS: 0 });
  const judged = await judgeTrial(plan, context, evidence);
  const { habits, promises } = context.broker;
  return {
    ...judged,
    // Those are the template's; what a user's own consumer waits for, nobody knows.
    ...(judged.faults &&
      !context.ownConsumer && {
        faults: { ...judged.faults, timeoutsMs: { ...context.broker.timeoutsMs } },
      }),
    plan: planFacts(plan, habits),
    promises: { ...promises },
    server: { title: context.server.title, runtime: context.server.runtime },
    workload: {
      name: plan.path?.limiter === undefined ? plan.workload : CROWD,
      ...(plan.data !== undefined && { data: basename(plan.data) }),
      ...(variantOf(plan.made) !== undefined && { variant: variantOf(plan.made) }),
      likes,
      seed: plan.seed,
      hash: evidence.path?.client.workloadHash ?? evidence.producers[0]?.workloadHash,
    },
    settings: {
      ...evidence.settings,
      ...named('store', evidence.consumers[0]?.storeSettings ?? {}),
      ...(evidence.path && { 'client priority': String(evidence.path.client.priority) }),
    },
    versions: { ...setup.versions, [context.server.name]: evidence.serverVersion },
  };
}

/** Distinct likes that the system was given to take. */
function likesOf({ strikes, producers, workload, path }: TrialEvidence): number {
  // More may be requested than the workload has, and what is shed was requested as well.
  if (path !== undefined) return path.client.requests;
  // The load of a trial that is struck ends when it has shown enough.
  if (strikes.length === 0) return workload.likes;
  return producers.reduce((sum, { sums }) => sum + sums.attempted, 0);
}

/** Whatever breaks off once the run is interrupted does so for that, a fault's own wait too. */
function isInterruption(error: unknown, { signal }: RunSetup): boolean {
  return signal.aborted || (error instanceof LabError && error.code === 'INTERRUPTED');
}
