/** Writes results/README.md and report.html from the runs, and the project's first screen. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BROKERS } from '../brokers/index.ts';
import { FRAME } from '../experiments/frame.ts';
import { EVERY_EXPERIMENT } from '../experiments/index.ts';
import type { LocatedRun } from '../lab/choose-rows.ts';
import { renderFirstScreen, renderPage } from '../lab/report.ts';
import { type Run, readRun } from '../lab/result-files.ts';
import { renderPictures, renderReport } from '../report/page.ts';
import { UsageError } from './usage-error.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const RESULTS_FOLDER = join(ROOT, 'results');
const RESULTS_PAGE = join(RESULTS_FOLDER, 'README.md');
const REPORT = join(RESULTS_FOLDER, 'report.html');
const CHARTS = 'charts';
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

/** Returns in words what was written, relative to where the user stands, and from how much. */
export function writeResultsPages(indexPaths: readonly string[]): string {
  const runs = shownRuns(indexPaths);
  const pages = pagesOf(runs);
  for (const [name, text] of pages) {
    const path = join(RESULTS_FOLDER, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const names = [RESULTS_PAGE, REPORT].map((path) => relative(process.cwd(), path));
  return writtenFrom(names, runs.length);
}

/** Such as `results/README.md and results/report.html, from 21 runs`. */
export function writtenFrom(names: readonly string[], runs: number): string {
  return `${names.join(' and ')}, from ${runs} ${runs === 1 ? 'run' : 'runs'}`;
}

/**
 * What stands in results/ beside the result files, by its name there; the same for the same runs.
 * @throws LabError RESULT_INVALID for a file of another version, or one that is damaged.
 */
export function resultsPages(indexPaths: readonly string[]): ReadonlyMap<string, string> {
  return pagesOf(shownRuns(indexPaths));
}

/** Runs of a user's own consumer are left out: the pages are about those of the lab. */
function shownRuns(indexPaths: readonly string[]): LocatedRun[] {
  const located = indexPaths.map((path): LocatedRun => {
    return { run: readRun(path), indexPath: relative(RESULTS_FOLDER, path) };
  });
  return located.filter(({ run }) => !hasOwnConsumer(run));
}

function pagesOf(runs: readonly LocatedRun[]): ReadonlyMap<string, string> {
  const tiersOf = (broker: string) => BROKERS[broker]?.tiers;
  const calibration = runs
    .map(({ run }) => FRAME.labItself?.(run.results))
    .find((line) => line !== undefined);
  const options = { experiments: EVERY_EXPERIMENT, runs, tiersOf, calibration };
  const pictures = renderPictures(options);
  const frame = {
    ...FRAME,
    pictures: (name: string) =>
      pictures
        .filter(({ experiment }) => experiment === name)
        .map(({ title, file }) => ({ title, path: `${CHARTS}/${file}` })),
  };
  return new Map([
    [basename(RESULTS_PAGE), renderPage(EVERY_EXPERIMENT, runs, frame)],
    [basename(REPORT), renderReport(options)],
    ...pictures.map(({ file, svg }) => [`${CHARTS}/${file}`, svg] as const),
  ]);
}

function hasOwnConsumer({ results }: Run): boolean {
  return results.some(({ consumer }) => consumer !== undefined);
}

/** @throws UsageError for a run of a user's own consumer, which no page of the lab shows. */
export function refuseOwnConsumer(indexPath: string): void {
  if (!hasOwnConsumer(readRun(indexPath))) return;
  throw new UsageError(
    `${indexPath}: a consumer of your own counted in this run (--consumer), and the lab's pages ` +
      'show its own only; look at it with npm run compare',
  );
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
