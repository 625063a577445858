/** Runs the trials of a schedule one after the other; whatever happens, what is done is kept. */

import type { Step } from './experiment.ts';
import { judgeTrial } from './judge-trial.ts';
import { LabError, messageOf } from './lab-error.ts';
import { runTrial } from './run-trial.ts';
import type { Contender, Job } from './schedule.ts';
import { formatNumber, median } from './table.ts';
import type { TrialContext, TrialProgress } from './trial-context.ts';
import { LANES_DEFAULT, type TrialPlan } from './trial-plan.ts';
import { RESULT_FORMAT, type TrialResult } from './trial-result.ts';

/** Likes of the extra trial that finds a broker's maximum where no throughput trial has. */
const PROBE_LIKES = 100_000;

/** What stays the same for all trials of a run. */
export interface RunSetup {
  readonly run: string;
  readonly commit: string;
  readonly machine: Record<string, string>;
  readonly versions: Record<string, string>;
  /** The part of every plan that the user chose. */
  readonly plan: Pick<
    TrialPlan,
    'workload' | 'seed' | 'lanes' | 'consumers' | 'shards' | 'backlogBytesMax'
  >;
  readonly signal: AbortSignal;
  /** A broker on a running server, and an empty folder; both are given back by disposing. */
  open(contender: Contender): Promise<OpenTrial>;
  onTrial(event: { index: number; count: number; job: Job }): void;
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
    const probe = probeFor(queue[0]!, results);
    if (probe) queue.unshift(probe);
    const job = queue.shift()!;
    setup.onTrial({ index: done, count: done + 1 + queue.length, job });
    const result = await runJob(job, done, results, setup);
    if (result === undefined) break;
    results.push(result);
    setup.onResult(result);
    done++;
  }
  return results;
}

/** The extra trial that a step needs before it can be a share of the broker's maximum. */
function probeFor(job: Job, results: readonly TrialResult[]): Job | undefined {
  const { rate } = job.step;
  if (rate === undefined || !('shareOfMaximum' in rate)) return undefined;
  if (triedMaximum(job, results)) return undefined;
  return { ...job, step: { mode: 'sustained', likes: PROBE_LIKES } };
}

function sustainedOf({ broker, tier }: Contender, results: readonly TrialResult[]): TrialResult[] {
  return results.filter(
    (result) =>
      result.broker === broker && result.tier === tier && result.plan.mode === 'sustained',
  );
}

function triedMaximum(contender: Contender, results: readonly TrialResult[]): boolean {
  return sustainedOf(contender, results).length > 0;
}

function maximumOf(contender: Contender, results: readonly TrialResult[]): number {
  const rates = sustainedOf(contender, results)
    .filter(({ numbersValid }) => numbersValid)
    .map(({ rates }) => rates?.sustainedLikesPerS)
    .filter((rate) => rate !== undefined)
    .sort((a, b) => a - b);
  if (rates.length > 0) return median(rates);
  throw new LabError(
    'STALLED',
    `${contender.broker} has no valid maximum in this run, so no share of it can be offered; ` +
      'see the reasons of its sustained trial',
  );
}

/** Undefined when the run was interrupted. */
async function runJob(
  job: Job,
  index: number,
  results: readonly TrialResult[],
  setup: RunSetup,
): Promise<TrialResult | undefined> {
  const startedAt = new Date();
  const name = `${String(index + 1).padStart(3, '0')}-${job.broker}-${job.tier}-${job.step.mode}`;
  let plan: TrialPlan = planOf(job, undefined, setup);
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
    plan = planOf(job, isShare ? maximumOf(job, results) : undefined, setup);
    await using opened = await setup.open(job);
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
  const likes = evidence.workload.likes;
  onProgress({ phase: 'checking', likesDone: likes, likesTotal: likes, likesPerS: 0 });
  const judged = await judgeTrial(plan, context, evidence);
  const { habits, promises } = opened.broker;
  return {
    ...judged,
    plan: planFacts(plan, habits),
    promises: { ...promises },
    workload: {
      name: plan.workload,
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

/** What the result says of a plan: only what bears on this trial. */
function planFacts(
  plan: TrialPlan,
  habits: { likesPerSend: number; sendsInFlight: number } | undefined,
): TrialResult['plan'] {
  const { mode, likesPerS, warmUpS, pace, lanes, consumers, shards, backlogBytesMax } = plan;
  return {
    mode,
    likesPerS,
    warmUpS,
    pace,
    lanes,
    consumers,
    shards,
    backlogBytesMax,
    likesPerSend: plan.likesPerSend ?? habits?.likesPerSend,
    sendsInFlight: plan.sendsInFlight ?? habits?.sendsInFlight,
  };
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

function planOf(job: Job, maximum: number | undefined, setup: RunSetup): TrialPlan {
  const { step } = job;
  const base = {
    ...setup.plan,
    experiment: job.experiment.name,
    mode: step.mode,
    likes: step.likes,
    lanes: setup.plan.lanes ?? LANES_DEFAULT,
  };
  if (step.rate === undefined) return base;
  const { likesPerS, pace } = offeredRate(step.rate, maximum);
  const warmUpS = step.warmUpS ?? 0;
  const likes = Math.ceil(likesPerS * (warmUpS + (step.measureS ?? 0)));
  return { ...base, likes, likesPerS, warmUpS, pace };
}

function offeredRate(rate: NonNullable<Step['rate']>, maximum: number | undefined) {
  if ('likesPerS' in rate) {
    return { likesPerS: rate.likesPerS, pace: `${formatNumber(rate.likesPerS, 0)}/s` };
  }
  const likesPerS = Math.max(1, Math.round((maximum ?? 1) * rate.shareOfMaximum));
  return { likesPerS, pace: `${Math.round(rate.shareOfMaximum * 100)} % of own maximum` };
}
