import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { firstScreen, resultsPages } from '../cli/results-page.ts';
import { readRun } from '../lab/result-files.ts';
import type { TrialResult } from '../lab/trial-result.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const PAGE_BYTES_MAX = 8 * 1024 ** 2;

function committedBelow(folder: string): string[] {
  return execFileSync('git', ['ls-files', folder], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '')
    .sort();
}

/** Indexes of the runs that git tracks, the newest first: a user's own runs are their own. */
const committed = committedBelow('results')
  .filter((path) => /^results\/[\d-]+\/[^/]+\.json$/.test(path))
  .reverse()
  .map((path) => join(ROOT, path));

/** Trials that broke a promise, and what became of it. They stay, since they are why. */
const BROKEN: ReadonlyMap<string, string> = new Map([
  [
    '20261124T040320Z-ac8f 010-sqs-kill-server-kill',
    'ElasticMQ used free space again at once and lost 28 likes; it now waits for 10 s',
  ],
  [
    '20261125T174241Z-8c9e 017-kafka-kill-power-cut',
    'a power cut at tier kill takes likes along, and with them the order, which Kafka had promised',
  ],
]);

describe('the committed results', () => {
  const trials = committed.flatMap((path) => readRun(path).results);
  const nameOf = ({ run, trial }: TrialResult) => `${run} ${trial}`;

  test('are there, of a valid shape, and complete but for faults that were interrupted', () => {
    expect(committed).not.toEqual([]);
    for (const path of committed) {
      const { index, results } = readRun(path);
      const isOfFaults = results.every(({ experiment }) => experiment === 'faults');
      expect.soft(index.complete || isOfFaults, path).toBe(true);
    }
  });

  test('have no residual in any trial, and no broken promise but those that are known', () => {
    const judged = trials.filter(({ faults, reasons, plan }) => {
      const isVoid = reasons.length > 0 && reasons.every((reason) => reason.startsWith('void: '));
      // A calculation sends nothing, so there is nothing to lose.
      return faults?.whyNot === undefined && !isVoid && plan.mode !== 'calculation';
    });
    expect(judged.length).toBeGreaterThan(trials.length / 2);
    for (const result of judged) {
      expect.soft(result.ledger?.residual, nameOf(result)).toBe(0);
      const expected = BROKEN.has(nameOf(result)) ? 'fail' : 'pass';
      expect.soft(result.verdict, nameOf(result)).toBe(expected);
    }
    for (const name of BROKEN.keys()) expect(trials.map(nameOf)).toContain(name);
  });

  test('are what the first screen shows, figure by figure', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const index = /<!-- table: (\S+) -->/.exec(readme)?.[1];
    expect(index).toBeDefined();
    expect(committed).toContain(join(ROOT, index!));
    expect(firstScreen(join(ROOT, index!), readRun(join(ROOT, index!)))).toBe(readme);
  });

  test('are what the committed pages and pictures of results show', () => {
    const pages = resultsPages(committed);
    expect([...pages.keys()]).toEqual(expect.arrayContaining(['README.md', 'report.html']));
    const charts = committedBelow('results/charts').map((path) => relative('results', path));
    expect([...pages.keys()].filter((name) => name.endsWith('.svg')).sort()).toEqual(charts);
    for (const [name, text] of pages) {
      const page = execFileSync('git', ['show', `HEAD:results/${name}`], {
        cwd: ROOT,
        encoding: 'utf8',
        maxBuffer: PAGE_BYTES_MAX,
      });
      expect.soft(text === page, `${name} is what npm run report makes`).toBe(true);
    }
  });
});
