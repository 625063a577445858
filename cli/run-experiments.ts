/** Runs experiments from the command line: servers, live view, files, tables, exit code. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FRAME } from '../experiments/frame.ts';
import type { Experiment } from '../lab/experiment.ts';
import { describeCommit, describeMachine } from '../lab/machine.ts';
import { renderText } from '../lab/report.ts';
import { RunFiles } from '../lab/result-files.ts';
import { runJobs } from '../lab/run-jobs.ts';
import { type Job, schedule } from '../lab/schedule.ts';
import { describeStore } from '../lab/store-plan.ts';
import { type Contender, WORKLOAD_DEFAULT } from '../lab/trial-plan.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { openWorkload } from '../likes/workloads/workload.ts';
import { openRouting } from '../store/routing/index.ts';
import { ROUTING_NAMES } from '../store/routing/routing.ts';
import { judgeable, storePlanOf } from './counting-rule.ts';
import { watchInterrupt } from './interrupt.ts';
import { openLiveView } from './live-view.ts';
import { contendersOf, type RunOptions, repeatsOf } from './options.ts';
import { ownConsumersOf, refuseOtherConsumers } from './own-consumer.ts';
import { indexesHere, RESULTS_FOLDER, writeResultsPages } from './results-page.ts';
import { ServerPool } from './server-pool.ts';
import { EXIT, UsageError } from './usage-error.ts';
import { openWatchedView } from './watch/watched-view.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Resolves with the exit code; partial results are written whatever happens. */
export async function runExperiments(
  chosenExperiments: readonly Experiment[],
  options: RunOptions,
  command: string,
): Promise<number> {
  const usualTier = chosenExperiments.length === 1 ? chosenExperiments[0]!.tier : undefined;
  const contenders = contendersOf(options, usualTier);
  const allowed = withoutKills(chosenExperiments, options);
  const experiments = judgeable(allowed, contenders, options);
  checkWorkload(experiments, contenders, options);
  const ownConsumers = await ownConsumersOf(options);
  await using watched = await openWatchedView(
    openLiveView(process.stderr, contenders),
    options.metricsPort,
  );
  const { view } = watched;
  const interrupt = watchInterrupt(view.log);
  const startedAt = new Date();
  const run = nameOf(startedAt);
  const files =
    options.resume === undefined
      ? RunFiles.begin(
          { run, startedAt, command, profile: options.profile },
          { resultsFolder: RESULTS_FOLDER, outFolder: options.out },
        )
      : RunFiles.goOn(options.resume, options.profile);
  refuseOtherConsumers(files.before, ownConsumers);
  const { workload, data, seed, lanes, consumers, shards, likesPerSend, profile, likes } = options;
  const repeated = repeatsOf(options);
  const chosen = { consumers, lanes };
  const { faults, kills: strikes, objective: objectiveMs } = options;
  const asked = { experiments, contenders, profile, likes, ...repeated, seed, faults, strikes };
  const planned = schedule({ ...asked, ...chosen, objectiveMs });
  const jobs = withoutDone(planned, files.before, options);
  await using pool = await ServerPool.open(contenders, view.log, options.runtime, ownConsumers);
  const commit = await describeCommit(ROOT);
  const own = withoutResume(command);
  for (const line of whatIsMixed(files, commit, own)) view.log(line);
  const results = await runJobs(jobs, {
    run: files.run,
    before: files.before,
    ownConsumers,
    parallel: options.parallel ?? 1,
    routings: (idsSeen) => ROUTING_NAMES.map((name) => openRouting({ name, idsSeen })),
    commit,
    machine: describeMachine(),
    versions: describeVersions(),
    plan: {
      ...(workload !== undefined && { workload }),
      data: data === undefined ? undefined : resolve(data),
      seed,
      lanes,
      consumers,
      shards,
      store: storePlanOf(options),
      likesPerSend,
      backlogBytesMax: options.backlogLimit,
      parallel: options.parallel,
    },
    signal: interrupt,
    open: (contender, needs) => pool.openTrial(contender, needs),
    onTrial: view.trial,
    onSkip: view.skip,
    onProgress: view.progress,
    onDecision: view.skip,
    onResult(result, job) {
      view.result(result, job);
      files.add(result);
    },
  });
  view.done();
  if (!interrupt.aborted) files.finish();
  else if (experiments.every(({ resumes }) => resumes))
    view.log(`go on with: ${own} --resume ${files.indexPath}`);
  else view.log(`what was measured is kept in ${files.indexPath}`);
  print(experiments, results, files.indexPath, options);
  const code = exitCodeOf(results);
  // A promise that was broken before Ctrl-C is broken; all else is not known yet.
  return interrupt.aborted && code !== EXIT.fail ? EXIT.unknown : code;
}

/** As typed, whether the run is a new one or goes on. */
function withoutResume(command: string): string {
  return command.replaceAll(/ --resume[ =]\S+/g, '');
}

/** Why rows of a run that goes on may not be compared with those that it had. */
function whatIsMixed({ before, command: begun }: RunFiles, commit: string, own: string): string[] {
  const commits = [...new Set(before.map((result) => result.commit))].filter(
    (one) => one !== commit,
  );
  const lines = commits.map(
    (one) =>
      `this run was begun by lab commit ${one} and goes on by ${commit}; its page names both`,
  );
  if (before.length > 0 && withoutResume(begun) !== own) {
    lines.push(`this run was begun by other flags, which alone stand in its index: ${begun}`);
  }
  return lines;
}

/**
 * What a run to go on with has done is not done again; of repeats, as many as it has done.
 * @throws UsageError when it has done all of it
 */
function withoutDone(
  jobs: readonly Job[],
  before: readonly TrialResult[],
  options: RunOptions,
): Job[] {
  const { seed, resume } = options;
  const done = before.map(({ broker, alias, tier, experiment, plan, faults, workload }) =>
    JSON.stringify([
      ...[broker, alias, tier, experiment, plan.mode, faults?.name, workload.seed],
      describeStore(plan.store),
    ]),
  );
  const left = jobs.filter(({ broker, alias, tier, experiment, step }) => {
    const fault = step.faults?.fault.name;
    const seeded = seed + (step.seedAdded ?? 0);
    const into = describeStore(storePlanOf(options) ?? step.store);
    const own = [broker, alias, tier, experiment.name, step.mode, fault, seeded, into];
    const place = done.indexOf(JSON.stringify(own));
    if (place !== -1) done.splice(place, 1);
    return place === -1;
  });
  if (resume === undefined || left.length > 0) return left;
  throw new UsageError(
    `--resume ${resume}: this run has done all that these flags ask for; ask for more, as with ` +
      '--kills, or start a new one',
  );
}

/** Servers that are somebody else's are never killed: what would do so is left out, or refused. */
function withoutKills(
  asked: readonly Experiment[],
  { runtime }: RunOptions,
): readonly Experiment[] {
  if (runtime !== 'external') return asked;
  const harmless = asked.filter(({ kills }) => !kills);
  if (harmless.length > 0) return harmless;
  throw new UsageError(
    `--runtime external: ${asked.map(({ name }) => name).join(', ')} kills its servers, which ` +
      'the lab never does to yours; use --runtime local or compose',
  );
}

/** Sorts by when the run started; the random end keeps two labs apart. */
function nameOf(startedAt: Date): string {
  const moment = startedAt.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${moment}-${randomBytes(2).toString('hex')}`;
}

/** Refuses likes that the workload cannot make, and a store without shards where they are the
 * question, before any server is started. */
function checkWorkload(
  experiments: readonly Experiment[],
  contenders: readonly Contender[],
  { profile, likes, workload, data, seed, store }: RunOptions,
): void {
  for (const experiment of experiments) {
    for (const contender of contenders) {
      for (const step of experiment.steps({ profile, likes, contender })) {
        if (step.mode === 'calculation') continue;
        if (step.sharding !== undefined && store === 'cassandra') throw shardsItself(experiment);
        const wanted = { seed, ...(data !== undefined && { data }) };
        const some = step.rate === undefined ? step.likes : 1;
        openWorkload(workload ?? step.workload ?? WORKLOAD_DEFAULT, { ...wanted, likes: some });
      }
    }
  }
}

function shardsItself({ name }: Experiment): UsageError {
  return new UsageError(
    `--store cassandra: ${name} is about shards, which that engine spreads by itself; use sqlite ` +
      'or postgres',
  );
}

function print(
  experiments: readonly Experiment[],
  results: readonly TrialResult[],
  indexPath: string,
  options: RunOptions,
): void {
  if (options.json) process.stdout.write(`${JSON.stringify(results, undefined, 1)}\n`);
  else process.stdout.write(`\n${renderText(experiments, results, FRAME)}\n`);
  process.stderr.write(`\nresults: ${indexPath}\n`);
  // A run with files of its own leaves the project's own tables alone.
  if (options.out === undefined) {
    process.stderr.write(`tables:  ${writeResultsPages(indexesHere())}\n`);
  }
}

function exitCodeOf(results: readonly TrialResult[]): number {
  if (results.some(({ verdict }) => verdict === 'fail')) return EXIT.fail;
  // A fault that says nothing of a broker, such as fsyncs where there are none, leaves no doubt.
  const told = results.filter(({ faults }) => faults?.whyNot === undefined);
  if (told.length === 0) return EXIT.unknown;
  return told.some(({ verdict }) => verdict === 'unknown') ? EXIT.unknown : EXIT.pass;
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
