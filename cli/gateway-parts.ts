/** What a gateway talks to, opened by what the user said: broker, store, database, Redis. */
import { redisOptionsOf } from '../brokers/redis-options.ts';
import type { GatewayOptions } from '../gateway/open-gateway.ts';
import { openRedisScripts, type RedisScripts } from '../gateway/redis-scripts.ts';
import { openStore } from '../store/open-store.ts';
import { findServer } from './find-server.ts';
import { type GatewayCommandOptions, needsRedis } from './gateway-options.ts';
import { type GatewayWay, openDirectWay, queueWay } from './gateway-ways.ts';
import { openQueue } from './queue-options.ts';
import { UsageError } from './usage-error.ts';
import { QueuedPath } from './watch/queued-path.ts';

export interface GatewayParts {
  readonly gateway: Omit<GatewayOptions, 'log'>;
  /** From all gateways of the queue to all of its workers; the direct path has none. */
  readonly queued: QueuedPath | undefined;
  /** Ends the connections; the producer is the gateway's own. */
  close(): Promise<void>;
}

export async function openParts(options: GatewayCommandOptions): Promise<GatewayParts> {
  await using opened = new AsyncDisposableStack();
  const redis = needsRedis(options) ? opened.use(await openRedis(options)) : undefined;
  const { queued, ...way } =
    options.path === 'queue'
      ? await openQueueWay(options, opened)
      : await openDatabaseWay(options, opened);
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
  return { gateway, queued, close: () => kept.disposeAsync() };
}

async function openRedis({ runtime }: GatewayCommandOptions): Promise<RedisScripts> {
  const { endpoint } = await findServer(runtime, 'redis');
  return await openRedisScripts(redisOptionsOf(endpoint));
}

type Way = GatewayWay & { readonly queued?: QueuedPath };

async function openQueueWay(
  options: GatewayCommandOptions,
  opened: AsyncDisposableStack,
): Promise<Way> {
  const { brokers, queue, store: folder, linger } = options;
  const { broker } = opened.use(await openQueue({ ...options, brokers: brokers!, queue: queue! }));
  const store = opened.use(await openStore({ folder: folder!, rule: options.rule }));
  const queued = opened.use(await QueuedPath.open(broker, queue!, folder!));
  const way = await queueWay({ broker, queue: queue!, store }, linger);
  return { ...way, producer: queued.keeping(way.producer), queued };
}

function openDatabaseWay(
  { database, connections, rule }: GatewayCommandOptions,
  opened: AsyncDisposableStack,
): Promise<Way> {
  const client = { connectionString: database! };
  return openDirectWay({ client, connections, rule }, opened).catch((cause: Error) => {
    const why = `the database cannot be used: ${cause.message}`;
    throw new UsageError(`${why}; look at the address, and at PGPASSWORD`, { cause });
  });
}
