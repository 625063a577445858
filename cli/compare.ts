/** `lab compare RUN_A RUN_B`: what changed from one run to another, as a gate for CI. */
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type Comparison, compareRuns } from '../lab/compare-runs.ts';
import { comparisonJson, renderComparison } from '../lab/compare-tables.ts';
import { type Run, readRun } from '../lab/result-files.ts';
import { CONFIDENCE } from '../lab/statistics/bootstrap.ts';
import { indexesHere } from './results-page.ts';
import { EXIT, UsageError } from './usage-error.ts';

/** Changes for the worse up to this are no regression where nobody says otherwise. */
const TOLERANCE_DEFAULT = '5%';
const LEVEL_LEAST = 0.9;
const LEVEL_MOST = 0.999;
const RUN_ALLOWED =
  'allowed are the index file of a run, a folder made with --out, or the name of a run below ' +
  'results/';

interface CompareOptions {
  readonly tolerance: number;
  readonly level: number;
  readonly allowUnknown: boolean;
  readonly json: boolean;
  readonly markdown: boolean;
}

export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .description('what changed from one run to another: promises first, then figures; a CI gate')
    .argument('<run-a>', 'what to compare with: an index file, a folder of --out, or a name')
    .argument('<run-b>', 'what is new')
    .option(
      '--tolerance <percentage>',
      `a figure that is worse by more than this is a regression (default: ${TOLERANCE_DEFAULT})`,
      share(0, 1),
      share(0, 1)(TOLERANCE_DEFAULT),
    )
    .option(
      '--level <percentage>',
      'how sure an interval is; a higher one makes fewer false alarms, and finds less ' +
        `(default: ${CONFIDENCE * 100}%)`,
      share(LEVEL_LEAST, LEVEL_MOST),
      CONFIDENCE,
    )
    .option('--allow-unknown', 'exit with 0 also where something could not be told', false)
    .option('--json', 'print the comparison as JSON', false)
    .option('--markdown', 'print it as Markdown, for a pull request', false)
    .addHelpText('after', HELP)
    .action(compare);
}

const HELP = `
Exit codes: 1 a regression: a promise that A kept and B broke, or a figure that is worse beyond
the tolerance. 2 no regression, but too little could be told: no figure (each side needs 6 runs),
or a trial that A could judge and B could not. 64 wrong input. 0 otherwise.`;

function compare(nameA: string, nameB: string, options: CompareOptions): void {
  if (options.json && options.markdown) {
    throw new UsageError('--json and --markdown: allowed is one of them');
  }
  const [a, b] = [runNamed(nameA), runNamed(nameB)];
  const { tolerance, level: confidence } = options;
  const comparison = compareRuns(a, b, { tolerance, confidence });
  const code = exitCodeOf(comparison, options);
  process.stdout.write(
    options.json
      ? `${comparisonJson(comparison, code)}\n`
      : `${renderComparison(comparison, options.markdown ? 'markdown' : 'text')}\n`,
  );
  if (comparison.outcome === 'blind' && code === EXIT.unknown) {
    process.stderr.write('\nexit code 2: a gate must not pass blind; --allow-unknown accepts it\n');
  }
  process.exitCode = code;
}

function exitCodeOf({ outcome }: Comparison, { allowUnknown }: CompareOptions): number {
  if (outcome === 'regression') return EXIT.fail;
  return outcome === 'blind' && !allowUnknown ? EXIT.unknown : EXIT.pass;
}

/** @throws UsageError for what is no run; LabError RESULT_INVALID for one that is damaged. */
function runNamed(name: string): Run {
  const index = indexOf(name);
  if (index === undefined) throw new UsageError(`${name}: there is no such run; ${RUN_ALLOWED}`);
  return readRun(index);
}

function indexOf(name: string): string | undefined {
  if (!existsSync(name)) {
    return indexesHere().find((path) => basename(path, '.json') === name);
  }
  if (!statSync(name).isDirectory()) return name;
  const index = join(name, 'index.json');
  return existsSync(index) ? index : undefined;
}

/** A parser for percentages, to shares: `5%` is 0.05. */
function share(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replace(/\s*%$/, '')) / 100;
    if (/^\d+(\.\d+)?\s*%$/.test(text) && value >= least && value <= most) return value;
    const range = `from ${least * 100}% to ${most * 100}%`;
    throw new InvalidArgumentError(`allowed are percentages ${range}, such as ${example(least)}.`);
  };
}

const example = (least: number) => (least === 0 ? TOLERANCE_DEFAULT : `${CONFIDENCE * 100}%`);
