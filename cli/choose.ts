/** `lab choose`: which brokers fit what somebody needs, by flags or by questions on a terminal. */
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import { BROKERS } from '../brokers/index.ts';
import { choose, tableOfAnswer } from '../experiments/choose.ts';
import type { Located, Needs, Survive } from '../experiments/choose-cell.ts';
import type { Skill } from '../experiments/choose-facts.ts';
import { OBJECTIVE_MS_DEFAULT } from '../lab/capacity-probe.ts';
import { readRun } from '../lab/result-files.ts';
import { toText } from '../lab/table.ts';
import { askNeeds, parseRate, parseSkills, parseSurvive } from './choose-questions.ts';
import { objectiveOption } from './objective-option.ts';
import { indexesHere, RESULTS_FOLDER } from './results-page.ts';
import { UsageError } from './usage-error.ts';

interface ChooseOptions {
  readonly rate?: number;
  readonly order?: boolean;
  readonly survive?: Survive;
  readonly reRead?: boolean;
  readonly skills?: readonly Skill[];
  readonly objective?: number;
  readonly results: string;
  readonly all: boolean;
  readonly json: boolean;
}

export function addChooseCommand(program: Command): void {
  program
    .command('choose')
    .description('which brokers and tiers fit what you need, by the results that are here')
    .option('--rate <number>', 'likes a second, at the most', parseRate)
    .option('--order', 'the likes of a post must be counted in their order')
    .addOption(
      new Option(
        '--survive <what>',
        'what an acknowledged like must survive: kill (of the server), power (cut) ' +
          'or none (default)',
      ).argParser(parseSurvive),
    )
    .option('--re-read', 'counted likes must be there to be read again')
    .option(
      '--skills <names>',
      'what you know: kafka, redis, aws; it only breaks ties',
      parseSkills,
    )
    .addOption(objectiveOption())
    .option('--results <folder>', 'where the results are', RESULTS_FOLDER)
    .option('--all', 'every reason, also of what does not decide', false)
    .option('--json', 'print the answer as JSON', false)
    .addHelpText('after', '\nWithout flags it asks, on a terminal. With flags it takes their word.')
    .action(answer);
}

async function answer(options: ChooseOptions): Promise<void> {
  const needs = needsOf(options) ?? (await askOnTerminal(options));
  const brokers = Object.entries(BROKERS).map(([broker, { tiers }]) => ({ broker, tiers }));
  const found = choose(needs, brokers, locate(options.results));
  if (options.json) process.stdout.write(`${JSON.stringify(found, undefined, 1)}\n`);
  else process.stdout.write(`${found.sentence}\n\n${toText(tableOfAnswer(found, options.all))}\n`);
}

/** Undefined when no flag says anything. */
function needsOf(options: ChooseOptions): Needs | undefined {
  const { rate, order, survive, reRead, skills, objective = OBJECTIVE_MS_DEFAULT } = options;
  if (rate === undefined) {
    const others = [order, survive, reRead, skills].some((one) => one !== undefined);
    if (!others) return undefined;
    throw new UsageError('--rate is missing: say how many likes a second, such as --rate 500');
  }
  return {
    likesPerS: rate,
    ordered: order ?? false,
    survive: survive ?? 'none',
    reRead: reRead ?? false,
    skills: skills ?? [],
    objectiveMs: objective,
  };
}

async function askOnTerminal({ objective = OBJECTIVE_MS_DEFAULT }: ChooseOptions): Promise<Needs> {
  if (!process.stdin.isTTY) {
    throw new UsageError(
      'there is no terminal to ask on: say what you need by flags, such as ' +
        '--rate 500 --order --survive power',
    );
  }
  // Questions go to standard error, so that the answer alone is on standard output.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ask = (question: string) => terminal.question(question);
    return await askNeeds(ask, (line) => process.stderr.write(`${line}\n`), objective);
  } finally {
    terminal.close();
  }
}

/** Of all runs but `smoke`, whose numbers mean nothing; the newest first. */
function locate(folder: string): Located[] {
  return indexesHere(folder).flatMap((indexPath) => {
    const { index, results } = readRun(indexPath);
    if (index.profile === 'smoke') return [];
    return results.map((result, place) => {
      const path = join(dirname(indexPath), index.trials[place]!);
      return { result, path: relative(process.cwd(), path) };
    });
  });
}
