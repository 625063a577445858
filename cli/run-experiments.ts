/** Runs experiments from the command line: servers, live view, files, tables, exit code. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Experiment } from '../lab/experiment.ts';
import { describeCommit, describeMachine } from '../lab/machine.ts';
import { renderText } from '../lab/report.ts';
import { RunFiles } from '../lab/result-files.ts';
import { runJobs } from '../lab/run-jobs.ts';
import { schedule } from '../lab/schedule.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { openWorkload } from '../likes/workloads/workload.ts';
import { watchInterrupt } from './interrupt.ts';
import { openLiveView } from './live-view.ts';
import { contendersOf, REPEATS, type RunOptions } from './options.ts';
import { indexesHere, RESULTS_FOLDER, writeResultsPage } from './results-page.ts';
import { ServerPool } from './server-pool.ts';
import { EXIT } from './usage-error.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Resolves with the exit code; partial results are written whatever happens. */
export async function runExperiments(
  experiments: readonly Experiment[],
  options: RunOptions,
  command: string,
): Promise<number> {
  const contenders = contendersOf(options);
  checkWorkload(experiments, options);
  const view = openLiveView(process.stderr);
  const interrupt = watchInterrupt(view.log);
  const startedAt = new Date();
  const run = nameOf(startedAt);
  const files = new RunFiles(
    { run, startedAt, command, profile: options.profile },
    { resultsFolder: RESULTS_FOLDER, outFolder: options.out },
  );
  await using pool = await ServerPool.open(contenders, view.log);
  const { workload, seed, lanes, consumers, shards, profile, likes } = options;
  const repeats = options.repeats ?? REPEATS[profile];
  const jobs = schedule({ experiments, contenders, profile, likes, repeats, seed });
  const results = await runJobs(jobs, {
    run,
    commit: await describeCommit(ROOT),
    machine: describeMachine(),
    versions: describeVersions(),
    plan: {
      workload,
      seed,
      lanes,
      consumers,
      shards,
      backlogBytesMax: options.backlogLimit,
    },
    signal: interrupt,
    open: (contender) => pool.openTrial(contender),
    onTrial: view.trial,
    onProgress: view.progress,
    onResult(result) {
      view.result(result);
      files.add(result);
    },
  });
  view.done();
  if (!interrupt.aborted) files.finish();
  print(experiments, results, files.indexPath, options);
  return interrupt.aborted ? EXIT.unknown : exitCodeOf(results);
}

/** Sorts by when the run started; the random end keeps two labs apart. */
function nameOf(startedAt: Date): string {
  const moment = startedAt.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${moment}-${randomBytes(2).toString('hex')}`;
}

/** Refuses likes that the workload cannot make, before any server is started. */
function checkWorkload(experiments: readonly Experiment[], options: RunOptions): void {
  const { profile, likes, workload, seed } = options;
  for (const step of experiments.flatMap((experiment) => experiment.steps(profile, likes))) {
    if (step.rate === undefined) openWorkload(workload, { likes: step.likes, seed });
  }
}

function print(
  experiments: readonly Experiment[],
  results: readonly TrialResult[],
  indexPath: string,
  options: RunOptions,
): void {
  if (options.json) process.stdout.write(`${JSON.stringify(results, undefined, 1)}\n`);
  else process.stdout.write(`\n${renderText(experiments, results)}\n`);
  process.stderr.write(`\nresults: ${indexPath}\n`);
  // A run with files of its own leaves the project's own tables alone.
  if (options.out === undefined) {
    process.stderr.write(`tables:  ${writeResultsPage(indexesHere())}\n`);
  }
}

function exitCodeOf(results: readonly TrialResult[]): number {
  if (results.some(({ verdict }) => verdict === 'fail')) return EXIT.fail;
  if (results.length === 0) return EXIT.unknown;
  return results.some(({ verdict }) => verdict === 'unknown') ? EXIT.unknown : EXIT.pass;
}

/** Node and every library, as pinned. */
function describeVersions(): Record<string, string> {
  const path = new URL('../package.json', import.meta.url);
  const { version, dependencies } = JSON.parse(readFileSync(path, 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  return { lab: version, node: process.version, ...dependencies };
}
