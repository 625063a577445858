/** `lab hot`: what is hot in a store, the cures one by one, and the policy that uses them. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatNumber } from '../lab/table.ts';
import { COALESCE_DEFAULT } from '../store/hot/coalesce.ts';
import { HotBoard } from '../store/hot/hot-board.ts';
import { slicesFor } from '../store/hot/hot-policy.ts';
import { emptyShards, shardsForSlices, shardsWithSlots } from '../store/hot/hot-shards.ts';
import { mergeWindows, type WindowSummary } from '../store/hot/hot-window.ts';
import { openPostMover } from '../store/hot/post-mover.ts';
import { CURES, type Cure } from '../store/hot-posts.ts';
import { SHARDS_MAX } from '../store/slot-map.ts';
import { readStoreFile } from '../store/store-file.ts';
import { named, whole } from './flag-values.ts';
import { watchHotPosts } from './hot-watch.ts';
import { EXIT, UsageError } from './usage-error.ts';

interface StoreChoice {
  readonly store: string;
}

interface PostChoice extends StoreChoice {
  readonly post: string;
}

const LINGER_MS_MAX = 10_000;
const LIKES_HELD_MAX = 100_000;
const TOP = 10;

export function addHotCommands(program: Command): void {
  const hot = program
    .command('hot')
    .description('hot posts of a store: see them, cure one, or let a policy do it');
  addShowAndWatch(hot);
  onPost(hot, 'isolate', 'give a post a shard of its own, while its likes are counted')
    .option('--shard <number>', 'which one (default: an empty or a new one)', whole(0, SHARDS_MAX))
    .action(isolate);
  onPost(hot, 'split', 'spread a post over several shards by user; reads add its slices up')
    .option(
      '--slices <number>',
      'so many shards (default: what its share of the likes now needs)',
      whole(2, SHARDS_MAX),
    )
    .action(split);
  onPost(hot, 'coalesce', 'let consumers hold the likes of a post and store them together')
    .option(
      '--linger-ms <number>',
      'for so long at most',
      whole(1, LINGER_MS_MAX),
      COALESCE_DEFAULT.lingerMs,
    )
    .option(
      '--likes <number>',
      'and so many at most',
      whole(1, LIKES_HELD_MAX),
      COALESCE_DEFAULT.likesMax,
    )
    .addHelpText('after', '\nConsumers that run with --hot-posts obey within half a second.')
    .action(coalesce);
  onPost(hot, 'take-back', 'end every cure of a post').action(takeBack);
}

function addShowAndWatch(hot: Command): void {
  onStore(hot, 'show', 'what is liked most now, and which posts are under a cure')
    .addHelpText('after', '\nConsumers that run with --hot-posts (npm run count) say what is hot.')
    .action(show);
  onStore(hot, 'watch', 'find hot posts, cure them and take it back, until it is told to stop')
    .addOption(
      new Option('--cures <names>', `what it may do: ${CURES.join(', ')}, several by commas`)
        .argParser(parseCures)
        .default([...CURES], CURES.join(',')),
    )
    .addHelpText(
      'after',
      '\nOne watch a store. It also takes back cures that were ordered by hand. When it is ' +
        'stopped, what it\ncured stays cured; end that with take-back, or by starting it again.',
    )
    .action(async (options: StoreChoice & { readonly cures: readonly Cure[] }) => {
      readStoreFile(options.store); // Refuses a folder that is no store.
      process.exitCode = await watchHotPosts(options);
    });
}

function onStore(hot: Command, name: string, description: string): Command {
  return hot
    .command(name)
    .description(description)
    .requiredOption('--store <folder>', 'the store', named);
}

function onPost(hot: Command, name: string, description: string): Command {
  return onStore(hot, name, description).requiredOption('--post <id>', 'the post', named);
}

function parseCures(text: string): Cure[] {
  const names = text.split(',').filter((name) => name !== '');
  const found = CURES.filter((cure) => names.includes(cure));
  if (found.length > 0 && names.every((name) => found.some((cure) => cure === name))) return found;
  throw new InvalidArgumentError(`allowed are ${CURES.join(', ')}.`);
}

const say = (line: string) => void process.stdout.write(`${line}\n`);
const percent = (share: number) => `${formatNumber(share * 100, 1)} %`;

async function isolate({ store: folder, post, shard }: PostChoice & { readonly shard?: number }) {
  const { slotMap: map } = readStoreFile(folder);
  const target = shard ?? emptyShards(map)[0] ?? map.shards;
  if (target > map.shards) {
    throw new UsageError(
      `--shard ${target}: ${folder} has shards 0 to ${map.shards - 1}, and ${map.shards} is a ` +
        'new one',
    );
  }
  const startMs = performance.now();
  await openPostMover({ folder }).isolate(post, target);
  say(`post ${post} is counted on shard ${target} (${took(startMs)})`);
  process.exitCode = EXIT.pass;
}

async function split({ store: folder, post, slices }: PostChoice & { readonly slices?: number }) {
  const { slotMap: map } = readStoreFile(folder);
  const shards = shardsWithSlots(map);
  if (shards.length < 2) {
    throw new UsageError(`--store ${folder}: has one shard; there is nothing to spread over`);
  }
  const wanted = slices ?? slicesFor(shareNow(folder, post), shards.length);
  if (wanted > shards.length) {
    throw new UsageError(`--slices ${wanted}: ${folder} has ${shards.length} shards with slots`);
  }
  const chosen = shardsForSlices(map, post, wanted);
  const startMs = performance.now();
  await openPostMover({ folder }).split(post, chosen);
  say(`post ${post} is counted in slices on shards ${chosen.join(', ')} (${took(startMs)})`);
  process.exitCode = EXIT.pass;
}

/** @throws UsageError when no consumer tells */
function shareNow(folder: string, post: string): number {
  const { total, posts } = mergeWindows(new HotBoard(folder).windows());
  const found = posts.find((one) => one.post === post);
  if (found !== undefined && total > 0) return found.likes / total;
  throw new UsageError(
    `--post ${post}: no consumer says how hot it is; say how many slices with --slices, or run ` +
      'the consumers with --hot-posts',
  );
}

async function coalesce(
  options: PostChoice & { readonly lingerMs: number; readonly likes: number },
) {
  const { store: folder, post, lingerMs, likes: likesMax } = options;
  readStoreFile(folder); // Refuses a folder that is no store.
  const board = new HotBoard(folder);
  const held = board.currentOrder()?.posts ?? [];
  board.order({ posts: [...new Set([...held, post])], lingerMs, likesMax });
  say(`likes of post ${post} are held for up to ${lingerMs} ms, and stored together`);
  process.exitCode = EXIT.pass;
}

async function takeBack({ store: folder, post }: PostChoice) {
  const { slotMap } = readStoreFile(folder);
  const board = new HotBoard(folder);
  const order = board.currentOrder();
  const isHeld = order?.posts.includes(post) ?? false;
  const isMoved = slotMap.exceptions.has(post);
  if (order && isHeld) {
    board.order({ ...order, posts: order.posts.filter((one) => one !== post) });
  }
  if (isMoved) await openPostMover({ folder }).takeBack(post);
  say(isHeld || isMoved ? `post ${post} is like any other` : `post ${post} was under no cure`);
  process.exitCode = EXIT.pass;
}

async function show({ store: folder }: StoreChoice) {
  const { slotMap } = readStoreFile(folder);
  const board = new HotBoard(folder);
  const windows = board.windows();
  for (const line of describeWindow(windows)) say(line);
  for (const [post, shards] of slotMap.exceptions) {
    const how = shards.length > 1 ? 'split over shards' : 'isolated on shard';
    say(`post ${post}: ${how} ${shards.join(', ')}`);
  }
  const order = board.currentOrder();
  for (const post of order?.posts ?? []) {
    say(`post ${post}: held for up to ${order!.lingerMs} ms`);
  }
  process.exitCode = windows.length > 0 ? EXIT.pass : EXIT.unknown;
}

function describeWindow(windows: readonly WindowSummary[]): string[] {
  if (windows.length === 0) {
    return ['no consumer tells what is hot; run them with --hot-posts (npm run count)'];
  }
  const { total, posts, windowMs } = mergeWindows(windows);
  const perS = formatNumber(windowMs > 0 ? (total * 1_000) / windowMs : 0, 0);
  return [
    `${windows.length} consumers, ${perS} likes/s`,
    ...posts.slice(0, TOP).map(({ post, likes, error }) => {
      const least = percent((likes - error) / total);
      const most = percent(likes / total);
      return `${least === most ? most : `${least} to ${most}`}  ${post}`;
    }),
  ];
}

function took(startMs: number): string {
  return `${formatNumber(performance.now() - startMs, 0)} ms`;
}
