import { expect, test } from 'vitest';
import { LabMetrics } from '../../../cli/watch/lab-metrics.ts';
import type { Job } from '../../../lab/schedule.ts';
import type { TrialLive } from '../../../lab/trial-context.ts';
import { cleanLedger, madeExperiment, madeResult } from '../../lab/made-result.ts';
import { servedValues } from './served-values.ts';

const QUEUE = 'messaging_destination_name="lab",messaging_system="kafka"';

function madeJob(broker = 'kafka'): Job {
  return {
    ...{ broker, tier: 'kill', likesPerSRough: 1_000 },
    ...{ experiment: madeExperiment, step: { mode: 'paced', likes: 0 } },
  };
}

function madeLive(counted: number): TrialLive {
  const ledger = { attempted: 60, ok: 58, unknown: 1, fail: 1, counted };
  return { ledger, backlog: 59 - counted, lagMs: 1_500 };
}

async function ledgerOf(metrics: LabMetrics) {
  const values = await servedValues(metrics.registry);
  const states = ['attempted', 'acknowledged', 'unknown', 'refused', 'counted', 'lost'];
  return states.map((state) =>
    values.get(`likes_ledger_total{${QUEUE},state="${state}",tier="kill"}`),
  );
}

test('a trial that runs is told as it goes, and what it came to once it has ended', async () => {
  using metrics = new LabMetrics();
  const job = madeJob();
  metrics.begin(job);
  expect(await ledgerOf(metrics)).toEqual([0, 0, 0, 0, 0, 0]);
  metrics.progress({ live: madeLive(40) }, job);
  metrics.progress({ live: madeLive(50) }, job);
  expect(await ledgerOf(metrics)).toEqual([60, 58, 1, 1, 50, 0]);
  const running = await servedValues(metrics.registry);
  expect(running.get(`likes_backlog{${QUEUE},state="uncounted",tier="kill"}`)).toBe(9);
  expect(running.get(`likes_pipeline_age_seconds{${QUEUE},tier="kill"}`)).toBe(1.5);
  expect(running.get(`likes_published_total{${QUEUE},tier="kill"}`)).toBe(58);

  const ledger = cleanLedger({ attempted: 70, ok: 68, unknown: 1, fail: 1, counted: 66, lost: 3 });
  metrics.result(madeResult({ verdict: 'fail', ledger }), job);
  expect(await ledgerOf(metrics)).toEqual([70, 68, 1, 1, 66, 3]);
  const ended = await servedValues(metrics.registry);
  expect(ended.get(`likes_backlog{${QUEUE},state="uncounted",tier="kill"}`)).toBe(0);
  expect(ended.get(`likes_trials_total{${QUEUE},tier="kill",verdict="fail"}`)).toBe(1);
});

test('trials of a broker add up, side by side as well, and others stand apart', async () => {
  using metrics = new LabMetrics();
  const jobs = [madeJob(), madeJob(), madeJob('redis-streams')];
  for (const job of jobs) metrics.progress({ live: madeLive(10) }, job);
  expect((await ledgerOf(metrics))[4]).toBe(20);
  // One that broke off: what it had said stays.
  metrics.result({ ...madeResult({ verdict: 'unknown' }), ledger: undefined }, jobs[0]!);
  expect(await ledgerOf(metrics)).toEqual([120, 116, 2, 2, 20, 0]);
});
