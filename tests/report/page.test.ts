import { describe, expect, test } from 'vitest';
import { renderPictures, renderReport } from '../../report/page.ts';
import { madeResult } from '../lab/made-result.ts';
import { optionsOf, paced, pressed, rated, runOf, soundBroker, struck } from './made-data.ts';

const RESULTS = [
  ...soundBroker('kafka'),
  ...soundBroker('redis-streams'),
  rated(300_000, { broker: 'null', tier: 'memory', trial: 'ceiling' }),
  pressed(90, { broker: 'bullmq', trial: 'mixed' }),
  struck('zombie', 4, 0, {
    broker: 'bullmq',
    trial: 'doubled',
    verdict: 'fail',
    reasons: ['<2> & 3'],
  }),
];
const page = renderReport(optionsOf(RESULTS));

describe('the report', () => {
  test('is the same each time it is made', () => {
    expect(renderReport(optionsOf(RESULTS)) === page).toBe(true);
    expect(renderPictures(optionsOf(RESULTS))).toEqual(renderPictures(optionsOf(RESULTS)));
  });

  test('says in words what the matrix found, and escapes what results say', () => {
    expect(page).toContain('</span> broken</a><small>0 lost in 4</small>');
    expect(page).toContain('</span> kept</a><small>0 lost in 20</small>');
    expect(page).toContain('bullmq kill zombie: &lt;2&gt; &amp; 3');
    expect(page).not.toContain('<2>');
  });

  test('has an entry for every trial, with its file, seed and command', () => {
    for (const { trial, experiment } of RESULTS) {
      expect.soft(page, trial).toContain(`<strong>${trial}</strong>`);
      expect.soft(page, trial).toContain(`href="2026-01-02/${experiment}/run-1/${trial}.json"`);
    }
    expect(page).toContain('seed 1, commit 0123456789ab');
    expect(page).toContain('npm run lab -- throughput --brokers kafka --tier power --seed 7');
  });

  test('says how many trials broke a promise, and where those are that newer ones replaced', () => {
    expect(page).toMatch(/Of these trials 1\nbroke a promise, and none could not be tested/);
    expect(page).not.toContain('id="replaced"');
    const [old, newer] = ['run-1', 'run-2'].map((run) => {
      const isOld = run === 'run-1';
      const verdict = isOld ? { verdict: 'fail' as const, reasons: ['3 lost'] } : {};
      return struck('zombie', 5, isOld ? 3 : 0, { run, trial: `one-${run}`, ...verdict });
    });
    const runs = [runOf([newer!], 'run-2'), runOf([old!])];
    const told = renderReport({ ...optionsOf([]), runs });
    expect(told).toContain('Of these trials none\nbroke a promise');
    expect(told).toContain('<a href="#replaced">1 other trial did break one</a>');
    const [, listed = ''] = told.split('id="replaced"');
    expect(listed).toMatch(/<strong>one-run-1<\/strong>\s+<span class="verdict">fail<.*: 3 lost/);
    expect(listed).toContain('In its place: <a href="#trial-run-2-one-run-2"');
  });

  test('gives no id twice', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
    expect(ids.length).toBeGreaterThan(RESULTS.length);
    expect(ids.filter((id, place) => ids.indexOf(id) !== place)).toEqual([]);
  });

  test('shows no struck number in a chart, and says in the trial why it is struck', () => {
    const late = paced(2_000, 999, {
      ...{ trial: 'late', broker: 'sqs', numbersValid: false },
      numbersStruck: ['generator late'],
    });
    const [, charts = ''] = renderReport(optionsOf([...RESULTS, late])).split('id="chart-latency"');
    expect(charts).not.toContain('sqs, tier kill, 2,000/s: p99');
    expect(charts).toContain('numbers struck out: generator late');
  });

  test('draws what each shard holds where a result tells it', () => {
    const shards = [0, 1].map((shard) => ({ shard, posts: 5, likes: 30 + shard, unlikes: 1 }));
    expect(page).not.toContain('chart-shards');
    const told = renderReport(optionsOf([...RESULTS, madeResult({ trial: 'told', shards })]));
    expect(told).toContain('id="chart-shards"');
    expect(told).toContain('31 (49.2 %)');
  });

  test('prints the calibration below the facts where there is one', () => {
    const calibration = 'The lab adds < 1 ms.';
    const told = renderReport({ ...optionsOf(RESULTS), calibration });
    expect(told).toContain('<p class="facts">The lab adds &lt; 1 ms.</p></header>');
    expect(page).not.toContain('The lab adds');
  });

  test('is a page even where no trial was finished', () => {
    expect(renderReport(optionsOf([]))).toContain('No trial was finished.');
  });
});

describe('the pictures', () => {
  const pictures = renderPictures(optionsOf(RESULTS));

  test('are one for each chart, and stand with their experiments', () => {
    expect(pictures.map(({ experiment, file }) => `${experiment} ${file}`)).toEqual([
      'throughput throughput.svg',
      'latency latency.svg',
      'latency latency-parts.svg',
      'ordering disorder.svg',
    ]);
  });

  test.each(pictures.map(({ file, svg }) => [file, svg]))('%s needs nothing else', (_, svg) => {
    expect(svg).not.toMatch(/var\(|<a |href|class=|<script|NaN|undefined/);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 [\d .]+"/);
  });
});
