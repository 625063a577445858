/**
 * Limits the likes of each user by a token bucket: `burst` likes at once, then `likesPerS`. Alone
 * in a process, or shared by all gateways over Redis.
 *
 * When Redis is away, each gateway goes on with a bucket of its own in its process: likes are not
 * refused for want of Redis, and a user gets at most as many times the limit as there are gateways.
 * Each follows what Redis decides meanwhile, so that nobody gets a full bucket because Redis went,
 * and tells a Redis that has forgotten, so that nobody gets one because it came back.
 */
import type { Circuit } from './circuit.ts';
import type { RedisScripts } from './redis-scripts.ts';

export interface UserLimit {
  readonly likesPerS: number;
  /** From 1 up. */
  readonly burst: number;
}

/** Ten presses at once, as of somebody who scrolls fast, and two a second from then on. */
export const USER_LIMIT: UserLimit = { likesPerS: 2, burst: 10 };

/** 0: the like may pass. Else in how many ms the next one may. */
export type WaitMs = number;

export interface UserLimiter {
  take(user: string): WaitMs | Promise<WaitMs>;
}

/** For when nobody is to be limited. */
export const NO_LIMITER: UserLimiter = { take: () => 0 };

/**
 * Users whose buckets are remembered. Beyond that the one that was asked for longest ago goes,
 * although it may not have filled up again: its user gets a full one.
 */
export const USERS_MAX = 100_000;

/** Sums of parts of a token are not exact; who waited as told has to pass. */
const ROUNDING = 1e-6;

interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

export class ProcessLimiter implements UserLimiter {
  readonly #limit: UserLimit;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: UserLimit) {
    this.#limit = limit;
  }

  take(user: string): WaitMs {
    const { likesPerS, burst } = this.#limit;
    const filled = this.tokensOf(user) ?? burst;
    const passes = filled >= 1 - ROUNDING;
    this.#set(user, passes ? Math.max(0, filled - 1) : filled);
    return passes ? 0 : Math.ceil(((1 - ROUNDING - filled) * 1_000) / likesPerS);
  }

  /** Another limiter has decided; this one can go on from there when that one cannot. */
  follow(user: string, waitMs: WaitMs): void {
    if (waitMs === 0) this.take(user);
    else this.#set(user, Math.max(0, 1 - (waitMs * this.#limit.likesPerS) / 1_000));
  }

  /** Undefined of users who are not remembered: their buckets are full. */
  tokensOf(user: string): number | undefined {
    const { likesPerS, burst } = this.#limit;
    const last = this.#buckets.get(user);
    const passedMs = performance.now() - (last?.atMs ?? 0);
    return last && Math.min(burst, last.tokens + (passedMs * likesPerS) / 1_000);
  }

  get users(): number {
    return this.#buckets.size;
  }

  #set(user: string, tokens: number): void {
    this.#buckets.delete(user);
    this.#buckets.set(user, { tokens, atMs: performance.now() });
    if (this.#buckets.size <= USERS_MAX) return;
    const { value } = this.#buckets.keys().next();
    this.#buckets.delete(value!);
  }
}

/**
 * The same bucket on the server, whose clock is the only one: gateways may disagree about the time.
 * A bucket that must have filled up again is forgotten by its expiry. Of one that it does not know
 * it believes the gateway: a Redis that was started anew has forgotten them all.
 */
const TAKE_TOKEN = {
  name: 'likesTakeToken',
  keys: 1,
  lua: `
    local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
    local time = redis.call('TIME')
    local now = time[1] * 1000 + time[2] / 1000
    local last = redis.call('HMGET', KEYS[1], 'tokens', 'at')
    local tokens = tonumber(last[1]) or tonumber(ARGV[3]) or burst
    local passed = math.max(0, now - (tonumber(last[2]) or now))
    tokens = math.min(burst, tokens + passed * rate / 1000)
    local wait = 0
    if tokens >= 1 - ${ROUNDING} then
      tokens = math.max(0, tokens - 1)
    else
      wait = math.ceil((1 - ${ROUNDING} - tokens) * 1000 / rate)
    end
    redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.3f', now))
    redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) * 1000 / rate) + 1000)
    return wait
  `,
} as const;

export interface SharedLimiterOptions {
  readonly limit: UserLimit;
  readonly redis: RedisScripts;
  readonly circuit: Circuit;
  /** Called with each like for which this process decided alone. */
  readonly decidedAlone?: () => void;
}

const KEY = 'likes:limit:';

export class SharedLimiter implements UserLimiter {
  readonly #options: SharedLimiterOptions;
  readonly #alone: ProcessLimiter;

  constructor(options: SharedLimiterOptions) {
    this.#options = options;
    this.#alone = new ProcessLimiter(options.limit);
  }

  async take(user: string): Promise<WaitMs> {
    const { redis, circuit, limit } = this.#options;
    const known = this.#alone.tokensOf(user);
    const args = [limit.likesPerS, limit.burst, ...(known === undefined ? [] : [known])];
    try {
      const waitMs = Number(await circuit.call(() => redis.run(TAKE_TOKEN, [KEY + user], args)));
      this.#alone.follow(user, waitMs);
      return waitMs;
    } catch {
      // Whatever is wrong with Redis is no reason to refuse a like.
      this.#options.decidedAlone?.();
      return this.#alone.take(user);
    }
  }
}
