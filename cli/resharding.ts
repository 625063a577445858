/** `lab resharding`: what moving posts costs those who count meanwhile, measured. */
import { type Command, Option } from 'commander';
import { openRunFolder } from '../brokers/servers/local/runs.ts';
import { formatNumber, type Table, toText } from '../lab/table.ts';
import type { MoveWish } from '../store/move/index.ts';
import { whole } from './flag-values.ts';
import { SEED_MAX } from './options.ts';
import { measureResharding, type ReshardingResult } from './resharding/measure.ts';
import { StorePool } from './store-pool.ts';
import { EXIT } from './usage-error.ts';

const ENGINES = ['sqlite', 'postgres'] as const;
type Engine = (typeof ENGINES)[number];

const SHARDS = 4;
const WRITERS = 2;
const LIKES_PER_S_DEFAULT = 5_000;
const LIKES_PER_S_MAX = 1_000_000;
const LIKES_BEFORE_DEFAULT = 200_000;
const LIKES_BEFORE_MAX = 100_000_000;
/** The most liked post of the writers. */
const HOT = 'p00000';

const WISHES: readonly MoveWish[] = [
  { kind: 'shards', shards: 5 },
  { kind: 'shards', shards: 3 },
  { kind: 'isolate', post: HOT },
  { kind: 'split', post: HOT, slices: 3 },
  { kind: 'take back', post: HOT },
];

interface ReshardingFlags {
  readonly store: Engine;
  readonly rate: number;
  readonly likes: number;
  readonly seed: number;
}

export function addReshardingCommand(program: Command): void {
  program
    .command('resharding')
    .description('moves shards and a post of a store of its own while likes are counted: the table')
    .addOption(
      new Option('--store <engine>', 'what keeps the shards').choices(ENGINES).default('sqlite'),
    )
    .option(
      '--rate <number>',
      'likes a second that are counted meanwhile; each is delivered again a second later',
      whole(1, LIKES_PER_S_MAX),
      LIKES_PER_S_DEFAULT,
    )
    .option(
      '--likes <number>',
      'likes that are counted before',
      whole(1, LIKES_BEFORE_MAX),
      LIKES_BEFORE_DEFAULT,
    )
    .option('--seed <number>', 'of the likes', whole(0, SEED_MAX), 1)
    .action(async (flags: ReshardingFlags) => {
      const results = await measureOn(flags);
      process.stdout.write(`${toText(reshardingTable(flags.store, results))}\n`);
      process.exitCode = results.every(isExact) ? EXIT.pass : EXIT.fail;
    });
}

/** In a store that is made for it, and deleted afterwards. */
async function measureOn(flags: ReshardingFlags): Promise<ReshardingResult[]> {
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const folder = await openRunFolder();
  try {
    await using pool = new StorePool(folder.path, log);
    await using stores = pool.openFor(folder.path);
    const store = await stores.addressFor(SHARDS, { engine: flags.store, rule: 'tally' });
    return await measureResharding({
      store,
      wishes: WISHES,
      likesBefore: flags.likes,
      likesPerS: flags.rate,
      writers: WRITERS,
      seed: flags.seed,
      log,
    });
  } finally {
    await folder.remove();
  }
}

function reshardingTable(engine: Engine, results: readonly ReshardingResult[]): Table {
  const number = (value: number) => formatNumber(value, 0);
  return {
    title: `Posts that move between shards while likes are counted (${engine})`,
    heads: [
      'move',
      'slots',
      'posts moved',
      'of posts',
      'kB copied',
      'forecast ms',
      'took ms',
      'pause ms',
      'longest wait ms',
      'likes/s',
      'counts',
    ],
    rows: results.map((result) => [
      result.title,
      number(result.slots),
      number(result.posts),
      number(result.postsOfAll),
      number(result.bytes / 1e3),
      number(result.forecastMs),
      number(result.tookMs),
      number(result.pauseMs),
      number(result.writerPauseMs),
      number(result.likesPerS),
      isExact(result) ? 'equal' : `${number(result.wrongPosts)} posts wrong`,
    ]),
    notes: [
      `${WRITERS} processes count meanwhile, and deliver every like again a second later. The ` +
        'forecast is made before the move, with a sample of its rows. The pause is from the ' +
        'first fence until all shards had the new map; the longest wait is that of a batch that ' +
        'met it, until it was stored. Counts are compared post by post, to the last like.',
      ...results.flatMap(({ title, problems }) =>
        problems.map((problem) => `${title}: ${problem}`),
      ),
    ],
  };
}

function isExact({ wrongPosts, problems }: ReshardingResult): boolean {
  return wrongPosts === 0 && problems.length === 0;
}
