/**
 * The Redis in which gateways share what their limiters remember: a server of its own, since that
 * of a broker must not die with it. Where the plan says so it is killed under load and comes back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint, Server } from '../../brokers/servers/server.ts';
import type { Clock } from '../clock.ts';
import { LabError } from '../lab-error.ts';
import { AWAY_FROM_SHARE, AWAY_LASTS_SHARE, limiterNeedsRedis } from '../limiter-plan.ts';
import type { TrialContext } from '../trial-context.ts';
import type { TrialPlan } from '../trial-plan.ts';
import { loadOf } from './crowd-load.ts';

export interface LimiterRedisFacts {
  /** On the trial's clock: from the kill, proved by the system, until it answered again. */
  readonly away: { readonly fromUs: number; readonly toUs: number } | undefined;
  /** Of both lives, from the start of the load; undefined where it is somebody else's. */
  readonly cpuUs: number | undefined;
}

export interface LimiterRedis extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** The load begins now. */
  begin(clock: Pick<Clock, 'nowUs'>): Promise<void>;
  /** When the load is over; rejects when the server did not come back. */
  finish(): Promise<LimiterRedisFacts>;
}

/**
 * Undefined where the plan has no limiter that needs one.
 * @throws LabError EQUIPMENT_MISSING where nobody can start one
 */
export async function openLimiterRedis(
  plan: TrialPlan,
  context: Pick<TrialContext, 'startLimiterRedis'>,
): Promise<LimiterRedis | undefined> {
  const limiter = plan.path?.limiter;
  if (limiter === undefined || !limiterNeedsRedis(limiter)) return undefined;
  if (context.startLimiterRedis === undefined) {
    const what = 'there is no Redis for the limiter; leave these trials to the command line';
    throw new LabError('EQUIPMENT_MISSING', what);
  }
  const server = await context.startLimiterRedis();
  const loadMs = loadOf(plan).seconds * 1_000;
  return new WatchedRedis(server, limiter.where === 'redis-away' ? loadMs : undefined);
}

class WatchedRedis implements LimiterRedis {
  readonly #server: Server;
  /** Of a load in which it is killed. */
  readonly #loadMs: number | undefined;
  readonly #over = new AbortController();
  #cpuUsBefore = 0;
  /** Of a life that was ended. */
  #cpuUsEnded = 0;
  #away: Promise<LimiterRedisFacts['away']> = Promise.resolve(undefined);

  constructor(server: Server, loadMs: number | undefined) {
    this.#server = server;
    this.#loadMs = loadMs;
  }

  get endpoint(): Endpoint {
    return this.#server.endpoint;
  }

  async begin(clock: Pick<Clock, 'nowUs'>): Promise<void> {
    this.#cpuUsBefore = (await this.#server.usage())?.cpuUs ?? 0;
    if (this.#loadMs === undefined) return;
    this.#away = this.#killAndStart(clock, this.#loadMs);
    this.#away.catch(() => undefined); // Heard of by whoever finishes.
  }

  async finish(): Promise<LimiterRedisFacts> {
    const away = await this.#away;
    const usage = await this.#server.usage();
    const cpuUs = usage && usage.cpuUs + this.#cpuUsEnded - this.#cpuUsBefore;
    return { away, cpuUs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#away.catch(() => undefined);
    await this.#server[Symbol.asyncDispose]();
  }

  async #killAndStart(
    clock: Pick<Clock, 'nowUs'>,
    loadMs: number,
  ): Promise<{ fromUs: number; toUs: number }> {
    const { signal } = this.#over;
    await sleep(loadMs * AWAY_FROM_SHARE, undefined, { signal });
    this.#cpuUsEnded = (await this.#server.usage())?.cpuUs ?? 0;
    // Resolves with the system's own word that the process has ended.
    await this.#server.kill();
    const fromUs = clock.nowUs();
    await sleep(loadMs * AWAY_LASTS_SHARE, undefined, { signal });
    await this.#server.start();
    return { fromUs, toUs: clock.nowUs() };
  }
}
