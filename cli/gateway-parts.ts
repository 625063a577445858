/** What a gateway talks to, opened by what the user said: broker, store, database, Redis. */
import { redisOptionsOf } from '../brokers/redis-options.ts';
import { openDirectDatabase } from '../gateway/direct-writer.ts';
import { LIMITS } from '../gateway/limits.ts';
import type { GatewayOptions } from '../gateway/open-gateway.ts';
import { directReader, storeReader } from '../gateway/post-reader.ts';
import { openRedisScripts, type RedisScripts } from '../gateway/redis-scripts.ts';
import { openCountReader } from '../store/count-reader.ts';
import { openStore } from '../store/open-store.ts';
import { findServer } from './find-server.ts';
import { type GatewayCommandOptions, needsRedis } from './gateway-options.ts';
import { CONNECTIONS_DEFAULT, directLimits, queueLimits } from './gateway-sends.ts';
import { openQueue } from './queue-options.ts';
import { UsageError } from './usage-error.ts';

export interface GatewayParts {
  readonly gateway: Omit<GatewayOptions, 'log'>;
  /** Ends the connections; the producer is the gateway's own. */
  close(): Promise<void>;
}

/** A count that was read so long ago is shown again, so that a hot post costs few queries. */
const STALENESS_MS_MAX = 250;

export async function openParts(options: GatewayCommandOptions): Promise<GatewayParts> {
  await using opened = new AsyncDisposableStack();
  const redis = needsRedis(options) ? opened.use(await openRedis(options)) : undefined;
  const way =
    options.path === 'queue'
      ? await openQueueWay(options, opened)
      : await openDirectWay(options, opened);
  const { limiter, userRate, userBurst, idempotencyAway, rule, host, port } = options;
  const gateway = {
    ...way,
    rule,
    redis,
    userLimit: limiter === 'off' ? undefined : { likesPerS: userRate, burst: userBurst },
    sharesLimits: limiter === 'redis',
    idempotencyAway,
    host,
    port,
  };
  const kept = opened.move();
  return { gateway, close: () => kept.disposeAsync() };
}

async function openRedis({ runtime }: GatewayCommandOptions): Promise<RedisScripts> {
  const { endpoint } = await findServer(runtime, 'redis');
  return await openRedisScripts(redisOptionsOf(endpoint));
}

type Way = Pick<
  GatewayOptions,
  'producer' | 'system' | 'destination' | 'knowsNumbers' | 'reader' | 'probes' | 'limits'
>;

async function openQueueWay(
  options: GatewayCommandOptions,
  opened: AsyncDisposableStack,
): Promise<Way> {
  const { brokers, queue, store: folder, linger } = options;
  const { broker } = opened.use(await openQueue({ ...options, brokers: brokers!, queue: queue! }));
  const store = opened.use(await openStore({ folder: folder!, rule: options.rule }));
  const backlogOf = async () => {
    const { waiting, unacknowledged } = await broker.backlog(queue!);
    return waiting + unacknowledged;
  };
  const counts = openCountReader(store, { backlogOf, maxStalenessMs: STALENESS_MS_MAX });
  return {
    producer: await broker.openProducer(queue!),
    system: broker.name,
    destination: queue!,
    reader: storeReader({ counts, store }),
    probes: [
      { name: broker.name, check: async () => assertQueue(await broker.hasQueue(queue!)) },
      { name: 'store', check: () => store.countOf('') },
    ],
    limits: queueLimits(broker.habits, linger),
  };
}

function assertQueue(isThere: boolean): void {
  if (!isThere) throw new Error('the queue is gone');
}

async function openDirectWay(
  options: GatewayCommandOptions,
  opened: AsyncDisposableStack,
): Promise<Way> {
  const { database: url, connections = CONNECTIONS_DEFAULT, rule } = options;
  const opening = openDirectDatabase({
    client: { connectionString: url! },
    connections,
    statementMsMax: LIMITS.answerMsMax,
  });
  const database = opened.use(
    await opening.catch((cause: Error) => {
      const why = `the database cannot be used: ${cause.message}`;
      throw new UsageError(`${why}; look at the address, and at PGPASSWORD`, { cause });
    }),
  );
  return {
    producer: database.writer(rule),
    system: 'postgresql',
    destination: 'direct_counts',
    knowsNumbers: false,
    reader: directReader(database),
    probes: [{ name: 'postgresql', check: () => database.countOf('') }],
    limits: directLimits(connections),
  };
}
