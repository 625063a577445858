import { describe, expect, test } from 'vitest';
import { markLabBound, renderFirstScreen, renderPage, renderText } from '../../lab/report.ts';
import type { Run } from '../../lab/result-files.ts';
import { RESULT_FORMAT, type TrialResult } from '../../lab/trial-result.ts';
import { madeExperiment, madePlan, madeRates, madeResult } from './made-result.ts';

function sustained(broker: string, sustainedLikesPerS: number): TrialResult {
  return madeResult({ broker, rates: madeRates({ sustainedLikesPerS }) });
}

function notesOf(results: readonly TrialResult[], broker: string): readonly string[] {
  return markLabBound(results).find((result) => result.broker === broker)!.notes;
}

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

describe('lab-bound', () => {
  test('is what reaches more than 70 % of the rate of null, and nothing below', () => {
    const results = [sustained('null', 1_000), sustained('kafka', 701), sustained('sqs', 700)];
    expect(notesOf(results, 'kafka')).toEqual(['lab-bound: sustained above 70 % of null']);
    expect(notesOf(results, 'sqs')).toEqual([]);
    expect(notesOf(results, 'null')).toEqual([]);
  });

  test('compares with trials of the same mode only, and with the best of null', () => {
    const counted = { publishedLikesPerS: 100, countedLikesPerS: 500 };
    const full = madeResult({
      broker: 'null',
      plan: madePlan('publish-then-count'),
      rates: madeRates(counted),
    });
    const other = madeResult({
      broker: 'sqs',
      plan: madePlan('publish-then-count'),
      rates: madeRates({ publishedLikesPerS: 60, countedLikesPerS: 400 }),
    });
    const results = [full, other, sustained('null', 200), sustained('null', 900)];
    expect(notesOf([...results, sustained('kafka', 500)], 'kafka')).toEqual([]);
    expect(notesOf(results, 'sqs')).toEqual(['lab-bound: counted above 70 % of null']);
  });

  test('is never said of paced trials, nor without a null broker to compare with', () => {
    const paced = madeResult({
      plan: madePlan('paced'),
      rates: madeRates({ sustainedLikesPerS: 999 }),
    });
    expect(notesOf([sustained('null', 1_000), paced], 'kafka')).toEqual([]);
    expect(notesOf([sustained('kafka', 1_000)], 'kafka')).toEqual([]);
  });

  test('leaves the results themselves as they were read', () => {
    const results = [sustained('null', 1_000), sustained('kafka', 900)];
    const before = structuredClone(results);
    markLabBound(results);
    expect(results).toEqual(before);
  });
});

describe('the page of results', () => {
  const late = madeResult({
    broker: 'sqs',
    numbersValid: false,
    numbersStruck: ['generator late: p99 30.0 ms behind its schedule'],
  });
  const run = runOf([sustained('null', 1_200), sustained('kafka', 1_000), late]);
  const page = renderPage([madeExperiment], [{ run, indexPath: '2026-01-02/run-1.json' }]);

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
    const both = renderPage([madeExperiment, other], [{ run: runOf(results), indexPath: 'index' }]);
    expect(both).toContain('- **likes/s**: A rate.');
    expect(both).toContain('- **likes/s (latency)**: Another rate.');
  });

  test('leaves out experiments without a result, and says when there is none at all', () => {
    const other = { ...madeExperiment, name: 'latency', question: 'How late is it?' };
    expect(renderPage([madeExperiment, other], [{ run, indexPath: 'index' }])).not.toContain(
      'How late',
    );
    expect(renderPage([madeExperiment], [{ run: runOf([]), indexPath: 'index' }])).toContain(
      'No trial was finished.',
    );
  });
});

test('the terminal shows one table an experiment', () => {
  const text = renderText([madeExperiment], [sustained('kafka', 1_000)]);
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
  const screen = renderFirstScreen([experiment], runOf([result]), 'index');
  expect(screen).toContain(`| ${[...shown, ...more].join(' | ')} |`);
  expect(screen).toContain(`| kafka | kill | ${Array(7).fill('~~5~~').join(' | ')} |`);
  expect(screen).not.toContain('hidden');
});
