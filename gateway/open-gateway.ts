/**
 * The gateway as a whole: `openGateway` puts the parts together and listens. What it talks to comes
 * as objects, so that it knows no concrete broker, server or store.
 */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { LikeProducer } from '../likes/like.ts';
import type { CountingRule } from '../store/count-store.ts';
import { type IdempotencyAway, likeAcceptor } from './accept-like.ts';
import { addApiPage } from './api-page.ts';
import { Circuit, within } from './circuit.ts';
import { addCountRoutes } from './count-routes.ts';
import { RedisAnswers } from './first-answers.ts';
import { guardedTracer } from './guarded-tracer.ts';
import { addHealthRoutes, type Probe } from './health-routes.ts';
import { makeHttpServer } from './http-server.ts';
import type { LikePath } from './like-path.ts';
import { addLikeRoutes } from './like-routes.ts';
import { type GatewayLimits, LIMITS } from './limits.ts';
import { LoopDelay } from './loop-delay.ts';
import { GatewayMetrics } from './metrics.ts';
import type { PostReader } from './post-reader.ts';
import type { RedisScripts } from './redis-scripts.ts';
import type { RequestTracer } from './request-trace.ts';
import { SendingPath } from './sending-path.ts';
import {
  NO_LIMITER,
  ProcessLimiter,
  SharedLimiter,
  type UserLimit,
  type UserLimiter,
} from './user-limiter.ts';

export interface GatewayOptions {
  /** How the likes are counted, which decides what a repeated request may do. */
  readonly rule: CountingRule;
  /** A broker's producer, or a database's writer. The gateway disposes it at its end. */
  readonly producer: LikeProducer;
  /** Names of both for the metrics, such as `kafka` and the queue. */
  readonly system: string;
  readonly destination: string;
  /**
   * Whether one number counts once, however often it is sent. True unless told: a counter behind a
   * queue knows numbers. A database that only adds 1 does not.
   */
  readonly knowsNumbers?: boolean;
  /**
   * Whether a request may come again, as it does wherever clients are not one's own. True unless
   * told: only then *tally* asks for keys, and for a Redis that keeps the first answers.
   */
  readonly takesRepeats?: boolean;
  readonly reader: PostReader;
  readonly probes: readonly Probe[];
  /** Undefined: users may like as fast as they can. */
  readonly userLimit?: UserLimit | undefined;
  /** Shared by all gateways: keeps first answers, without which *tally* cannot be. */
  readonly redis?: RedisScripts | undefined;
  /** Whether it keeps the users' limits as well; else they are those of one process. */
  readonly sharesLimits?: boolean;
  /** Under *tally*: what to do while that Redis is away; `refuse` unless told. */
  readonly idempotencyAway?: IdempotencyAway | undefined;
  /** Told of each request for a like, step by step. Undefined: nothing is traced. */
  readonly tracer?: RequestTracer | undefined;
  /** Those that are not told are LIMITS. */
  readonly limits?: Partial<GatewayLimits>;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** Any free one unless told. */
  readonly port?: number;
  readonly log?: (line: string) => void;
}

export interface Gateway extends AsyncDisposable {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Who numbers the likes of this life. */
  readonly source: string;
  readonly metrics: GatewayMetrics;
  /** For tests and for whoever measures without a network. */
  readonly app: FastifyInstance;
  /**
   * Takes nothing more and answers what is in hand. Resolves with whether all of it was answered,
   * within `drainMsMax` or a little more. Calling it again gives the same promise.
   */
  drain(): Promise<boolean>;
}

/** The options do not go together. */
export class GatewayOptionsError extends Error {
  override readonly name = 'GatewayOptionsError';
  readonly code = 'GATEWAY_OPTIONS';
}

/** Longer than this no connection is waited for that has nothing to say. */
const CLOSE_MS_MAX = 2_000;

/**
 * Resolves when it listens.
 * @throws GatewayOptionsError, or Node's own error when it cannot listen there; then what it owns
 *   is disposed
 */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  if (asksForKeys(options) && options.redis === undefined) {
    throw new GatewayOptionsError(
      'tally needs a Redis that keeps the first answers, so that a repeat is known; give one, or ' +
        'count by states',
    );
  }
  const limits = { ...LIMITS, ...options.limits };
  const log = options.log ?? (() => undefined);
  const metrics = new GatewayMetrics(options);
  const source = newSource();
  const path = new SendingPath({ producer: options.producer, source, limits, observer: metrics });
  const loopDelay = new LoopDelay();
  metrics.watch(path, loopDelay);
  let isDraining = false;
  const app = await makeHttpServer({ log, isDraining: () => isDraining });
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const route = routeOptions.url ?? 'unknown';
    metrics.requested(method, route, reply.statusCode, reply.elapsedTime);
  });
  await addApiPage(app);
  const parts = { ...options, limits, metrics, log };
  const repeats = repeatsOf(parts);
  addLikeRoutes(app, {
    accept: likeAcceptor({ path, limiter: limiterOf(parts), ...(repeats && { repeats }) }),
    rule: asksForKeys(options) ? 'tally' : 'states',
    repeatsCountOnce: repeatsCountOnce(options),
    metrics,
    loopDelay,
    loopDelayMsMax: limits.loopDelayMsMax,
    tracer: options.tracer && guardedTracer(options.tracer, log),
  });
  addCountRoutes(app, { reader: options.reader, readMsMax: limits.readMsMax, log });
  addHealthRoutes(app, {
    probes: [...options.probes, sendsProbe(path)],
    readyMsMax: limits.readyMsMax,
    isDraining: () => isDraining,
    metrics,
  });
  let draining: Promise<boolean> | undefined;
  const drain = () => {
    isDraining = true;
    draining ??= drainAll({ app, path, loopDelay, drainMsMax: limits.drainMsMax });
    return draining;
  };
  try {
    await app.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 });
  } catch (error) {
    await drain();
    throw error;
  }
  return {
    url: urlOf(app),
    source,
    metrics,
    app,
    drain,
    [Symbol.asyncDispose]: async () => void (await drain()),
  };
}

interface Parts extends GatewayOptions {
  readonly limits: GatewayLimits;
  readonly metrics: GatewayMetrics;
  readonly log: (line: string) => void;
}

function limiterOf(parts: Parts): UserLimiter {
  const { userLimit, redis, sharesLimits, limits, metrics, log } = parts;
  if (userLimit === undefined) return NO_LIMITER;
  if (redis === undefined || !sharesLimits) return new ProcessLimiter(userLimit);
  const away = 'each gateway limits by itself meanwhile';
  return new SharedLimiter({
    limit: userLimit,
    redis,
    circuit: circuitOf('the Redis of user limits', limits.limiterMsMax, away, { metrics, log }),
    decidedAlone: () => metrics.limitedAlone(),
  });
}

function repeatsOf({ rule, redis, idempotencyAway = 'refuse', limits, metrics, log }: Parts) {
  if (rule !== 'tally' || redis === undefined) return undefined;
  const accepts = idempotencyAway === 'accept';
  const away = accepts ? 'repeats may count twice meanwhile' : 'likes are refused meanwhile';
  const name = 'the Redis of idempotency keys';
  const sentUnkept = () => metrics.sentUnkept();
  const answers = new RedisAnswers({
    redis,
    circuit: circuitOf(name, limits.firstAnswerMsMax, away, { metrics, log }),
    leaseMs: limits.waitMsMax + limits.answerMsMax + 2 * limits.firstAnswerMsMax,
    keptMs: limits.firstAnswerKeptMs,
    sendsUnkept: accepts,
    sentUnkept,
  });
  return { answers, whenAway: idempotencyAway, sentUnkept };
}

function asksForKeys({ rule, takesRepeats = true }: GatewayOptions): boolean {
  return rule === 'tally' && takesRepeats;
}

function repeatsCountOnce({ rule, knowsNumbers = true, idempotencyAway }: GatewayOptions): boolean {
  return rule === 'states' || (knowsNumbers && idempotencyAway !== 'accept');
}

/** Says once that a system is away, and once that it is back. */
function circuitOf(
  name: string,
  callMsMax: number,
  meanwhile: string,
  { metrics, log }: Pick<Parts, 'metrics' | 'log'>,
): Circuit {
  metrics.away(name, false);
  return new Circuit({
    name,
    callMsMax,
    changed(isAway, error) {
      metrics.away(name, isAway);
      log(isAway ? `${error?.message}; ${meanwhile}` : `${name} is back`);
    },
  });
}

/** That a broker can be asked does not mean that it acknowledges. */
function sendsProbe(path: LikePath): Probe {
  return {
    name: 'sends',
    async check() {
      if (path.refusal() === 'away') throw new Error('a send is under way and has no answer');
    },
  };
}

/** A restart is a new source, since nobody remembers which seqs the last one has used. */
function newSource(): string {
  const moment = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  return `gateway.${moment}.${randomBytes(4).toString('hex')}`;
}

function urlOf(app: FastifyInstance): string {
  const { address, port, family } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

interface Running {
  readonly app: FastifyInstance;
  readonly path: LikePath;
  readonly loopDelay: LoopDelay;
  readonly drainMsMax: number;
}

async function drainAll({ app, path, loopDelay, drainMsMax }: Running): Promise<boolean> {
  const answersAll = within(drainMsMax, () => path.drain());
  const isAnswered = await answersAll.then(
    () => true,
    () => false,
  );
  // Waits for the last bytes of the answers, and for nobody who has stopped reading.
  await within(CLOSE_MS_MAX, () => app.close()).catch(() => app.server.closeAllConnections());
  await within(CLOSE_MS_MAX, async () => await path[Symbol.asyncDispose]()).catch(() => undefined);
  loopDelay[Symbol.dispose]();
  return isAnswered;
}
