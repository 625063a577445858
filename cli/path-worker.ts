/** The workers of trials over HTTP: composes gateways with what they hand likes to, and clients. */

import { setPriority } from 'node:os';
import { BROKERS } from '../brokers/index.ts';
import { redisOptionsOf } from '../brokers/redis-options.ts';
import { type Gateway, openGateway } from '../gateway/open-gateway.ts';
import type { PostReader } from '../gateway/post-reader.ts';
import { openRedisScripts, type RedisScripts } from '../gateway/redis-scripts.ts';
import type { Clock } from '../lab/clock.ts';
import type { LimiterPlan } from '../lab/limiter-plan.ts';
import { LikeClient } from '../lab/path/like-client.ts';
import { requestLoadOf } from '../lab/path/request-load.ts';
import { sendRequests } from '../lab/path/send-requests.ts';
import { serveLikes } from '../lab/path/serve-likes.ts';
import type { WorkerPort } from '../lab/worker-messages.ts';
import type { WorkerSetup } from '../lab/worker-process.ts';
import { clientOf, directAddressSchema } from './direct-database.ts';
import { openDirectWay, queueSends } from './gateway-ways.ts';
import { openPathTracing } from './path-tracing.ts';

/** Nobody asks a gateway for counts in these trials. */
const NO_COUNTS: PostReader = {
  countOf: () => Promise.reject(new Error('this gateway only takes likes')),
  topPosts: () => Promise.reject(new Error('this gateway only takes likes')),
};

/** A gateway as `lab gateway` opens it, but for the recorder around its producer. */
export async function serve(setup: WorkerSetup, port: WorkerPort, clock: Clock): Promise<void> {
  const path = setup.path!;
  const { limiterRedis } = setup;
  await using redis = limiterRedis && (await openRedisScripts(redisOptionsOf(limiterRedis)));
  await using tracing = await openPathTracing(setup, clock);
  await using opened = new AsyncDisposableStack();
  const way = await (path.kind === 'direct' ? directSends : brokerSends)(setup, opened);
  await serveLikes(setup, {
    producer: way.producer,
    open: async (producer) => {
      const gateway = await openGateway({
        ...way,
        ...limitOf(path.limiter, redis),
        producer,
        rule: path.rule,
        // The client repeats nothing, so nothing is asked for that would know a repeat.
        takesRepeats: false,
        tracer: tracing?.gateway(way.system, way.destination),
        reader: NO_COUNTS,
        probes: [],
      });
      return { ...gateway, decidedAlone: () => decidedAlone(gateway) };
    },
    clock,
    port,
  });
}

function limitOf(plan: LimiterPlan | undefined, redis: RedisScripts | undefined) {
  if (plan === undefined || plan.where === 'off') return {};
  const { likesPerS, burst } = plan;
  return { userLimit: { likesPerS, burst }, redis, sharesLimits: redis !== undefined };
}

async function decidedAlone({ metrics }: Gateway): Promise<number> {
  const told = await metrics.registry.getSingleMetric('likes_limiter_alone_total')?.get();
  return told?.values[0]?.value ?? 0;
}

async function brokerSends(setup: WorkerSetup, opened: AsyncDisposableStack) {
  const broker = opened.use(await BROKERS[setup.broker]!.open(setup.connection));
  return await queueSends(broker, setup.queue);
}

function directSends({ store, path }: WorkerSetup, opened: AsyncDisposableStack) {
  const client = clientOf(directAddressSchema.parse(store));
  return openDirectWay({ client, rule: path!.rule }, opened);
}

/**
 * The client stands for users with machines of their own, and here it shares its cores with what it
 * measures. It needs little, and what it sends late nobody can tell from a slow answer.
 */
const CLIENT_PRIORITY = -10;

/** Where the system does not allow it the client waits like everybody else; the result tells it. */
function raisePriority(): void {
  try {
    setPriority(CLIENT_PRIORITY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
  }
}

export async function request(setup: WorkerSetup, port: WorkerPort, clock: Clock): Promise<void> {
  raisePriority();
  using client = new LikeClient(setup.urls!);
  await using tracing = await openPathTracing(setup, clock);
  const tracer = tracing?.client;
  await sendRequests(setup, { load: requestLoadOf(setup.plan!), client, clock, port, tracer });
}
