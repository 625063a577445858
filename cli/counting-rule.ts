/** `--store` and `--rule`: which store a run counts into, and what cannot be counted or judged. */
import { Option } from 'commander';
import { BROKERS } from '../brokers/index.ts';
import type { Experiment, Step } from '../lab/experiment.ts';
import { PRESSES_MAX } from '../lab/presses.ts';
import {
  COUNTING_RULES,
  type CountingRule,
  STORE_DEFAULT,
  type StoreEngine,
  type StorePlan,
} from '../lab/store-plan.ts';
import { formatNumber } from '../lab/table.ts';
import { type Contender, WORKLOAD_DEFAULT } from '../lab/trial-plan.ts';
import { openWorkload } from '../likes/workloads/workload.ts';
import type { RunOptions } from './options.ts';
import { UsageError } from './usage-error.ts';

export function ruleOption(): Option {
  return new Option(
    '--rule <name>',
    'tally counts each like once; states the last action of each user and post (default: tally)',
  ).choices(COUNTING_RULES);
}

/** Undefined where the user leaves both to the experiment. */
export function storePlanOf({
  store: engine,
  rule,
}: Pick<RunOptions, 'store' | 'rule'>): StorePlan | undefined {
  if (engine === undefined && rule === undefined) return undefined;
  return { engine: engine ?? STORE_DEFAULT.engine, rule: rule ?? STORE_DEFAULT.rule };
}

/**
 * Why this store cannot count exactly from this broker's queue; undefined where it can. Cassandra
 * has no transaction over a like's mark and its count, and so tallies by the offsets of a log.
 */
export function refusalOf(
  engine: StoreEngine,
  rule: CountingRule,
  broker: string,
): string | undefined {
  if (engine !== 'cassandra' || rule !== 'tally') return undefined;
  const { readsOnceBecause } = BROKERS[broker]!;
  if (readsOnceBecause === undefined) return undefined;
  return (
    `tally on cassandra rests on the offsets of a log that can be read again, and ${broker} has ` +
    `none (${readsOnceBecause}); use --rule states, or --store sqlite or postgres`
  );
}

/**
 * The experiments that can be judged under the rule, before anything is started.
 * @throws UsageError for a store that cannot count from one of the brokers, or that an experiment
 * lets nobody choose, where no experiment is left, and for more likes than can be judged
 */
export function judgeable(
  experiments: readonly Experiment[],
  contenders: readonly Contender[],
  options: RunOptions,
): readonly Experiment[] {
  const plan = storePlanOf(options);
  for (const { experiment, contender, step } of stepsOf(experiments, contenders, options)) {
    const { engine, rule } = plan ?? step.store ?? STORE_DEFAULT;
    const refusal = refusalOf(engine, rule, contender.broker);
    if (refusal !== undefined) throw new UsageError(`${experiment.name}: ${refusal}`);
  }
  const own = plan && experiments.find(({ storesAsSaid }) => storesAsSaid !== undefined);
  if (own) throw new UsageError(`--store and --rule: ${own.storesAsSaid}`);
  if (plan?.rule !== 'states') return experiments;
  const left = experiments.filter(({ tallyOnly }) => tallyOnly === undefined);
  if (left.length === 0) throw new UsageError(`--rule states: ${experiments[0]!.tallyOnly}`);
  for (const { step } of stepsOf(left, contenders, options)) checkSize(step, options);
  return left;
}

function stepsOf(
  experiments: readonly Experiment[],
  contenders: readonly Contender[],
  { profile, likes }: RunOptions,
) {
  return experiments.flatMap((experiment) =>
    contenders.flatMap((contender) =>
      experiment
        .steps({ profile, likes, contender })
        .filter(({ mode }) => mode !== 'calculation')
        .map((step) => ({ experiment, contender, step })),
    ),
  );
}

/** Every state of a trial is held in memory while it is judged. */
function checkSize(step: Step, { workload, data, seed }: RunOptions): void {
  if (step.rate !== undefined) return;
  const wanted = { likes: step.likes, seed, ...(data !== undefined && { data }) };
  const { likes } = openWorkload(workload ?? step.workload ?? WORKLOAD_DEFAULT, wanted);
  if (likes <= PRESSES_MAX) return;
  throw new UsageError(
    `--rule states: ${formatNumber(likes, 0)} likes are more than the ` +
      `${formatNumber(PRESSES_MAX, 0)} whose states can be judged; ask for fewer with --likes`,
  );
}
