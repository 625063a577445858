/** The flags of `lab gateway`, and which of them go together. */
import { type Command, Option } from 'commander';
import type { IdempotencyAway } from '../gateway/accept-like.ts';
import { LIMITS } from '../gateway/limits.ts';
import { USER_LIMIT } from '../gateway/user-limiter.ts';
import { COUNTING_RULES, type CountingRule } from '../store/count-store.ts';
import { named, port, whole } from './flag-values.ts';
import { CONNECTIONS_DEFAULT } from './gateway-sends.ts';
import { addQueueOptions, type QueueOptions } from './queue-options.ts';
import { otlpFlag, type TracingFlags, traceShareFlag } from './tracing-options.ts';
import { UsageError } from './usage-error.ts';

const PATHS = ['queue', 'direct'] as const;
const LIMITERS = ['process', 'redis', 'off'] as const;

export interface GatewayCommandOptions
  extends Omit<QueueOptions, 'brokers' | 'queue'>,
    TracingFlags {
  readonly path: (typeof PATHS)[number];
  /** Those of the queue path. */
  readonly brokers?: string;
  readonly queue?: string;
  readonly store?: string;
  /** Those of the direct path. */
  readonly database?: string;
  readonly connections?: number;
  readonly rule: CountingRule;
  readonly host: string;
  readonly port: number;
  readonly linger?: number;
  readonly limiter: (typeof LIMITERS)[number];
  readonly userRate: number;
  readonly userBurst: number;
  readonly idempotencyAway: IdempotencyAway;
}

const PORT_DEFAULT = 8_080;
const LINGER_MS_MAX = 1_000;
const CONNECTIONS_MAX = 200;
const USER_RATE_MAX = 100_000;

export function addGatewayOptions(command: Command): Command {
  addQueueOptions(command)
    .addOption(
      new Option('--path <way>', 'likes go through a queue, or directly into PostgreSQL')
        .choices(PATHS)
        .default('queue'),
    )
    .option('--store <folder>', 'where `count` counts the queue, to tell counts from', named)
    .option(
      '--database <url>',
      'for direct: postgres://…; the password may be in PGPASSWORD',
      named,
    )
    .option(
      '--connections <number>',
      `for direct: transactions at the same time (default: ${CONNECTIONS_DEFAULT})`,
      whole(1, CONNECTIONS_MAX),
    )
    .addOption(
      new Option('--rule <rule>', 'how likes are counted: by (user, post, version), or each')
        .choices(COUNTING_RULES)
        .default('states'),
    )
    .option('--host <address>', 'where to listen', named, '127.0.0.1')
    .option('--port <number>', 'where to listen; 0 for any', port, PORT_DEFAULT)
    .option(
      '--linger <ms>',
      `how long a like waits for company (default: ${LIMITS.lingerMs})`,
      whole(0, LINGER_MS_MAX),
    )
    .addOption(
      new Option('--limiter <where>', 'who remembers how fast users like')
        .choices(LIMITERS)
        .default('process'),
    )
    .option(
      '--user-rate <number>',
      'likes per second of a user',
      whole(1, USER_RATE_MAX),
      USER_LIMIT.likesPerS,
    )
    .option(
      '--user-burst <number>',
      'likes of a user at once',
      whole(1, USER_RATE_MAX),
      USER_LIMIT.burst,
    )
    .addOption(
      new Option('--idempotency-away <what>', 'for tally: likes while the Redis of keys is away')
        .choices(['refuse', 'accept'])
        .default('refuse'),
    );
  traceShareFlag(otlpFlag(command));
  // The direct path has no queue; checkGatewayOptions asks for one on the other.
  for (const option of command.options) {
    if (['--brokers', '--queue'].includes(option.long ?? '')) option.makeOptionMandatory(false);
  }
  return command;
}

/** @throws UsageError that names the flag that is missing or too much */
export function checkGatewayOptions(options: GatewayCommandOptions): void {
  const { path } = options;
  const [needed, foreign] =
    path === 'queue'
      ? ([
          ['brokers', 'queue', 'store'],
          ['database', 'connections'],
        ] as const)
      : ([['database'], ['brokers', 'queue', 'store', 'lanes', 'linger']] as const);
  for (const name of needed) {
    if (options[name] === undefined) throw new UsageError(`--path ${path} needs --${name}`);
  }
  for (const name of foreign) {
    if (options[name] === undefined) continue;
    throw new UsageError(`--${name} has no meaning with --path ${path}; leave it out`);
  }
}

/** Whether it needs a Redis beside the broker. */
export function needsRedis({ limiter, rule }: GatewayCommandOptions): boolean {
  return limiter === 'redis' || rule === 'tally';
}
