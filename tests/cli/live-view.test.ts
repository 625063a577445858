import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { openLiveView } from '../../cli/live-view.ts';
import type { Job } from '../../lab/schedule.ts';
import type { TrialProgress } from '../../lab/trial-context.ts';
import { cleanLedger, madeExperiment, madeResult } from '../lab/made-result.ts';

const JOB: Job = {
  ...{ broker: 'kafka', tier: 'kill', likesPerSRough: 1_000 },
  ...{ experiment: madeExperiment, step: { mode: 'paced', likes: 0 } },
};
const KAFKA = 'throughput · kafka (kill) · paced';

const PROGRESS: TrialProgress = {
  ...{ phase: 'both', likesDone: 50, likesTotal: 100, likesPerS: 10 },
  live: {
    ledger: { attempted: 60, ok: 59, unknown: 1, fail: 0, counted: 50 },
    ...{ backlog: 10, lagMs: 12.4 },
  },
};

function madeStream(isTTY: boolean) {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  }) as unknown as NodeJS.WriteStream;
  Object.assign(stream, { isTTY, columns: 80, rows: 24 });
  return { stream, text: () => text, clear: () => (text = '') };
}

test('piped, a line is written for each phase and each end, with nothing to move a cursor', () => {
  const { stream, text } = madeStream(false);
  const view = openLiveView(stream, [JOB]);
  view.trial({ index: 0, count: 2, job: JOB });
  view.progress({ ...PROGRESS, phase: 'preparing', likesDone: 0, likesPerS: 0 }, JOB);
  view.progress(PROGRESS, JOB);
  // The same phase within ten seconds says nothing new.
  view.progress({ ...PROGRESS, likesDone: 51 }, JOB);
  const ledger = cleanLedger({ attempted: 1_100, ok: 1_099, unknown: 1, counted: 1_100 });
  view.result(madeResult({ verdict: 'fail', reasons: ['1 lost'], ledger }), JOB);
  view.done();
  expect(text().split('\n')).toEqual([
    `[1/2] ${KAFKA} · 0 % · preparing`,
    `[1/2] ${KAFKA} · 50 % · publishing and counting · 10 likes/s · 5 s left`,
    `[1/2] ${KAFKA} · fail (1 lost) · 1.5 s · ` +
      '1,100 attempted (1,099 ok, 1 unknown, 0 fail), 1,100 counted',
    '',
  ]);
});

test('piped, a long trial tells its backlog, lag and ledger each ten seconds', ({
  onTestFinished,
}) => {
  const { now } = performance;
  let nowMs = 60_000;
  performance.now = () => nowMs;
  onTestFinished(() => {
    performance.now = now;
  });
  const { stream, text, clear } = madeStream(false);
  const view = openLiveView(stream);
  view.trial({ index: 0, count: 1, job: JOB });
  view.progress(PROGRESS, JOB);
  clear();
  nowMs += 9_999;
  view.progress(PROGRESS, JOB);
  expect(text()).toBe('');
  nowMs += 1;
  view.progress(PROGRESS, JOB);
  expect(text()).toBe(
    `[1/1] ${KAFKA} · 50 % · publishing and counting · 10 likes/s · 5 s left · backlog 10 · ` +
      'lag 12 ms · 60 attempted (59 ok, 1 unknown, 0 fail), 50 counted\n',
  );
});

test('on a terminal, each broker has a row, and a finished one keeps its verdict', () => {
  const { stream, text, clear } = madeStream(true);
  const other = { ...JOB, broker: 'null' };
  const view = openLiveView(stream, [JOB, other]);
  view.trial({ index: 0, count: 2, job: JOB });
  expect(text()).toMatch(/kafka +starts +–/);
  expect(text()).toMatch(/null +waits +–/);
  view.progress(PROGRESS, JOB);
  expect(text()).toMatch(/kafka +both +10 +10 +12ms +60 +59 +1 +0 +50/);
  clear();
  view.result(madeResult(), JOB);
  expect(text()).toContain(`[1/2] ${KAFKA} · pass · 1.5 s\n`);
  clear();
  view.trial({ index: 1, count: 2, job: other });
  view.progress({ ...PROGRESS, phase: 'striking', strikes: { done: 1, planned: 3 } }, other);
  view.progress({ ...PROGRESS, phase: 'striking' }, other);
  expect(text()).toMatch(/kafka +pass +– +0 +– +100 +100 +0 +0 +100/);
  expect(text()).toMatch(/struck under load 1 of 3 times/);
  expect(text()).not.toMatch(/to be struck/);
  // A word from elsewhere stays above, and the table is drawn again below it.
  clear();
  view.log('stopping');
  expect(text()).toMatch(/stopping\n.*broker +now/s);
});

test('on a terminal, nothing of the table is left when done, though a trial was cut short', () => {
  const { stream, text, clear } = madeStream(true);
  const view = openLiveView(stream, [JOB]);
  view.trial({ index: 0, count: 1, job: JOB });
  view.progress(PROGRESS, JOB);
  view.done();
  clear();
  view.log('go on with');
  view.progress(PROGRESS, JOB);
  expect(text()).toContain('go on with');
  expect(text()).not.toContain('broker');
});

test('on a terminal, a phase in which nobody tells sums leaves the numbers as they are', () => {
  const { stream, text } = madeStream(true);
  const view = openLiveView(stream, [JOB]);
  view.trial({ index: 0, count: 1, job: JOB });
  view.progress(PROGRESS, JOB);
  view.progress({ phase: 'checking', likesDone: 1, likesTotal: 1, likesPerS: 0 }, JOB);
  expect(text()).toMatch(/kafka +check +10 +10 +12ms +60 +59 +1 +0 +50/);
});
