import { describe, expect, test } from 'vitest';
import { runCalculation, streamOf } from '../../lab/calculation.ts';
import type { Step } from '../../lab/experiment.ts';
import { planOf } from '../../lab/plan-trial.ts';
import { runJobs } from '../../lab/run-jobs.ts';
import { trialResultSchema } from '../../lab/trial-result.ts';
import { openRouting } from '../../store/routing/index.ts';
import { ROUTING_NAMES } from '../../store/routing/routing.ts';
import { Desk, jobsOf } from './jobs-desk.ts';

const rules = (idsSeen: number) => ROUTING_NAMES.map((name) => openRouting({ name, idsSeen }));
const NEWEST: Step = { mode: 'calculation', likes: 3_000, once: true, workload: 'newest' };
const SKEWED: Step = {
  ...NEWEST,
  workload: 'zipf',
  made: { exponent: 1.2, authors: true },
};

function planned(step: Step) {
  return planOf(jobsOf(1, step)[0]!, undefined, { seed: 3, shards: 4, backlogBytesMax: 1_000 });
}

describe('a calculation', () => {
  test('opens no trial, and is a whole result that passes', async () => {
    const desk = new Desk();
    const jobs = jobsOf(1, NEWEST, { broker: 'null', tier: 'memory' });
    const [result] = await runJobs(jobs, desk.setup({ routings: rules }));
    expect(desk.opened).toEqual([]);
    expect(() => trialResultSchema.parse(JSON.parse(JSON.stringify(result)))).not.toThrow();
    expect(result).toMatchObject({
      ...{ verdict: 'pass', numbersValid: true, broker: 'null', plan: { mode: 'calculation' } },
      workload: { name: 'newest', likes: 3_000, seed: 1 },
    });
    expect(result!.calculatedLoads!.routings.map(({ routing }) => routing)).toEqual([
      ...ROUTING_NAMES,
    ]);
  });

  test('of newest tells what moves and what surnames make, as only there they are asked', () => {
    const { calculatedLoads } = runCalculation(planned(NEWEST), rules);
    expect(calculatedLoads.moves!.keys).toBe(100_000);
    expect(calculatedLoads.lettersExpected![0]).toBeCloseTo(1.247, 3);
    const { calculatedLoads: skewed, workload } = runCalculation(planned(SKEWED), rules);
    expect(skewed.moves).toBeUndefined();
    expect(skewed.lettersExpected).toBeDefined();
    expect(workload.variant).toBe('exponent 1.2, authors');
    expect(skewed.stream).toBe('zipf 1.2');
  });

  test('without routings says that it lacks them, and still what it was about', async () => {
    const desk = new Desk();
    const [result] = await runJobs(jobsOf(1, SKEWED), desk.setup());
    expect(result).toMatchObject({
      ...{ verdict: 'unknown', reasons: [expect.stringContaining('needs the routings')] },
      workload: { name: 'zipf', variant: 'exponent 1.2, authors' },
    });
  });

  test('is named by its workload and what was changed of it', () => {
    expect(streamOf({ workload: 'flash', made: { authors: true } })).toBe('flash');
    expect(streamOf({ workload: 'zipf', made: { exponent: 0.6 } })).toBe('zipf 0.6');
  });
});
