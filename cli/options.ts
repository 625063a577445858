/**
 * The flags of every experiment: what they mean, what they allow, and what they mean to the lab.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { BROKERS } from '../brokers/index.ts';
import { readExternal } from '../brokers/servers/external/environment.ts';
import { RUNTIMES, type Runtime, TIERS, type Tier } from '../brokers/servers/server.ts';
import { PROFILES, type Profile } from '../lab/experiment.ts';
import { FAULTS } from '../lab/faults/index.ts';
import { REPEATS_UNDECIDED } from '../lab/stop-early.ts';
import { type CountingRule, STORE_ENGINES, type StoreEngine } from '../lab/store-plan.ts';
import {
  BACKLOG_BYTES_MAX_DEFAULT,
  CONSUMERS_DEFAULT,
  type Contender,
  LANES_DEFAULT,
  SHARDS_DEFAULT,
} from '../lab/trial-plan.ts';
import { LIKES_MAX, WORKLOADS, type WorkloadName } from '../likes/workloads/workload.ts';
import { ruleOption } from './counting-rule.ts';
import { whole } from './flag-values.ts';
import { listOf } from './help-of-names.ts';
import { UsageError } from './usage-error.ts';
import { metricsPortOption } from './watch/metrics-option.ts';

export interface RunOptions {
  readonly brokers: readonly string[];
  readonly tier?: readonly Tier[];
  readonly runtime?: Runtime;
  readonly likes?: number | 'all';
  readonly workload?: WorkloadName;
  readonly data?: string;
  readonly seed: number;
  readonly profile: Profile;
  readonly repeats?: number;
  readonly lanes?: number;
  readonly consumers?: number;
  readonly likesPerSend?: number;
  readonly shards: number;
  readonly store?: StoreEngine;
  readonly rule?: CountingRule;
  readonly backlogLimit: number;
  readonly out?: string;
  /** A module of the user's that opens the consumers in place of the templates. */
  readonly consumer?: string;
  readonly json: boolean;
  readonly metricsPort?: number;
  /** Of the experiment `faults` only. */
  readonly faults?: readonly string[];
  readonly kills?: number;
  readonly parallel?: number;
  readonly resume?: string;
  /** Of the experiment `capacity-curve` only; ms. */
  readonly objective?: number;
}

/** Repeats of each trial where nobody says otherwise. Below 6 the tables make no claims. */
const REPEATS: Readonly<Record<Profile, number>> = { smoke: 1, quick: 1, full: 6 };

const TIERS_DEFAULT: readonly Tier[] = ['kill'];
export const LANES_MAX = 64;
const CONSUMERS_MAX = 16;
export const SHARDS_MAX = 64;
const REPEATS_MAX = 100;
const KILLS_MAX = 10_000;
/** More than this many trials side by side only wait for each other on any machine. */
const PARALLEL_MAX = 8;
export const LIKES_PER_SEND_MAX = 10_000;
export const SEED_MAX = 2 ** 32 - 1;
/** Less than this cannot hold the segments that a broker keeps in any case. */
const BACKLOG_BYTES_LEAST = 256 * 1024 ** 2;
const BACKLOG_BYTES_MOST = 1024 ** 4;

export function addRunOptions(
  command: Command,
  defaults: { readonly brokers: readonly string[]; readonly tier?: Tier | undefined },
): Command {
  const [tier] = defaults.tier === undefined ? TIERS_DEFAULT : [defaults.tier];
  command
    .addOption(
      listOption('--brokers <names>', 'brokers to compare', Object.keys(BROKERS)).default(
        defaults.brokers,
        defaults.brokers.join(','),
      ),
    )
    .addOption(
      listOption(
        '--tier <tiers>',
        `what an acknowledgement must survive (default: ${tier})`,
        TIERS,
      ),
    )
    .addOption(
      new Option(
        '--runtime <name>',
        'who runs the servers (default: local where this machine can, else compose)',
      ).choices(RUNTIMES),
    )
    .option(
      '--likes <number|all>',
      'distinct likes of a trial; latency trials have as many as are due',
      parseLikes,
    )
    .addOption(
      new Option(
        '--workload <name>',
        'which likes (default: trending, and toggles for ordering)',
      ).choices(WORKLOADS.map(({ name }) => name)),
    )
    .option('--data <file>', 'for trending: a CSV file of your own, columns date, video_id, likes')
    .option('--seed <number>', 'repeats the same likes in the same order', whole(0, SEED_MAX), 1)
    .addOption(
      new Option('--profile <name>', 'how long and how sure')
        .choices(Object.keys(PROFILES))
        .default('quick'),
    )
    .option('--repeats <number>', 'runs of each trial', whole(1, REPEATS_MAX))
    .option('--lanes <number>', `lanes of a queue (default: ${LANES_DEFAULT})`, whole(1, LANES_MAX))
    .option(
      '--consumers <number>',
      `counting processes (default: ${CONSUMERS_DEFAULT}, several for ordering and scaling)`,
      whole(1, CONSUMERS_MAX),
    )
    .option(
      '--likes-per-send <number>',
      "likes of one send, at most (default: the broker's own habit)",
      whole(1, LIKES_PER_SEND_MAX),
    )
    .option('--shards <number>', 'shards of the store', whole(1, SHARDS_MAX), SHARDS_DEFAULT)
    .addOption(
      new Option('--store <engine>', 'what keeps the shards (default: sqlite)').choices(
        STORE_ENGINES,
      ),
    )
    .addOption(ruleOption())
    .option(
      '--backlog-limit <bytes>',
      "largest size of a server's data folder before the producer waits",
      whole(BACKLOG_BYTES_LEAST, BACKLOG_BYTES_MOST),
      BACKLOG_BYTES_MAX_DEFAULT,
    )
    .option(
      '--consumer <file>',
      "a consumer of your own in place of the lab's, for each broker of --brokers; needs --out",
    );
  return addOutputOptions(command);
}

function addOutputOptions(command: Command): Command {
  return command
    .option('--out <folder>', "keep this run's files together in a folder of their own")
    .addOption(metricsPortOption())
    .option('--json', 'print the results as JSON instead of tables', false);
}

/** What the user says, else the profile, which may let comparisons go on. */
export function repeatsOf({ repeats, profile }: Pick<RunOptions, 'repeats' | 'profile'>): {
  repeats: number;
  repeatsChosen: boolean;
  repeatsUndecided?: number;
} {
  if (repeats !== undefined) return { repeats, repeatsChosen: true };
  const usual = { repeats: REPEATS[profile], repeatsChosen: false };
  return profile === 'full' ? { ...usual, repeatsUndecided: REPEATS_UNDECIDED } : usual;
}

/**
 * The rows of the comparison: every broker at every asked tier that it has. `usual`: the tier where
 * nobody asks; a broker that lacks it then takes part at the first of its own.
 */
export function contendersOf(
  options: Pick<RunOptions, 'brokers' | 'tier' | 'runtime'>,
  usual?: Tier,
): Contender[] {
  const contenders = options.brokers.flatMap((broker): Contender[] => {
    const { tiers, likesPerSRough } = BROKERS[broker]!;
    // The lab's own ceiling has one tier only and runs along with any.
    if (broker === 'null') return [{ broker, tier: 'memory', likesPerSRough }];
    return tiersAsked(broker, options, usual)
      .filter((tier) => tiers.includes(tier))
      .map((tier) => ({ broker, tier, likesPerSRough }));
  });
  if (contenders.some(({ broker }) => broker !== 'null')) return contenders;
  if (contenders.length > 0 && options.brokers.length === 1) return contenders;
  const has = options.brokers.map((broker) => `${broker}: ${BROKERS[broker]!.tiers.join(', ')}`);
  const asked = options.tier ?? TIERS_DEFAULT;
  throw new UsageError(
    `no broker of --brokers has tier ${asked.join(', ')}; allowed are ${has.join(' · ')}`,
  );
}

/** On servers of somebody else's the tier is what the user says that they have. */
function tiersAsked(
  broker: string,
  options: Pick<RunOptions, 'tier' | 'runtime'>,
  usual: Tier | undefined,
): readonly Tier[] {
  const { server, tiers } = BROKERS[broker]!;
  if (options.runtime !== 'external' || server === 'null') {
    if (options.tier !== undefined || usual === undefined) return options.tier ?? TIERS_DEFAULT;
    return tiers.includes(usual) ? [usual] : tiers.slice(0, 1);
  }
  const { tier, title, tierVariable } = readExternal(server);
  if (options.tier === undefined || options.tier.includes(tier)) return [tier];
  throw new UsageError(
    `--tier ${options.tier.join(',')}: ${title} has the tier ${tier}, as ${tierVariable} says; ` +
      'leave out --tier, or correct that variable',
  );
}

/** For runs so long that one would not begin them again. */
export function addResumeOption(command: Command): Command {
  return command.option(
    '--resume <index>',
    'index file of a run, to go on where it stopped, or for more',
  );
}

/** Flags that only the experiment `faults` has. */
export function addFaultOptions(command: Command): Command {
  return command
    .addOption(
      listOption(
        '--faults <names>',
        'what to do to them (default: everything)',
        FAULTS.map(({ name }) => name),
      ),
    )
    .option('--kills <number>', 'strikes of each fault a cell', whole(1, KILLS_MAX))
    .option('--parallel <number>', 'trials side by side', whole(1, PARALLEL_MAX), 1)
    .addHelpText(
      'after',
      () => `\nFaults:\n${listOf(FAULTS.map((one) => [one.name, one.summary]))}`,
    );
}

function listOption(flags: string, description: string, allowed: readonly string[]): Option {
  const text = `${description}: ${allowed.join(', ')}, several by commas`;
  return new Option(flags, text).argParser((value: string) => {
    const names = value.split(',').filter((name) => name !== '');
    const wrong = names.find((name) => !allowed.includes(name));
    if (wrong !== undefined || names.length === 0) {
      throw new InvalidArgumentError(`allowed are ${allowed.join(', ')}.`);
    }
    return [...new Set(names)];
  });
}

export function parseLikes(text: string): number | 'all' {
  return text === 'all' ? 'all' : whole(1, LIKES_MAX)(text);
}
