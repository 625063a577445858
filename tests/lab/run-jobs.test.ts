/** Which trials run, when and under which number. None of them gets as far as a server. */
import { describe, expect, test } from 'vitest';
import type { Step } from '../../lab/experiment.ts';
import { FAULTS } from '../../lab/faults/index.ts';
import { LabError } from '../../lab/lab-error.ts';
import { runJobs } from '../../lab/run-jobs.ts';
import { type TrialResult, trialResultSchema } from '../../lab/trial-result.ts';
import { CONTENDER, Desk, jobsOf } from './jobs-desk.ts';
import { madeFaults, struckResult } from './made-faults.ts';
import { madeExperiment, madePlan, madeRates, madeResult } from './made-result.ts';
import { SIX, sustainedRuns, times } from './made-runs.ts';

const [SERVER_KILL] = FAULTS;
const HALF = { shareOfMaximum: 0.5 };

const faultStep: Step = {
  mode: 'faults',
  likes: 0,
  rate: { likesPerS: 100 },
  faults: { fault: SERVER_KILL!, strikes: 1, firstAfterS: 0, goOnS: 0, acknowledgedLeast: 1 },
};

const INTERRUPTED = new LabError('INTERRUPTED', 'the run was interrupted');
const opened = (desk: Desk, count: number) =>
  expect.poll(() => desk.opened.length, { interval: 1 }).toBe(count);

describe('trials', () => {
  test('run one after the other where nobody says otherwise', async () => {
    const desk = new Desk();
    const results = await desk.endAll(runJobs(jobsOf(4), desk.setup()));
    expect(desk.mostOpen).toBe(1);
    expect(results.map(({ trial }) => trial)).toEqual([
      '001-kafka-kill-sustained',
      '002-kafka-kill-sustained',
      '003-kafka-kill-sustained',
      '004-kafka-kill-sustained',
    ]);
    expect(desk.told).toEqual([0, 1, 2, 3].map((index) => ({ index, count: 4 })));
    expect(results).toEqual(desk.results);
    for (const result of results) expect(() => trialResultSchema.parse(result)).not.toThrow();
  });

  test('run side by side, as many as are allowed, each once and by its own number', async () => {
    const desk = new Desk();
    const jobs = jobsOf(8);
    const run = runJobs(jobs, desk.setup({ parallel: 3 }));
    await opened(desk, 3);
    // The second one makes room for the fourth while the first one goes on.
    desk.opened[1]!.end();
    await opened(desk, 4);
    expect(desk.results.map(({ trial }) => trial)).toEqual(['002-kafka-kill-sustained']);
    const results = await desk.endAll(run);
    expect(desk.mostOpen).toBe(3);
    expect(desk.opened.map(({ job }) => job)).toEqual(jobs);
    expect(new Set(results.map(({ trial }) => trial)).size).toBe(8);
    expect(desk.told).toEqual(jobs.map((_, index) => ({ index, count: 8 })));
  });

  test('that are fewer than may run side by side all run', async () => {
    const desk = new Desk();
    expect(await desk.endAll(runJobs(jobsOf(2), desk.setup({ parallel: 5 })))).toHaveLength(2);
    expect(await runJobs([], desk.setup({ parallel: 5 }))).toEqual([]);
  });

  test('of faults have a server of their own, and what their fault needs', async () => {
    const equipped = FAULTS.find(({ equipment }) => equipment?.includes('network'))!;
    const withFault = { ...faultStep, faults: { ...faultStep.faults!, fault: equipped } };
    const jobs = [...jobsOf(1), ...jobsOf(1, faultStep), ...jobsOf(1, withFault)];
    const desk = new Desk();
    const results = await desk.endAll(runJobs(jobs, desk.setup()));
    expect(desk.opened.map(({ needs }) => needs)).toMatchObject([
      { alone: false, equipment: [] },
      { alone: true, equipment: [] },
      { alone: true, equipment: equipped.equipment },
    ]);
    expect(results[1]).toMatchObject({
      trial: '002-kafka-kill-server-kill',
      faults: { name: 'server-kill', strikes: [], valid: 0 },
    });
  });

  test('whose equipment is not to be had are not tested, and say why', async () => {
    const desk = new Desk();
    const run = runJobs(jobsOf(1, faultStep), desk.setup());
    await opened(desk, 1);
    desk.opened[0]!.end(new LabError('EQUIPMENT_MISSING', 'there is no C compiler'));
    const [result] = await run;
    expect(result).toMatchObject({
      verdict: 'unknown',
      reasons: ['not tested: there is no C compiler'],
      faults: { whyNot: 'there is no C compiler', strikes: [] },
    });
  });
});

describe('repeats', () => {
  test('of a comparison that is decided are left out, and the reason is told once', async () => {
    const before = [
      ...sustainedRuns('kafka', times(1_000, SIX)),
      ...sustainedRuns('sqs', times(300, SIX)),
    ];
    const repeat = (repeatsBefore: number) =>
      ['kafka', 'sqs'].flatMap((broker) => jobsOf(1, {}, { broker, repeatsBefore }));
    const desk = new Desk();
    const jobs = [...repeat(6), ...repeat(7), ...jobsOf(1, { mode: 'publish-then-count' })];
    const results = await desk.endAll(runJobs(jobs, desk.setup({ before })));
    expect(desk.skipped).toHaveLength(1);
    expect(desk.skipped[0]).toMatch(/^decided after 6 repeats, so 4 more trials of sustained/);
    expect(results.slice(before.length).map(({ plan }) => plan.mode)).toEqual([
      'publish-then-count',
    ]);
    // What is left is counted without them.
    expect(desk.told.map(({ index, count }) => count - index)).toEqual([1]);
  });

  test('of a broker under a second name carry that name', async () => {
    const desk = new Desk();
    const jobs = [...jobsOf(1), ...jobsOf(1, {}, { alias: 'kafka (again)' })];
    const results = await desk.endAll(runJobs(jobs, desk.setup()));
    expect(results.map(({ broker, alias }) => [broker, alias])).toEqual([
      ['kafka', undefined],
      ['kafka', 'kafka (again)'],
    ]);
    for (const result of results) expect(() => trialResultSchema.parse(result)).not.toThrow();
  });

  test('of a broker under a second name share the maximum of the first one', async () => {
    const share: Partial<Step> = { mode: 'paced', rate: HALF };
    const desk = new Desk();
    const jobs = [...jobsOf(1, share, { alias: 'kafka (again)' }), ...jobsOf(1, share)];
    await desk.endAll(runJobs(jobs, desk.setup()));
    const probes = desk.opened.filter(({ job }) => job.step.mode === 'publish-then-count');
    expect(probes.map(({ job }) => job.alias)).toEqual([undefined]);
  });
});

describe('an experiment that goes on from its results', () => {
  const order = { profile: 'quick', likes: undefined, contender: CONTENDER } as const;

  test('has its next trial behind all others until it has none, and tells why', async () => {
    const desk = new Desk();
    const decisions: string[] = [];
    const experiment = {
      ...madeExperiment,
      next: (own: readonly TrialResult[]) =>
        own.length < 3
          ? { step: { mode: 'sustained' as const, likes: own.length }, decision: `${own.length}` }
          : undefined,
    };
    const goesOn = { ...jobsOf(1)[0]!, experiment: { ...experiment, name: 'goes-on' }, order };
    const setup = desk.setup({ onDecision: (_, line) => decisions.push(line) });
    const results = await desk.endAll(runJobs([goesOn, ...jobsOf(2)], setup));
    expect(desk.opened.map(({ job }) => job.experiment.name)).toEqual([
      ...['goes-on', 'throughput', 'throughput'],
      ...['goes-on', 'goes-on'],
    ]);
    expect(desk.opened.map(({ job }) => job.step.likes)).toEqual([10, 10, 10, 1, 2]);
    expect(decisions).toEqual(['1', '2']);
    expect(desk.told.map(({ count }) => count)).toEqual([3, 4, 4, 4, 5]);
    expect(results).toHaveLength(5);
  });
});

describe('an interruption', () => {
  test('keeps what was complete, and begins nothing more, side by side or not', async () => {
    for (const parallel of [1, 2]) {
      const desk = new Desk();
      const run = runJobs(jobsOf(6), desk.setup({ parallel }));
      await opened(desk, parallel);
      desk.opened[0]!.end();
      await opened(desk, parallel + 1);
      desk.interrupt.abort();
      for (const { end } of desk.opened.slice(1)) end(INTERRUPTED);
      expect((await run).map(({ trial }) => trial)).toEqual(['001-kafka-kill-sustained']);
      expect(desk.opened).toHaveLength(parallel + 1);
    }
  });

  test('leaves no result of a trial that broke off by it, whatever it broke off by', async () => {
    const desk = new Desk();
    const run = runJobs(jobsOf(2), desk.setup());
    await opened(desk, 1);
    desk.interrupt.abort();
    // As a wait of a fault does that is called off.
    desk.opened[0]!.end(new DOMException('The operation was aborted', 'AbortError'));
    expect(await run).toEqual([]);
    expect(desk.opened).toHaveLength(1);
  });

  test('is gone on from with numbers that nobody has used', async () => {
    // Side by side, the second and third were complete when the first one was interrupted.
    const before = [2, 3].map((number) =>
      madeResult({ trial: `00${number}-kafka-kill-sustained` }),
    );
    const desk = new Desk();
    const results = await desk.endAll(runJobs(jobsOf(2), desk.setup({ before })));
    expect(results.map(({ trial }) => trial.slice(0, 3))).toEqual(['002', '003', '004', '005']);
    expect(results.slice(0, 2)).toEqual(before);
    // What was there already is written by nobody for the second time.
    expect(desk.results).toHaveLength(2);
    expect(desk.told[0]).toEqual({ index: 3, count: 5 });
  });
});

describe('a maximum', () => {
  const share: Partial<Step> = { mode: 'faults', rate: HALF };
  const probes = (desk: Desk) =>
    desk.opened.filter(({ job }) => job.step.mode === 'publish-then-count').length;

  test('is found before a share of it is offered, once a broker, also side by side', async () => {
    for (const parallel of [1, 3]) {
      const jobs = [...jobsOf(3, share), ...jobsOf(3, share, { broker: 'sqs' })];
      const desk = new Desk();
      await desk.endAll(runJobs(jobs, desk.setup({ parallel })));
      // What failed to be found is not looked for again; its trials say that there is none.
      expect(probes(desk)).toBe(2);
      expect(desk.results).toHaveLength(8);
      const modes = desk.results.map(({ plan }) => plan.mode);
      if (parallel > 1) expect(modes.slice(0, 2)).toEqual(Array(2).fill('publish-then-count'));
      const [none] = desk.results.filter(({ plan }) => plan.mode === 'faults');
      expect(none!.reasons[0]).toMatch(/has no valid maximum in this run/);
    }
  });

  test('is not looked for again by a run that goes on', async () => {
    const rates = madeRates({ publishedLikesPerS: 600, countedLikesPerS: 300 });
    const probe = madeResult({ plan: madePlan('publish-then-count'), rates });
    const struck = struckResult(madeFaults('server-kill'), { trial: '002-kafka-kill-server-kill' });
    const desk = new Desk();
    const setup = desk.setup({ before: [probe, struck], parallel: 2 });
    const results = await desk.endAll(runJobs(jobsOf(2, share), setup));
    expect(probes(desk)).toBe(0);
    expect(results).toHaveLength(4);
    expect(results.at(-1)!.plan.likesPerS).toBe(100);
  });
});
