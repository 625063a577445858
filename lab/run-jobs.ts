/** Runs the trials of a schedule one after the other; whatever happens, what is done is kept. */
import { basename } from 'node:path';
import { judgeTrial } from './judge-trial.ts';
import { LabError, messageOf } from './lab-error.ts';
import { isVoidReason } from './measure-recovery.ts';
import { maximumOf, probeFor, whyTooMuch } from './own-maximum.ts';
import { type ChosenPlan, planFacts, planOf } from './plan-trial.ts';
import { runTrial } from './run-trial.ts';
import type { Job } from './schedule.ts';
import type { TrialContext, TrialProgress } from './trial-context.ts';
import type { Contender, TrialPlan } from './trial-plan.ts';
import { RESULT_FORMAT, type TrialResult } from './trial-result.ts';

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
  readonly signal: AbortSignal;
  /**
   * A broker on a running server, and an empty folder; both are given back by disposing. `alone`:
   * on a server that nobody has used before, so that what earlier trials left does not slow its
   * start.
   */
  open(contender: Contender, alone: boolean): Promise<OpenTrial>;
  onTrial(event: { index: number; count: number; job: Job }): void;
  /** A trial is left out since it would say nothing, or void and run again: which, and why. */
  onSkip(job: Job, reason: string): void;
  onProgress(progress: TrialProgress): void;
  onResult(result: TrialResult): void;
}

export type OpenTrial = Pick<
  TrialContext,
  'brokerName' | 'broker' | 'server' | 'workerModule' | 'folder' | 'openStore'
> &
  AsyncDisposable;

/** Resolves with all results; an interrupted run resolves with those that were complete. */
export async function runJobs(jobs: readonly Job[], setup: RunSetup): Promise<TrialResult[]> {
  const results: TrialResult[] = [];
  const queue = [...jobs];
  let done = 0;
  while (queue.length > 0 && !setup.signal.aborted) {
    const probe = probeFor(queue[0]!, results, setup.plan);
    if (probe) queue.unshift(probe);
    const job = queue.shift()!;
    const tooMuch = whyTooMuch(job, results, setup.plan);
    if (tooMuch !== undefined) {
      setup.onSkip(job, `left out: ${tooMuch}`);
      continue;
    }
    setup.onTrial({ index: done, count: done + 1 + queue.length, job });
    const result = await runUntilValid(job, done, results, setup);
    if (result === undefined) break;
    results.push(result);
    setup.onResult(result);
    done++;
  }
  return results;
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
  const name = `${String(index + 1).padStart(3, '0')}-${job.broker}-${job.tier}-${job.step.mode}`;
  let plan: TrialPlan = planOf(job, undefined, setup.plan);
  const facts = () => ({
    format: RESULT_FORMAT as typeof RESULT_FORMAT,
    run: setup.run,
    trial: name,
    experiment: job.experiment.name,
    broker: job.broker,
    tier: job.tier,
    startedAt: startedAt.toISOString(),
    durationS: (Date.now() - startedAt.getTime()) / 1000,
    versions: setup.versions,
    machine: setup.machine,
    commit: setup.commit,
  });
  try {
    const rate = job.step.rate;
    const isShare = rate !== undefined && 'shareOfMaximum' in rate;
    plan = planOf(job, isShare ? maximumOf(job, results, setup.plan) : undefined, setup.plan);
    await using opened = await setup.open(job, plan.crash !== undefined);
    return { ...facts(), ...(await runOpened(plan, opened, setup)), durationS: facts().durationS };
  } catch (error) {
    if (error instanceof LabError && error.code === 'INTERRUPTED') return undefined;
    return { ...facts(), ...unjudged(plan, messageOf(error)) };
  }
}

async function runOpened(plan: TrialPlan, opened: OpenTrial, setup: RunSetup) {
  const { signal, onProgress } = setup;
  const context: TrialContext = { ...opened, signal, onProgress };
  const evidence = await runTrial(plan, context);
  // The load of a crash trial ends when it has shown enough.
  const likes = evidence.crash
    ? evidence.producers.reduce((sum, { sums }) => sum + sums.attempted, 0)
    : evidence.workload.likes;
  onProgress({ phase: 'checking', likesDone: likes, likesTotal: likes, likesPerS: 0 });
  const judged = await judgeTrial(plan, context, evidence);
  const { habits, promises } = opened.broker;
  return {
    ...judged,
    plan: planFacts(plan, habits),
    promises: { ...promises },
    server: { title: opened.server.title, runtime: opened.server.runtime },
    workload: {
      name: plan.workload,
      ...(plan.data !== undefined && { data: basename(plan.data) }),
      likes,
      seed: plan.seed,
      hash: evidence.producers[0]!.workloadHash,
    },
    settings: { ...evidence.settings, ...named('store', evidence.consumers[0]!.storeSettings) },
    versions: { ...setup.versions, [opened.server.name]: evidence.serverVersion },
  };
}

/** The settings of a part of the trial, each name with that part's before it. */
function named(part: string, settings: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(settings);
  return Object.fromEntries(entries.map(([name, value]) => [`${part} ${name}`, value]));
}

/** A trial that could not be judged: no ledger, no numbers, nothing that was not seen; a reason. */
function unjudged(plan: TrialPlan, reason: string) {
  return {
    plan: planFacts(plan, undefined),
    workload: { name: plan.workload, seed: plan.seed },
    settings: {},
    verdict: 'unknown' as const,
    reasons: [reason],
    numbersValid: false,
    numbersStruck: [reason],
    notes: [],
  };
}
