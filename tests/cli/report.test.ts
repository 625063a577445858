import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resultsPages, writtenFrom } from '../../cli/results-page.ts';
import { RunFiles } from '../../lab/result-files.ts';
import { RESULT_FORMAT } from '../../lab/trial-result.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { ALIAS, evening } from '../report/made-evening.ts';
import { linesOf, runLab } from './lab-process.ts';

const index = {
  format: RESULT_FORMAT,
  run: 'r',
  startedAt: '2026-01-01T00:00:00.000Z',
  command: 'npm run lab -- throughput',
  profile: 'smoke',
  complete: true,
};

test.concurrent.each<[string, string | undefined, RegExp]>([
  ['is missing', undefined, /index\.json is no result: ENOENT.*check the path, or run/],
  ['is not JSON', '{"format": 1,\n"run": \nnonsense\n}\n', /index\.json is no result: .*JSON/],
  ['is of another format', '{"format": 99}', /it has format 99, this lab reads \d+; read it with/],
  ['holds no object', 'null', /index\.json is no result: it has format undefined/],
  ['lacks a field', JSON.stringify(index), /index\.json is no result: trials: /],
])('an index that %s is named in one line, and no page is made', async (_what, text, line) => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'index.json');
  if (text !== undefined) await writeFile(path, text);
  const { code, stdout, stderr } = await runLab(['report', path]);
  expect(linesOf(stderr)).toHaveLength(1);
  expect(stderr).toMatch(/^error: /);
  expect(stderr).toMatch(line);
  expect(stderr).toContain(path);
  expect(stdout).toBe('');
  expect(code).toBeGreaterThan(0);
});

test('what was written is said by its names and the number of runs, however many they are', () => {
  const names = ['results/README.md', 'results/report.html'];
  expect(writtenFrom(names, 1)).toBe('results/README.md and results/report.html, from 1 run');
  expect(writtenFrom(names, 21)).toBe('results/README.md and results/report.html, from 21 runs');
});

test('a run of profile full gives the line of the lab itself, capacities and noise', async () => {
  await using folder = await temporaryFolder();
  const facts = { run: 'run-1', startedAt: new Date(0), command: 'npm run lab -- all' };
  const files = RunFiles.begin(
    { ...facts, profile: 'full' },
    { resultsFolder: folder.path, outFolder: join(folder.path, 'run') },
  );
  for (const result of evening()) files.add(result);
  files.finish();
  const page = resultsPages([files.indexPath]).get('report.html')!;
  expect(page).toContain('<p class="facts">The lab itself adds 1.3 ms (p99) at 5,000 likes/s');
  expect(page).toContain('The largest rate that holds the objective');
  expect(page).toContain(`redis-streams, ${ALIAS}`);
});
