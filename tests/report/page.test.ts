import { describe, expect, test } from 'vitest';
import { renderPictures, renderReport } from '../../report/page.ts';
import { madeResult } from '../lab/made-result.ts';
import { optionsOf, paced, pressed, rated, runOf, soundBroker, struck } from './made-data.ts';
import { ALIAS, evening } from './made-evening.ts';

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
    expect(page).toContain('Of these trials\n1 broke a promise. One node each');
    expect(page).not.toContain('id="replaced"');
    const [old, newer] = ['run-1', 'run-2'].map((run) => {
      const isOld = run === 'run-1';
      const verdict = isOld ? { verdict: 'fail' as const, reasons: ['3 lost'] } : {};
      return struck('zombie', 5, isOld ? 3 : 0, { run, trial: `one-${run}`, ...verdict });
    });
    const runs = [runOf([newer!], 'run-2'), runOf([old!])];
    const told = renderReport({ ...optionsOf([]), runs });
    expect(told).toContain('Of these trials\nnone broke a promise');
    expect(told).toContain('<a href="#replaced">1 other trial did break one</a>');
    const vague = struck('zombie', 0, 0, { verdict: 'unknown', reasons: ['void: no proof'] });
    expect(renderReport(optionsOf([vague]))).toContain(
      'none broke a promise, and 1 could not be tested or judged.',
    );
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

describe('the report of a run with the profile full', () => {
  const told = renderReport(optionsOf(evening()));
  const section = (id: string) => told.split(`<section aria-labelledby="${id}"`)[1] ?? '';

  test('says what each queue takes under the objective, where that fails, by which trials', () => {
    const capacity = section('capacity-curve').split('</section>')[0]!;
    expect(capacity).toContain(
      'Likes per second with 99 % visible within 100 ms: at tier kill redis-streams 60,000, ' +
        'kafka 40,000.',
    );
    expect(capacity).toContain('<h3>The largest rate that holds the objective</h3>');
    expect(capacity).toMatch(/>40,000<\/td><td class="n">42,000<\/td><td>p99/);
    expect(capacity).toContain('<h3>Latency against load, below the capacity</h3>');
    expect(capacity).toContain('href="#trial-run-1-point-kafka-0-75"');
  });

  test('draws the points below the capacity, neither steps of the search nor saturation', () => {
    const [, chart = ''] = told.split('id="chart-latency"');
    const [drawn] = chart.split('</figure>');
    expect(drawn).toContain('#trial-run-1-point-kafka-0-75');
    expect(drawn).not.toContain('probe-kafka');
    expect(drawn).not.toContain('point-kafka-1-1');
  });

  test('compares what ran often enough, below its own table and folded away', () => {
    const compared = section('throughput').split('</section>')[0]!;
    expect(compared).toMatch(/<summary>Compared: counted from a full backlog, in likes\/s/);
    expect(compared).toMatch(/<td>best<\/td>/);
    expect(compared).toMatch(/<td>behind<\/td>/);
    expect(compared).toContain('of cases, runs as many as these detect a difference of');
    expect(compared).toContain('<a href="#run-run-1">run run-1</a>');
    expect(page).not.toContain('Compared:');
  });

  test('shows a broker under its other name in the noise floor, and nowhere else', () => {
    const floor = section('noise-floor').split('</section>')[0]!;
    expect(floor).toContain(`redis-streams, ${ALIAS}`);
    expect(floor).toMatch(/0 of 1 called different/);
    expect(page).not.toContain('id="noise-floor"');
    const [before, after] = told.split(floor);
    const [, trials = ''] = after!.split('aria-labelledby="trials"');
    expect(before).not.toContain('(again)');
    expect(trials).toContain(`<strong>redis-streams${ALIAS}-0</strong>`);
    const pictures = renderPictures(optionsOf(evening()));
    const without = evening().filter(({ alias }) => alias === undefined);
    expect(pictures).toEqual(renderPictures(optionsOf(without)));
  });

  test('says what the lab adds by itself, and whether that agrees with theory', () => {
    const calibration = section('calibration').split('</section>')[0]!;
    expect(calibration).toContain('added to visible p99 ms');
    expect(calibration).toContain('<td>yes</td>');
  });

  test('gives no id twice, and has a target for every link into itself', () => {
    const ids = [...told.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
    expect(ids.filter((id, place) => ids.indexOf(id) !== place)).toEqual([]);
    const links = [...told.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
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
