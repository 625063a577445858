/** `lab report [index]`: the pages again, from result files alone. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readRun } from '../lab/result-files.ts';
import { writeFirstScreen, writeResultsPage } from './results-page.ts';
import { RESULTS_FOLDER } from './run-experiments.ts';
import { UsageError } from './usage-error.ts';

export function report(index: string | undefined, options: { firstScreen: boolean }): void {
  const path = resolve(index ?? latestIndex());
  const run = readRun(path);
  const page = writeResultsPage(path, run);
  if (options.firstScreen) writeFirstScreen(path, run);
  process.stdout.write(`${page}, from ${path}\n`);
}

/** Runs are named by when they started, so the last name is the latest run. */
function latestIndex(): string {
  const days = existsSync(RESULTS_FOLDER) ? readdirSync(RESULTS_FOLDER) : [];
  const indexes = days
    .filter((name) => /^\d{4}-\d\d-\d\d$/.test(name))
    .flatMap((day) => readdirSync(join(RESULTS_FOLDER, day)).map((name) => join(day, name)))
    .filter((name) => name.endsWith('.json'))
    .sort();
  const latest = indexes.at(-1);
  if (latest !== undefined) return join(RESULTS_FOLDER, latest);
  throw new UsageError('there is no run below results/ yet; make one with npm start');
}
