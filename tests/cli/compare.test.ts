import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../lab/result-files.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { cleanLedger, madeResult } from '../lab/made-result.ts';
import { madeRun, SIX, times, trialsAt } from '../lab/made-run.ts';
import { linesOf, runLab } from './lab-process.ts';

/** Writes a run as the lab does with --out; returns its folder. */
async function written(parent: string, name: string, run: Run): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder);
  for (const result of run.results) {
    await writeFile(join(folder, `${result.trial}.json`), JSON.stringify(result));
  }
  await writeFile(join(folder, 'index.json'), JSON.stringify(run.index));
  return folder;
}

async function compare(
  a: readonly TrialResult[],
  b: readonly TrialResult[],
  ...flags: readonly string[]
) {
  await using parent = await temporaryFolder();
  const folders = [
    await written(parent.path, 'a', madeRun(a)),
    await written(parent.path, 'b', madeRun(b, { run: 'run-2' })),
  ];
  return await runLab(['compare', ...folders, ...flags]);
}

const lost = madeResult({
  ...{ verdict: 'fail', ledger: cleanLedger({ lost: 3 }), numbersValid: false },
  reasons: ['3 lost: acknowledged, never counted'],
});

describe.concurrent('the exit code', () => {
  test.each<[number, string, readonly TrialResult[], readonly TrialResult[], string[]]>([
    [0, 'a tie', trialsAt(SIX), trialsAt(times(0.99)), []],
    [1, 'a figure worse by 20 %', trialsAt(SIX), trialsAt(times(0.8)), []],
    [0, 'the same within --tolerance', trialsAt(SIX), trialsAt(times(0.8)), ['--tolerance', '25%']],
    [1, 'a promise newly broken', [madeResult()], [lost], ['--allow-unknown']],
    [0, 'a promise that was broken before', [lost], [lost], []],
    [2, 'one run a side', [madeResult()], [madeResult()], []],
    [0, 'the same, allowed', [madeResult()], [madeResult()], ['--allow-unknown']],
  ])('is %i for %s', async (code, _what, a, b, flags) => {
    const ended = await compare(a, b, ...flags);
    expect(ended.code, ended.stdout + ended.stderr).toBe(code);
    expect(ended.stderr.includes('--allow-unknown')).toBe(code === 2);
  });
});

describe.concurrent('wrong input is one line and exit code 64', () => {
  const named = /^error: .*: there is no such run; allowed are the index file of a run, a folder/;
  test.each<[string, string[], RegExp]>([
    ['a name that nobody has', ['nothing-there', 'nor-there'], named],
    ['a folder without an index', ['.', '.'], named],
    [
      'a file that is no run',
      ['package.json', 'package.json'],
      /package\.json is no result: .*format/,
    ],
  ])('%s', async (_what, args, line) => {
    expect(await runLab(['compare', ...args])).toMatchObject({
      ...{ code: 64, stdout: '' },
      stderr: expect.stringMatching(line),
    });
  });

  test.each<[string[], RegExp]>([
    [
      ['--tolerance', 'much'],
      /'--tolerance <percentage>'.*allowed are percentages from 0% to 100%/,
    ],
    [['--tolerance', '5'], /allowed are percentages from 0% to 100%, such as 5%/],
    [['--tolerance', '101%'], /allowed are percentages from 0% to 100%/],
    [['--level', '20%'], /allowed are percentages from 90% to 99\.9%/],
    [['--json', '--markdown'], /--json and --markdown: allowed is one of them/],
  ])('%s', async (flags, line) => {
    const { code, stdout, stderr } = await compare([madeResult()], [madeResult()], ...flags);
    expect(stderr).toMatch(line);
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });

  test('two runs without a trial in common', async () => {
    const { code, stderr } = await compare([madeResult()], [madeResult({ broker: 'sqs' })]);
    expect(linesOf(stderr)).toHaveLength(1);
    expect(stderr).toMatch(/^error: run-1 and run-2 have no trial in common: .*kafka.*sqs/);
    expect(code).toBe(64);
  });
});

test('--json prints JSON and nothing else, --markdown prints Markdown', async () => {
  const json = await compare(trialsAt(SIX), trialsAt(times(0.8)), '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ exitCode: json.code, outcome: 'regression' });
  const markdown = await compare(trialsAt(SIX), trialsAt(times(0.8)), '--markdown');
  expect(markdown.stdout).toMatch(/^## Regression: 1 figure worse by more than 5 %\.\n/);
  expect(markdown.code).toBe(1);
});

test('a run below results/ is found by its name', async () => {
  const name = '20261124T020201Z-c841';
  const { code, stdout } = await runLab(['compare', name, name]);
  expect(stdout).toContain(`A and B are the same run, ${name}`);
  expect(code).toBe(2);
});
