/** `lab reshard`: other shards, or another place for a post, while likes are counted. */
import { type Command, Option } from 'commander';
import { formatNumber } from '../lab/table.ts';
import {
  type MovePlan,
  type MoveReport,
  type MoveWish,
  planMove,
  resumeMove,
  rollBackMove,
  startMove,
  type WatchMove,
} from '../store/move/index.ts';
import type { MoveStep } from '../store/move/steps.ts';
import { checkOptions, type StoreOptions } from '../store/open-store.ts';
import { SHARDS_MAX } from '../store/slot-map.ts';
import { whole } from './flag-values.ts';
import { openStatusLine } from './status-line.ts';
import { EXIT, UsageError } from './usage-error.ts';

interface ReshardOptions {
  readonly shards?: number;
  readonly isolate?: string;
  readonly shard?: number;
  readonly split?: string;
  readonly slices?: number;
  readonly takeBack?: string;
  readonly resume: boolean;
  readonly rollBack: boolean;
  readonly dryRun: boolean;
  readonly name?: string;
}

/** Steps that come many times; only every so many are shown, where each is a line. */
const SHOWN_EVERY_MS = 500;

const HELP = `
Likes are counted all the while, each once: with its counts a post takes the marks along, by which a
like that is delivered again is known. Whoever counts waits only from the moment the old shard takes
no more likes until the new map is in force; that pause is printed.

A SIGKILL at any time loses nothing. It leaves the move unfinished; likes may then wait until
--resume goes on with it, or --roll-back takes it back (possible until the new map is in force).

Exit codes: 0 done, 2 unfinished or another process is moving, 64 wrong flags.`;

export function addReshardCommand(program: Command): void {
  program
    .command('reshard')
    .description('add or drain shards of a store, or move a post, while likes are counted')
    .argument('<store>', 'folder of a store, or its postgres:// addresses, by commas')
    .option('--name <name>', 'with addresses: the name of the store there')
    .option('--shards <number>', 'spread all slots evenly over so many', whole(1, SHARDS_MAX))
    .option('--isolate <post>', 'one post alone in a shard')
    .addOption(
      new Option(
        '--shard <index>',
        'with --isolate: which (default: an empty or a new one)',
      ).argParser(whole(0, SHARDS_MAX)),
    )
    .option('--split <post>', 'one post in slices by user, summed on read')
    .option('--slices <number>', 'with --split: how many', whole(2, SHARDS_MAX))
    .option('--take-back <post>', 'one post back to the shard of its slot')
    .option('--resume', 'go on with a move that was interrupted', false)
    .option('--roll-back', 'take a move that was interrupted back', false)
    .option('--dry-run', 'only say what would move, and how long it would take', false)
    .addHelpText('after', HELP)
    .action(async (store: string, options: ReshardOptions) => {
      process.exitCode = await reshard(storeOf(store, options.name), options);
    });
}

function storeOf(store: string, name: string | undefined): StoreOptions {
  if (!/^postgres(ql)?:/.test(store)) {
    if (name !== undefined) throw new UsageError('--name: with postgres:// addresses only');
    return { folder: store };
  }
  if (name === undefined) throw new UsageError('--name: which store there is to be changed');
  return checkOptions({ engine: 'postgres', urls: store.split(','), name });
}

async function reshard(store: StoreOptions, options: ReshardOptions): Promise<number> {
  const task = taskOf(options);
  if (options.dryRun) {
    if (task === 'resume' || task === 'roll back') {
      throw new UsageError('--dry-run: not with --resume or --roll-back');
    }
    print(planLines(await planMove(store, task)));
    return EXIT.pass;
  }
  const watch = watchOnLine();
  const report = await run(store, task, watch);
  print(reportLines(report));
  return EXIT.pass;
}

function run(
  store: StoreOptions,
  task: MoveWish | 'resume' | 'roll back',
  watch: WatchMove,
): Promise<MoveReport> {
  if (task === 'resume') return resumeMove(store, watch);
  if (task === 'roll back') return rollBackMove(store, watch);
  return startMove(store, task, watch);
}

/** @throws UsageError unless the flags name one thing to do */
function taskOf(options: ReshardOptions): MoveWish | 'resume' | 'roll back' {
  const { shards, isolate, shard, split, slices, takeBack, resume, rollBack } = options;
  if (shard !== undefined && isolate === undefined)
    throw new UsageError('--shard: with --isolate only');
  if ((slices === undefined) !== (split === undefined)) {
    throw new UsageError('--split and --slices: both or neither');
  }
  const tasks: (MoveWish | 'resume' | 'roll back')[] = [];
  if (shards !== undefined) tasks.push({ kind: 'shards', shards });
  if (isolate !== undefined) tasks.push({ kind: 'isolate', post: isolate, shard });
  if (split !== undefined) tasks.push({ kind: 'split', post: split, slices: slices! });
  if (takeBack !== undefined) tasks.push({ kind: 'take back', post: takeBack });
  if (resume) tasks.push('resume');
  if (rollBack) tasks.push('roll back');
  const [task, ...more] = tasks;
  if (task !== undefined && more.length === 0) return task;
  throw new UsageError(
    'allowed is one of --shards, --isolate, --split, --take-back, --resume and --roll-back',
  );
}

function planLines(plan: MovePlan | undefined): string[] {
  if (plan === undefined) return ['Nothing to move: all is there already.'];
  const { title, slots, posts, blocks, bytes, ways, tookMs } = plan;
  const number = (value: number) => formatNumber(value, 0);
  return [
    `${title}: ${number(slots)} slots, ${number(posts)} posts, ` +
      `${number(blocks)} blocks of marks, ${formatNumber(bytes / 1e6, 1)} MB`,
    ...ways.map(
      (way) =>
        `  shard ${way.giver} to ${way.receiver}: ${number(way.posts)} posts, ` +
        `${number(way.blocks)} blocks`,
    ),
    `about ${formatNumber(tookMs / 1_000, 1)} s, at rates measured just now on pages of this store`,
    'Nothing was changed.',
  ];
}

function reportLines({ title, outcome, tookMs, pauseMs, moved }: MoveReport): string[] {
  if (outcome === 'nothing to move') return ['Nothing to move: all is there already.'];
  const took = `${formatNumber(tookMs / 1_000, 1)} s`;
  if (outcome === 'gone back') return [`${title}: taken back in ${took}, as if it had not begun`];
  const number = (value: number) => formatNumber(value, 0);
  const pause =
    pauseMs === undefined
      ? 'the new map was in force before'
      : `likes waited about ${formatNumber(pauseMs, 0)} ms`;
  return [
    `${title}: done in ${took}; ${pause}`,
    `${number(moved.posts)} posts with ${number(moved.likes)} likes and ${number(moved.unlikes)} ` +
      'unlikes verified in their new shards',
  ];
}

/** A line now and then; the steps that decide are always shown. */
function watchOnLine(): WatchMove {
  const line = openStatusLine(process.stderr);
  const times = new Map<MoveStep, number>();
  let shownAtMs = Number.NEGATIVE_INFINITY;
  return (step) => {
    const time = (times.get(step) ?? 0) + 1;
    times.set(step, time);
    const isFirst = time === 1;
    if (!isFirst && performance.now() - shownAtMs < SHOWN_EVERY_MS) return;
    shownAtMs = performance.now();
    line.show(isFirst ? step : `${step} (${time})`);
  };
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
