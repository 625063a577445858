/** `npm run bench`: how far our code is from bare opponents that do less. `--help` shows flags. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { whole } from '../cli/flag-values.ts';
import { watchInterrupt } from '../cli/interrupt.ts';
import { EXIT } from '../cli/usage-error.ts';
import { messageOf } from '../lab/lab-error.ts';
import { describeMachine } from '../lab/machine.ts';
import { formatNumber, toText } from '../lab/table.ts';
import type { Contest, ContestResult } from './contest.ts';
import { CONTESTS } from './contests.ts';
import { ratioTable } from './ratio-table.ts';
import { runContest } from './run-contest.ts';
import { Stage } from './stage.ts';

interface BenchOptions {
  readonly pairs: number;
  /** Undefined: all of them. */
  readonly only?: readonly Contest[];
  readonly likes: number;
}

const PAIRS_DEFAULT = 5;
const PAIRS_MAX = 100;
const LIKES_DEFAULT = 500_000;
/** Fewer are over before a client has compiled its code. */
const LIKES_LEAST = 20_000;
/** The store's contest holds all of them in memory at once. */
const LIKES_MOST = 2_000_000;

function buildProgram(): Command {
  const names = CONTESTS.map(({ name }) => name).join(', ');
  return new Command('bench')
    .description('Rates of our code beside bare opponents, in pairs that take turns.')
    .option('--pairs <number>', 'pairs of each contest', whole(1, PAIRS_MAX), PAIRS_DEFAULT)
    .option('--only <names>', `contests, several by commas, of ${names}`, parseContests)
    .option(
      '--likes <number>',
      'distinct likes of each side',
      whole(LIKES_LEAST, LIKES_MOST),
      LIKES_DEFAULT,
    )
    .addHelpText('after', '\nExit codes: 0 all was measured, 2 some was not, 64 a wrong flag.')
    .exitOverride();
}

/** Resolves with the exit code. Prints what was measured, whatever happened to the rest. */
async function runBench({ pairs, only = CONTESTS, likes }: BenchOptions): Promise<number> {
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const signal = watchInterrupt(log);
  const results: ContestResult[] = [];
  {
    await using stage = await Stage.open({ likes, signal, log });
    for (const contest of only) {
      if (!signal.aborted) results.push(await runContest(contest, stage, pairs));
    }
  }
  const { system, processor, cores, memory } = describeMachine();
  const title =
    `Our code beside bare opponents: medians of ${pairs} pairs, ${formatNumber(likes, 0)} ` +
    `trending likes a side (Node ${process.versions.node}, ${system}, ${processor}, ` +
    `${cores} cores, ${memory})`;
  process.stdout.write(`${toText(ratioTable(results, title))}\n`);
  const whole =
    results.length === only.length && results.every((one) => one.pairs.length === pairs);
  return whole ? EXIT.pass : EXIT.unknown;
}

function parseContests(text: string): Contest[] {
  const names = text.split(',');
  const found = CONTESTS.filter(({ name }) => names.includes(name));
  if (names.every((name) => CONTESTS.some((contest) => contest.name === name))) return found;
  throw new InvalidArgumentError(`allowed are ${CONTESTS.map(({ name }) => name).join(', ')}.`);
}

/** Commander has printed its own errors; ours are one line, and anything else is a bug. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage;
  const isOurs = error instanceof Error && 'code' in error;
  console.error(isOurs ? `error: ${messageOf(error)}` : error);
  return EXIT.unknown;
}

const program = buildProgram().action(async (options: BenchOptions) => {
  process.exitCode = await runBench(options);
});
await program.parseAsync().catch((error: unknown) => {
  process.exitCode = exitCodeOf(error);
});
