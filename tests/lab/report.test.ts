import { describe, expect, test } from 'vitest';
import type { Experiment } from '../../lab/experiment.ts';
import { type Frame, renderFirstScreen, renderPage, renderText } from '../../lab/report.ts';
import type { Run } from '../../lab/result-files.ts';
import { RESULT_FORMAT, type TrialResult } from '../../lab/trial-result.ts';
import { madeExperiment, madeRates, madeResult } from './made-result.ts';
import { SIX, SIX_AGAIN, sustainedRuns, times } from './made-runs.ts';

function sustained(broker: string, sustainedLikesPerS: number): TrialResult {
  return madeResult({ broker, rates: madeRates({ sustainedLikesPerS }) });
}

const FRAME: Frame = {
  overview: (results) =>
    results.length > 9
      ? {
          title: 'Overview',
          heads: ['broker'],
          rows: results.map(({ broker }) => [broker]),
          notes: [],
        }
      : undefined,
  overviewMeanings: [{ head: 'broker', meaning: 'Which one.' }],
  appendix: (results) => (results.length > 9 ? `## After ${results.length} results` : ''),
};

function runOf(results: readonly TrialResult[]): Run {
  return {
    index: {
      format: RESULT_FORMAT,
      run: 'run-1',
      startedAt: '2026-01-02T03:04:05.000Z',
      command: 'lab throughput --seed 7',
      profile: 'quick',
      complete: true,
      trials: results.map(({ trial }) => `${trial}.json`),
    },
    results,
  };
}

describe('the page of results', () => {
  const late = madeResult({
    broker: 'sqs',
    numbersValid: false,
    numbersStruck: ['generator late: p99 30.0 ms behind its schedule'],
  });
  const run = runOf([sustained('null', 1_200), sustained('kafka', 1_000), late]);
  const page = renderPage([madeExperiment], [{ run, indexPath: '2026-01-02/run-1.json' }], FRAME);

  test('has the question, the table, and the reasons below it', () => {
    expect(page).toContain('## How fast is it?');
    expect(page).toContain('| kafka | kill | pass | 1,000 | – | 0 |');
    expect(page).toContain('| sqs | kill | pass | ~~1,000~~ | – | 0 |');
    expect(page).toContain('- sqs kill: numbers struck out, generator late: p99 30.0 ms behind');
    expect(page).toContain('- kafka kill: lab-bound: sustained above 70 % of null');
  });

  test('says which files it was made from, where, when, and how to repeat it', () => {
    expect(page).toContain('[Result files](2026-01-02/run-1.json)');
    expect(page).toContain('Run `run-1`, 2026-01-02, profile `quick`, on 2 cores (a processor)');
    expect(page).toContain('Repeat it with `lab throughput --seed 7`.');
    expect(page).toContain(
      'Workload `trending`, seed 1, 100 likes in the first trial (hash `abc`)',
    );
  });

  test('defines every column once', () => {
    for (const { head, meaning } of [...madeExperiment.rowHeads, ...madeExperiment.columns]) {
      expect(page.split(`- **${head}**: ${meaning}`)).toHaveLength(2);
    }
  });

  test('defines a column that two experiments mean differently for each of them', () => {
    const other = {
      ...madeExperiment,
      name: 'latency',
      columns: [{ head: 'likes/s', meaning: 'Another rate.', value: () => 1 }],
    };
    const results = [...run.results, madeResult({ experiment: 'latency' })];
    const both = renderPage(
      [madeExperiment, other],
      [{ run: runOf(results), indexPath: 'index' }],
      FRAME,
    );
    expect(both).toContain('- **likes/s**: A rate.');
    expect(both).toContain('- **likes/s (latency)**: Another rate.');
  });

  test('leaves out experiments without a result, and says when there is none at all', () => {
    const other = { ...madeExperiment, name: 'latency', question: 'How late is it?' };
    expect(renderPage([madeExperiment, other], [{ run, indexPath: 'index' }], FRAME)).not.toContain(
      'How late',
    );
    expect(renderPage([madeExperiment], [{ run: runOf([]), indexPath: 'index' }], FRAME)).toContain(
      'No trial was finished.',
    );
  });
});

describe('several runs on one page', () => {
  const runNamed = (name: string, results: readonly TrialResult[]) => {
    const run = runOf(results);
    return { run: { ...run, index: { ...run.index, run: name } }, indexPath: `${name}.json` };
  };
  const newer = runNamed('newer', [sustained('kafka', 2_000)]);
  const older = runNamed('older', [sustained('kafka', 1_000), sustained('sqs', 30)]);

  test('keep the newest row of each broker and tier, rows of older runs apart', () => {
    const page = renderPage([madeExperiment], [newer, older], FRAME);
    expect(page).toContain('| kafka | kill | pass | 2,000 | – | 0 |');
    expect(page).not.toContain('| kafka | kill | pass | 1,000 |');
    expect(page).toContain('| sqs | kill | pass | 30 | – | 0 |');
    expect(page.indexOf('Run `newer`')).toBeLessThan(page.indexOf('| sqs |'));
    expect(page.indexOf('| sqs |')).toBeLessThan(page.indexOf('Run `older`'));
  });

  test('have an overview and what follows the tables, where the results tell', () => {
    const many = Array.from({ length: 10 }, (_, place) => sustained(`broker-${place}`, 1));
    const page = renderPage([madeExperiment], [runNamed('many', many)], FRAME);
    expect(page).toContain('## Overview');
    expect(page).toContain('## After 10 results');
    expect(renderPage([madeExperiment], [newer], FRAME)).not.toContain('Overview');
    // A newer run of one experiment does not take the rows of a broad one off the overview.
    const narrow = runNamed('narrow', [sustained('broker-0', 7)]);
    const both = renderPage([madeExperiment], [narrow, runNamed('many', many)], FRAME);
    expect(both).toContain('## After 10 results');
  });
});

describe('runs enough for a claim', () => {
  const six = [
    ...sustainedRuns('kafka', times(1_000, SIX)),
    ...sustainedRuns('sqs', times(300, SIX)),
  ];
  const alias = 'sqs (again)';
  const again = sustainedRuns('sqs', times(300, SIX_AGAIN), { alias });
  const pageOf = (results: readonly TrialResult[], experiment: Experiment = madeExperiment) =>
    renderPage([experiment], [{ run: runOf(results), indexPath: 'index' }], FRAME);

  test('are compared below the table of their experiment, with heads that are explained', () => {
    const page = pageOf(six);
    expect(page).toMatch(/\| kafka \| kill \| pass \| 1,005 \[\d+–1,0\d\d\] \|/);
    expect(page).toMatch(/\| kill, sustained \| sqs \| 6 \| .* \| 0\.30 \[.*\] \| behind \|/);
    expect(page.indexOf('| behind |')).toBeLessThan(page.indexOf('Result files'));
    expect(page).toContain('- **call**: ');
    expect(renderText([madeExperiment], six, FRAME)).toMatch(/kill, sustained +sqs +6 .* behind/);
    expect(pageOf(six.slice(1))).not.toContain('to the best');
    expect(pageOf(six, { ...madeExperiment, rowsStandAlone: true })).not.toContain('to the best');
  });

  test('of a broker under a second name stand in the noise floor and nowhere else', () => {
    for (const text of [
      pageOf,
      (results: TrialResult[]) => renderText([madeExperiment], results, FRAME),
    ]) {
      const [without, withTwins] = [text(six), text([...six, ...again])];
      expect(without).not.toContain('Noise floor');
      expect(withTwins).toContain('Noise floor');
      // Whatever stood there without them stands there with them, but for the meanings at the end.
      const lines = new Set(withTwins.split('\n'));
      const gone = without.split('\n').filter((line) => !lines.has(line));
      expect(gone).toEqual([]);
      const added = withTwins.split('\n').filter((line) => line.includes(alias));
      expect(added).toHaveLength(1);
      expect(added[0]).toMatch(/sustained.*throughput, kill, sustained.*sqs, sqs \(again\).*tie/);
    }
  });

  test('of a second name do not count in the overview and on the first screen', () => {
    const many = [...six, ...again];
    const counted: Frame = {
      ...FRAME,
      overview: (results) => ({
        title: 'Overview',
        heads: ['n'],
        rows: [[`n ${results.length}`]],
        notes: [],
      }),
    };
    const run = runOf(many);
    expect(renderPage([madeExperiment], [{ run, indexPath: 'index' }], counted)).toContain(
      '| n 12 |',
    );
    expect(renderFirstScreen([madeExperiment], run, 'index', counted)).toContain('| n 12 |');
    const both = [madeExperiment, { ...madeExperiment, name: 'latency' }];
    const results = [...many, madeResult({ experiment: 'latency' })];
    expect(renderText(both, results, counted)).toContain('n 13');
  });

  test('stand in the own table of an experiment that is about the noise', () => {
    const experiment = { ...madeExperiment, showsTwins: true as const, rowsStandAlone: true };
    const tables = (results: readonly TrialResult[]) => [
      { title: 'Own', heads: ['n'], rows: [[`n ${results.length}`]], notes: [] },
    ];
    const page = pageOf([...six, ...again], { ...experiment, tables });
    expect(page).toContain('| n 18 |');
    expect(page).not.toContain('Noise floor');
  });
});

test('every report says once what the lab itself adds, by the newest run that tells', () => {
  const labItself = (results: readonly TrialResult[]) =>
    results.some(({ broker }) => broker === 'null') ? `It adds ${results.length} ms.` : undefined;
  const frame = { ...FRAME, labItself };
  const told = runOf([sustained('null', 1_200), sustained('kafka', 1_000)]);
  const silent = runOf([sustained('kafka', 900)]);
  const indexPath = 'run-1.json';
  const located = [silent, told].map((run) => ({ run, indexPath }));
  expect(renderText([madeExperiment], told.results, frame)).toContain('· It adds 2 ms.');
  expect(renderPage([madeExperiment], located, frame)).toContain('\n- It adds 2 ms.\n');
  expect(renderFirstScreen([madeExperiment], told, indexPath, frame)).toContain(
    '\n- It adds 2 ms.\n',
  );
  expect(renderText([madeExperiment], silent.results, frame)).not.toContain('It adds');
});

test('the terminal shows one table an experiment', () => {
  const text = renderText([madeExperiment], [sustained('kafka', 1_000)], FRAME);
  expect(text).toMatch(/^How fast is it\?\n\nbroker/);
  expect(text).toMatch(/kafka {3}kill {2}pass {6}1,000/);
});

test('the first screen keeps the columns it names, and strikes out what does not stand', () => {
  const shown = ['broker', 'tier', 'counts', 'published likes/s', 'counted likes/s'];
  const more = ['sustained likes/s', 'lost', 'counted twice', 'out of order'];
  const experiment = {
    ...madeExperiment,
    columns: [
      { head: 'not shown', meaning: 'No.', value: () => 'hidden' },
      ...[...shown.slice(2), ...more].map((head) => ({ head, meaning: head, value: () => 5 })),
    ],
  };
  const result = madeResult({ numbersValid: false, numbersStruck: ['why'] });
  const screen = renderFirstScreen(
    [{ ...experiment, firstScreen: [...shown, ...more] }],
    runOf([result]),
    'index',
    FRAME,
  );
  expect(screen).toContain(`| ${[...shown, ...more].join(' | ')} |`);
  expect(screen).toContain(`| kafka | kill | ${Array(7).fill('~~5~~').join(' | ')} |`);
  expect(screen).not.toContain('hidden');
});
