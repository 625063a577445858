import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { firstScreen, resultsPage } from '../cli/results-page.ts';
import { readRun } from '../lab/result-files.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Indexes of the runs that git tracks, the newest first: a user's own runs are their own. */
const committed = execFileSync('git', ['ls-files', 'results'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((path) => /^results\/[\d-]+\/[^/]+\.json$/.test(path))
  .sort()
  .reverse()
  .map((path) => join(ROOT, path));

describe('the committed results', () => {
  test('are there, complete, and of a valid shape', () => {
    expect(committed).not.toEqual([]);
    for (const path of committed) expect(readRun(path).index.complete).toBe(true);
  });

  test('have no residual and no broken promise in any trial', () => {
    for (const { ledger, trial, verdict } of committed.flatMap((path) => readRun(path).results)) {
      expect.soft(ledger?.residual, trial).toBe(0);
      expect.soft(verdict, trial).toBe('pass');
    }
  });

  test('are what the first screen shows, figure by figure', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const index = /<!-- table: (\S+) -->/.exec(readme)?.[1];
    expect(index).toBeDefined();
    expect(committed).toContain(join(ROOT, index!));
    expect(firstScreen(join(ROOT, index!), readRun(join(ROOT, index!)))).toBe(readme);
  });

  test('are what the committed page of results shows', () => {
    const page = execFileSync('git', ['show', 'HEAD:results/README.md'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(resultsPage(committed)).toBe(page);
  });
});
