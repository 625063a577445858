/** Writes results/README.md from a run, and the table on the project's first screen. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXPERIMENTS, fullCount } from '../experiments/index.ts';
import { renderFirstScreen, renderPage } from '../lab/report.ts';
import type { Run } from '../lab/result-files.ts';

const RESULTS_PAGE = fileURLToPath(new URL('../results/README.md', import.meta.url));
const FIRST_SCREEN = fileURLToPath(new URL('../README.md', import.meta.url));
const ROOT = fileURLToPath(new URL('..', import.meta.url));

const ALL_EXPERIMENTS = [...EXPERIMENTS, fullCount];

/** Returns the path of the page, relative to where the user stands. */
export function writeResultsPage(indexPath: string, run: Run): string {
  writeFileSync(RESULTS_PAGE, resultsPage(indexPath, run));
  return relative(process.cwd(), RESULTS_PAGE);
}

export function resultsPage(indexPath: string, run: Run): string {
  return renderPage(ALL_EXPERIMENTS, run, relative(join(ROOT, 'results'), indexPath));
}

/** The project's README with its table made from a run; the rest of it stays as it is. */
export function firstScreen(indexPath: string, run: Run): string {
  const text = readFileSync(FIRST_SCREEN, 'utf8');
  const table = renderFirstScreen(ALL_EXPERIMENTS, run, relative(ROOT, indexPath));
  return text.replace(/<!-- table: .*? -->[\s\S]*?<!-- end of table -->/, () => table);
}

export function writeFirstScreen(indexPath: string, run: Run): void {
  writeFileSync(FIRST_SCREEN, firstScreen(indexPath, run));
}
