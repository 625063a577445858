/** Jobs that get no further than the opening of their trial, and a desk that they open at. */
import type { Step } from '../../lab/experiment.ts';
import type { OpenTrial, RunSetup, TrialNeeds } from '../../lab/run-jobs.ts';
import type { Job } from '../../lab/schedule.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { madeExperiment } from './made-result.ts';

export const CONTENDER = { broker: 'kafka', tier: 'kill', likesPerSRough: 1_000 } as const;

export function jobsOf(
  count: number,
  step: Partial<Step> = {},
  contender: Partial<Job> = {},
): Job[] {
  return Array.from({ length: count }, () => ({
    ...{ ...CONTENDER, experiment: madeExperiment, ...contender },
    step: { mode: 'sustained', likes: 10, ...step },
  }));
}

/** Trials open in the order of their jobs, and each waits until a test lets it end. */
export class Desk {
  readonly opened: { job: Job; needs: TrialNeeds; end: (error?: Error) => void }[] = [];
  readonly told: { index: number; count: number }[] = [];
  readonly skipped: string[] = [];
  readonly results: TrialResult[] = [];
  readonly interrupt = new AbortController();
  mostOpen = 0;
  #open = 0;

  setup(changed: Partial<RunSetup> = {}): RunSetup {
    return {
      run: 'run-1',
      commit: 'none',
      machine: {},
      versions: {},
      plan: { seed: 1, shards: 4, backlogBytesMax: 1_000 },
      signal: this.interrupt.signal,
      open: (contender, needs) => this.#opening(contender as Job, needs),
      onTrial: ({ index, count }) => this.told.push({ index, count }),
      onSkip: (_, reason) => this.skipped.push(reason),
      onProgress: () => undefined,
      onResult: (result) => this.results.push(result),
      ...changed,
    };
  }

  /** Ends trials as they open, until the run is over. */
  async endAll<T>(run: Promise<T>): Promise<T> {
    let isOver = false;
    const over = run.finally(() => {
      isOver = true;
    });
    for (let next = 0; !isOver; ) {
      const trial = this.opened[next];
      if (trial !== undefined) next++;
      trial?.end();
      await Promise.race([over, new Promise((resolve) => setImmediate(resolve))]);
    }
    return await over;
  }

  async #opening(job: Job, needs: TrialNeeds): Promise<OpenTrial> {
    const ended = Promise.withResolvers<never>();
    const end = (error = new Error('ended by the test')) => ended.reject(error);
    this.mostOpen = Math.max(this.mostOpen, ++this.#open);
    this.opened.push({ job, needs, end });
    try {
      return await ended.promise;
    } finally {
      this.#open--;
    }
  }
}
