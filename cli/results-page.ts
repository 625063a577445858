/** Writes results/README.md from the runs, and the table on the project's first screen. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FRAME } from '../experiments/frame.ts';
import { EVERY_EXPERIMENT } from '../experiments/index.ts';
import { type LocatedRun, renderFirstScreen, renderPage } from '../lab/report.ts';
import { type Run, readRun } from '../lab/result-files.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const RESULTS_FOLDER = join(ROOT, 'results');
const RESULTS_PAGE = join(RESULTS_FOLDER, 'README.md');
const FIRST_SCREEN = join(ROOT, 'README.md');

/** The indexes of all runs below results/, the newest first: runs are named by their start. */
export function indexesHere(folder: string = RESULTS_FOLDER): string[] {
  // A run with files of its own, by --out.
  if (existsSync(join(folder, 'index.json'))) return [join(folder, 'index.json')];
  const days = existsSync(folder) ? readdirSync(folder) : [];
  return days
    .filter((name) => /^\d{4}-\d\d-\d\d$/.test(name))
    .flatMap((day) => readdirSync(join(folder, day)).map((name) => join(day, name)))
    .filter((name) => name.endsWith('.json'))
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

/** Returns the path of the page, relative to where the user stands. */
export function writeResultsPage(indexPaths: readonly string[]): string {
  writeFileSync(RESULTS_PAGE, resultsPage(indexPaths));
  return relative(process.cwd(), RESULTS_PAGE);
}

/** @throws LabError RESULT_INVALID for a file of another version, or one that is damaged. */
export function resultsPage(indexPaths: readonly string[]): string {
  const runs = indexPaths.map((path): LocatedRun => {
    return { run: readRun(path), indexPath: relative(RESULTS_FOLDER, path) };
  });
  return renderPage(EVERY_EXPERIMENT, runs, FRAME);
}

/** The project's README with its table made from a run; the rest of it stays as it is. */
export function firstScreen(indexPath: string, run: Run): string {
  const text = readFileSync(FIRST_SCREEN, 'utf8');
  const table = renderFirstScreen(EVERY_EXPERIMENT, run, relative(ROOT, indexPath), FRAME);
  return text.replace(/<!-- table: .*? -->[\s\S]*?<!-- end of table -->/, () => table);
}

export function writeFirstScreen(indexPath: string): void {
  writeFileSync(FIRST_SCREEN, firstScreen(indexPath, readRun(indexPath)));
}
