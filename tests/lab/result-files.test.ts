import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RunFiles, readRun } from '../../lab/result-files.ts';
import { RESULT_FORMAT } from '../../lab/trial-result.ts';
import { madeResult } from './made-result.ts';
import { recordsFolder } from './trial-fixture.ts';

const FACTS = {
  run: 'run-1',
  startedAt: new Date('2026-01-02T03:04:05.000Z'),
  command: 'lab throughput',
  profile: 'quick',
};

function openFiles(folder: { path(name: string): string }, run = 'run-1'): RunFiles {
  return RunFiles.begin({ ...FACTS, run }, { resultsFolder: folder.path('results') });
}

/** What was thrown, which must be one line with a code, naming all that it is given. */
function failureOf(work: () => unknown, ...named: string[]): { code: string; message: string } {
  try {
    work();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    expect(message).not.toContain('\n');
    for (const name of named) expect(message).toContain(name);
    return { code, message };
  }
  throw new Error('nothing was thrown');
}

describe('the files of a run', () => {
  test('come back as they were written', () => {
    using folder = recordsFolder();
    const files = openFiles(folder);
    const first = madeResult();
    const second = madeResult({ trial: '002-null', experiment: 'latency', ledger: undefined });
    files.add(first);
    files.add(second);
    files.finish();
    const { index, results } = readRun(files.indexPath);
    expect(results).toEqual([first, second]);
    expect(index).toMatchObject({ run: 'run-1', complete: true, format: RESULT_FORMAT });
    expect(index.trials).toEqual([
      'throughput/run-1/001-kafka-kill-sustained.json',
      'latency/run-1/002-null.json',
    ]);
  });

  test('can be read while the run goes on, and say that it is not complete', () => {
    using folder = recordsFolder();
    const files = openFiles(folder);
    expect(readRun(files.indexPath)).toMatchObject({ index: { complete: false }, results: [] });
    files.add(madeResult());
    const { index, results } = readRun(files.indexPath);
    expect(index.complete).toBe(false);
    expect(results).toHaveLength(1);
    expect(readdirSync(dirname(files.indexPath)).sort()).toEqual(['run-1.json', 'throughput']);
  });

  test('stand together in a folder of their own when one is named', () => {
    using folder = recordsFolder();
    const outFolder = folder.path('out');
    const files = RunFiles.begin(FACTS, { resultsFolder: folder.path('results'), outFolder });
    files.add(madeResult());
    expect(files.indexPath).toBe(join(outFolder, 'index.json'));
    expect(readdirSync(join(outFolder, 'throughput'))).toEqual(['001-kafka-kill-sustained.json']);
  });

  test('are never written over: neither a trial nor the index of another run', () => {
    using folder = recordsFolder();
    const files = openFiles(folder);
    files.add(madeResult());
    const before = readFileSync(files.indexPath, 'utf8');
    const again = failureOf(() => files.add(madeResult({ durationS: 99 })), 'EEXIST', '001-kafka');
    expect(again.code).toBe('FOLDER_UNUSABLE');
    expect(readRun(files.indexPath).results[0]!.durationS).toBe(1.5);
    const other = failureOf(() => openFiles(folder), 'run-1.json', 'never overwritten', '--out');
    expect(other.code).toBe('FOLDER_UNUSABLE');
    expect(readFileSync(files.indexPath, 'utf8')).toBe(before);
    expect(openFiles(folder, 'run-2').indexPath).not.toBe(files.indexPath);
  });

  test('hold no result that does not fit its own shape', () => {
    using folder = recordsFolder();
    const files = openFiles(folder);
    expect(() => files.add({ ...madeResult(), verdict: 'fine' as 'pass' })).toThrow(/verdict/);
    expect(readRun(files.indexPath).results).toEqual([]);
  });
});

describe('an interrupted run', () => {
  const SECOND = { trial: '002-kafka-kill-sustained' };

  test.each([
    ['below a day', undefined],
    ['in a folder of its own', 'out'],
  ])('goes on where it stopped, with its files %s', (_, out) => {
    using folder = recordsFolder();
    const outFolder = out && folder.path(out);
    const begun = RunFiles.begin(FACTS, { resultsFolder: folder.path('results'), outFolder });
    expect(begun.before).toEqual([]);
    begun.add(madeResult());
    const resumed = RunFiles.goOn(begun.indexPath, 'quick');
    expect(resumed.before).toEqual([madeResult()]);
    expect(resumed).toMatchObject({ run: 'run-1', indexPath: begun.indexPath });
    expect(readRun(begun.indexPath).index.complete).toBe(false);
    resumed.add(madeResult(SECOND));
    resumed.finish();
    const { index, results } = readRun(begun.indexPath);
    expect(results).toEqual([madeResult(), madeResult(SECOND)]);
    // Where it began, by which command, and beside the files that it had.
    expect(index).toMatchObject({ command: FACTS.command, complete: true });
    expect(index.startedAt).toBe(FACTS.startedAt.toISOString());
    expect(dirname(index.trials[1]!)).toBe(dirname(index.trials[0]!));
  });

  test('may stop and go on any number of times', () => {
    using folder = recordsFolder();
    const { indexPath } = openFiles(folder);
    for (const [place, trial] of ['001-a', '002-a', '003-a'].entries()) {
      const resumed = RunFiles.goOn(indexPath, 'quick');
      expect(resumed.before).toHaveLength(place);
      resumed.add(madeResult({ trial }));
    }
    expect(readRun(indexPath).index.trials).toHaveLength(3);
  });

  test('writes over a trial that was cut short in the writing, and over no other', () => {
    using folder = recordsFolder();
    const begun = openFiles(folder);
    begun.add(madeResult());
    const [first] = readRun(begun.indexPath).index.trials;
    const folderOfTrials = dirname(join(dirname(begun.indexPath), first!));
    writeFileSync(join(folderOfTrials, `${SECOND.trial}.json`), '{"format": 1, "run"');
    const resumed = RunFiles.goOn(begun.indexPath, 'quick');
    failureOf(() => resumed.add(madeResult({ durationS: 99 })), 'EEXIST', '001-kafka');
    resumed.add(madeResult(SECOND));
    expect(readRun(begun.indexPath).results).toEqual([madeResult(), madeResult(SECOND)]);
  });

  test('that is complete may go on for more, and is not complete meanwhile', () => {
    using folder = recordsFolder();
    const files = openFiles(folder);
    files.add(madeResult());
    files.finish();
    const more = RunFiles.goOn(files.indexPath, 'quick');
    expect(readRun(files.indexPath).index.complete).toBe(true);
    more.add(madeResult(SECOND));
    expect(readRun(files.indexPath).index.complete).toBe(false);
    more.finish();
    expect(readRun(files.indexPath)).toMatchObject({
      index: { complete: true },
      results: [madeResult(), madeResult(SECOND)],
    });
  });

  test('of another profile is refused, with the command that began it', () => {
    using folder = recordsFolder();
    const { indexPath } = openFiles(folder);
    const named = [indexPath, '--profile quick', FACTS.command];
    expect(failureOf(() => RunFiles.goOn(indexPath, 'full'), ...named).code).toBe('USAGE');
  });

  test('without an index, or with one that is none, is refused by its name', () => {
    using folder = recordsFolder();
    const path = folder.path('index.json');
    expect(failureOf(() => RunFiles.goOn(path, 'quick'), path).code).toBe('RESULT_INVALID');
    writeFileSync(path, '{}');
    expect(failureOf(() => RunFiles.goOn(path, 'quick'), path).code).toBe('RESULT_INVALID');
  });
});

describe('a file that is no result is refused in one line that names it:', () => {
  /** A run of one trial, of whose file `change` makes another text. */
  function changed(
    folder: { path(name: string): string },
    change: (text: string) => string,
  ): { indexPath: string; trialPath: string } {
    const files = openFiles(folder);
    files.add(madeResult());
    const { indexPath } = files;
    const trialPath = join(dirname(indexPath), readRun(indexPath).index.trials[0]!);
    writeFileSync(trialPath, change(readFileSync(trialPath, 'utf8')));
    return { indexPath, trialPath };
  }

  test('one of another format, with the number it has and the one that is read', () => {
    using folder = recordsFolder();
    const { indexPath, trialPath } = changed(folder, (text) =>
      text.replace('"format": 1', '"format": 2'),
    );
    const { code, message } = failureOf(() => readRun(indexPath), trialPath);
    expect(code).toBe('RESULT_INVALID');
    expect(message).toMatch(/it has format 2, this lab reads 1; read it with the version that/);
  });

  test.each([
    ['one that ends in the middle', (text: string) => text.slice(0, 200)],
    ['an empty one', () => ''],
    ['one of several lines of something else', () => 'no\nresult\nat all'],
    ['one without any object', () => 'null'],
  ])('%s', (_, change) => {
    using folder = recordsFolder();
    const { indexPath, trialPath } = changed(folder, change);
    expect(failureOf(() => readRun(indexPath), trialPath).code).toBe('RESULT_INVALID');
  });

  test('one with a field that is wrong, with the name of the field', () => {
    using folder = recordsFolder();
    const { indexPath, trialPath } = changed(folder, (text) =>
      text.replace('"lost": 0', '"lost": -1'),
    );
    failureOf(() => readRun(indexPath), trialPath, 'ledger.lost');
  });

  test('one with a field that nobody knows', () => {
    using folder = recordsFolder();
    const { indexPath, trialPath } = changed(folder, (text) =>
      text.replace('"lost": 0', '"lost": 0, "found": 1'),
    );
    failureOf(() => readRun(indexPath), trialPath, 'ledger', 'found');
  });

  test('one that is not there', () => {
    using folder = recordsFolder();
    const { code } = failureOf(() => readRun(folder.path('gone.json')), 'gone.json', 'ENOENT');
    expect(code).toBe('RESULT_INVALID');
  });
});

describe('a folder that cannot be written is named, with what to do:', () => {
  test('where a file stands in its place', () => {
    using folder = recordsFolder();
    writeFileSync(folder.path('results'), 'a file');
    const { code } = failureOf(() => openFiles(folder), folder.path('results'), '--out');
    expect(code).toBe('FOLDER_UNUSABLE');
  });

  test.skipIf(process.getuid?.() === 0)(
    'where permission is missing (skipped for root, who may write everywhere)',
    () => {
      using folder = recordsFolder();
      mkdirSync(folder.path('results'));
      chmodSync(folder.path('results'), 0o500);
      const { code } = failureOf(() => openFiles(folder), folder.path('results'), 'EACCES');
      expect(code).toBe('FOLDER_UNUSABLE');
    },
  );
});
