/** Trials over HTTP for the tests: real servers, gateways, clients and workers. */

import { ServerPool } from '../../../cli/server-pool.ts';
import type { Step } from '../../../lab/experiment.ts';
import { DIRECT, type PathPlan } from '../../../lab/path-plan.ts';
import { runJob } from '../../../lab/run-jobs.ts';
import type { StorePlan } from '../../../lab/store-plan.ts';
import type { Contender, FaultPlan } from '../../../lab/trial-plan.ts';
import type { TrialResult } from '../../../lab/trial-result.ts';
import { trialResultSchema } from '../../../lab/trial-result.ts';
import { madeExperiment } from '../made-result.ts';

export interface PathOrder {
  readonly broker: string;
  readonly path: PathPlan;
  readonly likesPerS: number;
  readonly measureS: number;
  readonly warmUpS?: number;
  readonly consumers?: number;
  readonly engine?: StorePlan['engine'];
  readonly faults?: FaultPlan;
  readonly seed?: number;
}

export interface RealPaths extends AsyncDisposable {
  run(order: PathOrder): Promise<TrialResult>;
}

function contenderOf(broker: string): Contender {
  return { broker, tier: broker === DIRECT ? 'power' : 'kill', likesPerSRough: 10_000 };
}

/** The servers start when a trial first needs them. */
export async function openRealPaths(brokers: readonly string[]): Promise<RealPaths> {
  const pool = await ServerPool.open(brokers.map(contenderOf), () => undefined, 'local');
  return {
    async run({ broker, path, likesPerS, measureS, warmUpS = 0.5, consumers = 1, ...order }) {
      const { engine = 'sqlite', faults, seed = 7 } = order;
      const step: Step = {
        ...{ mode: 'path', likes: 0, rate: { likesPerS }, measureS, warmUpS, consumers, path },
        ...{ workload: 'zipf', store: { engine, rule: path.rule } },
        ...(faults && { faults }),
      };
      const job = { ...contenderOf(broker), experiment: madeExperiment, step };
      const result = await runJob(job, 0, [], {
        ...{ run: 'test', commit: 'none', machine: {}, versions: {} },
        plan: { seed, shards: 4, backlogBytesMax: 2 ** 31 },
        signal: new AbortController().signal,
        open: (contender, needs) => pool.openTrial(contender, needs),
        onTrial: () => undefined,
        onSkip: () => undefined,
        onProgress: () => undefined,
        onResult: () => undefined,
      });
      // What would be written is what the file allows.
      return trialResultSchema.parse(JSON.parse(JSON.stringify(result)));
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
