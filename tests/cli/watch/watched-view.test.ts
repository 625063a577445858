import { expect, test } from 'vitest';
import type { LiveView } from '../../../cli/live-view.ts';
import { openWatchedView } from '../../../cli/watch/watched-view.ts';
import type { Job } from '../../../lab/schedule.ts';
import { cleanLedger, madeExperiment, madeResult } from '../../lab/made-result.ts';

const JOB: Job = {
  ...{ broker: 'kafka', tier: 'kill', likesPerSRough: 1_000 },
  ...{ experiment: madeExperiment, step: { mode: 'paced', likes: 0 } },
};

function madeView() {
  const heard: string[] = [];
  const hear = (name: string) => () => void heard.push(name);
  const view: LiveView = {
    log: (line) => void heard.push(line),
    trial: hear('trial'),
    skip: hear('skip'),
    progress: hear('progress'),
    result: hear('result'),
    done: hear('done'),
  };
  return { view, heard };
}

test('the view hears all that it would have heard, and the metrics as well', async () => {
  const { view, heard } = madeView();
  await using watched = await openWatchedView(view, 0);
  const url = /^metrics at (\S+)$/.exec(heard.shift()!)![1]!;
  const live = { ledger: { attempted: 9, ok: 9, unknown: 0, fail: 0, counted: 5 }, backlog: 4 };
  watched.view.trial({ index: 0, count: 1, job: JOB });
  const progress = { phase: 'both', likesDone: 5, likesTotal: 9, likesPerS: 1, live } as const;
  watched.view.progress(progress, JOB);
  const text = await (await fetch(url)).text();
  expect(text).toMatch(/^likes_ledger_total\{.*messaging_system="kafka".*state="counted"\} 5$/m);
  watched.view.result(madeResult({ verdict: 'pass', ledger: cleanLedger({}) }), JOB);
  watched.view.skip(JOB, 'why');
  watched.view.done();
  expect(heard).toEqual(['trial', 'progress', 'result', 'skip', 'done']);
});

test('without a port it is the same view', async () => {
  const { view, heard } = madeView();
  await using watched = await openWatchedView(view, undefined);
  expect(watched.view).toBe(view);
  expect(heard).toEqual([]);
});
