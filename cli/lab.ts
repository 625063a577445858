/** The command line of the lab. `npm run lab -- --help` shows it. */
import { basename } from 'node:path';
import { Command, CommanderError } from 'commander';
import { BROKERS } from '../brokers/index.ts';
import { EXPERIMENTS, experimentsOf, MORE_EXPERIMENTS } from '../experiments/index.ts';
import type { Experiment } from '../lab/experiment.ts';
import { addAuditCommand } from './audit.ts';
import { addChooseCommand } from './choose.ts';
import { addCompareCommand } from './compare.ts';
import { addCountCommand } from './count.ts';
import { showCounts } from './counts.ts';
import { addDeadLettersCommand } from './dead-letters.ts';
import { addDemoCommand } from './demo.ts';
import { addDoctorCommand } from './doctor.ts';
import { whole } from './flag-values.ts';
import { addGatewayCommand } from './gateway.ts';
import { helpOfNames } from './help-of-names.ts';
import { addHotCommands } from './hot.ts';
import { objectiveOption } from './objective-option.ts';
import { addFaultOptions, addResumeOption, addRunOptions, type RunOptions } from './options.ts';
import { addProduceCommand } from './produce.ts';
import { addRebuildCommand } from './rebuild.ts';
import { report } from './report.ts';
import { addReshardCommand } from './reshard.ts';
import { addReshardingCommand } from './resharding.ts';
import { runExperiments } from './run-experiments.ts';
import { addServerCommands } from './servers.ts';
import { otlpFlag, putOtlpIntoEnvironment, type TracingFlags } from './tracing-options.ts';
import { EXIT } from './usage-error.ts';

const TOP_DEFAULT = 20;
const TOP_MAX = 10_000;

/** node:sqlite and type stripping without flags, as the lab uses them. */
const NODE_MAJOR_LEAST = 24;

/** Errors that say: what the user named is not what the lab takes. */
const WRONG_INPUT = new Set([
  'USAGE',
  'ENVIRONMENT_INVALID',
  'DATA_UNREADABLE',
  'DATA_INVALID',
  'RESULT_INVALID',
  'FOLDER_UNUSABLE',
  'NOT_A_STORE',
  'STORE_CORRUPT',
  'STORE_FORMAT_UNKNOWN',
  'STORE_SHARDS_DIFFER',
  'STORE_RULE_DIFFERS',
  'STORE_ROUTING_DIFFERS',
  'STORE_NOT_CREATED',
  'MOVE_IMPOSSIBLE',
  'MOVE_UNFINISHED',
  'MOVE_CANNOT_GO_BACK',
  'NO_MOVE',
]);

function buildProgram(): Command {
  const program = new Command('lab')
    .description('Sends the same likes through several queues and tells what became of each.')
    .showHelpAfterError('(add --help for what is allowed)')
    .addHelpText('after', helpOfNames);
  const everyone = Object.keys(BROKERS);
  const command = `npm run lab -- ${withoutFolders(process.argv.slice(2)).join(' ')}`;
  type Choose = (options: RunOptions) => readonly Experiment[];
  const addExperiment = (
    name: string,
    summary: string,
    choose: Choose,
    brokers: readonly string[] = everyone,
    tier?: Experiment['tier'],
  ) =>
    addRunOptions(program.command(name).description(summary), { brokers, tier })
      .addHelpText('after', helpOfNames)
      .action(async (options: RunOptions & TracingFlags) => {
        if (options.otlp !== undefined) await putOtlpIntoEnvironment(options.otlp);
        process.exitCode = await runExperiments(choose(options), options, command);
      });

  const names = EXPERIMENTS.map(({ name }) => name).join(', ');
  addExperiment(
    'all',
    `${names}, one after the other, and what the lab itself adds; scaling and capacity-curve too ` +
      'with --profile full',
    (options) => experimentsOf(options.profile),
  );
  for (const experiment of [...EXPERIMENTS, ...MORE_EXPERIMENTS]) {
    const { name, question, brokers, tier } = experiment;
    const added = addExperiment(name, question, () => [experiment], brokers, tier);
    if (name === 'faults') addFaultOptions(added);
    if (experiment.resumes) addResumeOption(added);
    if (name === 'capacity-curve') added.addOption(objectiveOption());
    if (name === 'write-path') otlpFlag(added);
  }
  addServerCommands(program);
  addProduceCommand(program);
  addCountCommand(program);
  addGatewayCommand(program);
  addDemoCommand(program);
  addRebuildCommand(program);
  addDeadLettersCommand(program);
  addReshardCommand(program);
  addHotCommands(program);
  addReshardingCommand(program);
  addDoctorCommand(program);
  addCompareCommand(program);
  addChooseCommand(program);
  addAuditCommand(program);
  program
    .command('counts')
    .description('what a store has counted: totals, the most liked posts, its soundness')
    .argument('<store-folder>', 'folder of a store')
    .option('--top <number>', 'how many posts to show', whole(1, TOP_MAX), TOP_DEFAULT)
    .action(showCounts);
  program
    .command('report')
    .description(
      'make results/README.md and report.html again, from all runs below results/ or from one',
    )
    .argument('[index]', 'index file of a run')
    .option('--first-screen', "put the run's table into the project's README as well", false)
    .action(report);
  return program;
}

const FILE_FLAGS = new Set(['--data', '--consumer']);
/** Such an address may hold a password. */
const ADDRESS_FLAG = '--otlp';

/** Published results name a user's own file, and not where it is on their machine. */
function withoutFolders(words: readonly string[]): string[] {
  return words.map((word, place) => {
    const flag = words[place - 1]!;
    if (flag === ADDRESS_FLAG) return 'URL';
    if (word.startsWith(`${ADDRESS_FLAG}=`)) return `${ADDRESS_FLAG}=URL`;
    return FILE_FLAGS.has(flag) ? basename(word) : word;
  });
}

/**
 * Commander's own errors and those of the lab are one line; anything else is a bug and shows all.
 */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage;
  const code = (error as { code?: unknown }).code;
  if (!(error instanceof Error) || typeof code !== 'string') {
    console.error(error);
    return EXIT.unknown;
  }
  console.error(`error: ${error.message}`);
  return WRONG_INPUT.has(code) ? EXIT.usage : EXIT.unknown;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

async function main(): Promise<void> {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < NODE_MAJOR_LEAST) {
    console.error(
      `error: this is Node ${process.versions.node}; start the lab with npm run, which brings ` +
        `Node 24 on Linux x64, or install Node ${NODE_MAJOR_LEAST} or newer`,
    );
    process.exit(EXIT.usage);
  }
  // Whoever reads no more, such as `head`, ends no run: its files are written all the same.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const program = buildProgram();
  for (const command of withSubcommands(program)) command.exitOverride();
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

await main();
