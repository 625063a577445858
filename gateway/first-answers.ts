/**
 * Under *tally* a like counts once for each number, so a repeated request must not get another.
 * This keeps, for each user and idempotency key, the number of the like and whether it was
 * accepted, in a Redis that all gateways share:
 *
 * - claimed: a gateway works on it. A repeat is told to come again later.
 * - numbered: written before the like is sent. When nobody knows what became of it, the repeat is
 *   sent under the same number, which counts once however often it comes.
 * - answered: a repeat gets the first answer, without anything being sent.
 *
 * A claim has a lease, so that what a dead gateway left can be taken over. Only the holder of the
 * newest claim may number: one that was too slow is told so before it sends. What this Redis
 * forgets, or loses in a crash, is a new request when it comes again.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Circuit } from './circuit.ts';
import type { LikeNumber, NewLike, NumberKeeper, Outcome } from './like-path.ts';
import type { RedisScripts, Script } from './redis-scripts.ts';

export type Claim =
  /** The like may be handed on; `settle` has to be told what became of it. */
  | { readonly kind: 'claimed'; readonly keeper: ClaimKeeper }
  /** It was accepted before. */
  | { readonly kind: 'answered'; readonly number: LikeNumber }
  /** The first request is not answered yet. */
  | { readonly kind: 'under-way'; readonly leftMs: number }
  /** The key was used for another post, action or version. */
  | { readonly kind: 'other-like' };

export interface ClaimKeeper extends NumberKeeper {
  /** Never rejects: what cannot be written down is settled by the lease. */
  settle(outcome: Outcome): Promise<void>;
}

export interface FirstAnswers {
  /** @throws AwayError when the store does not answer. Then nothing may be sent by this claim. */
  claim(key: string, like: NewLike): Promise<Claim>;
}

/** All write `until` and `keptMs` by the server's clock, the only one that gateways share. */
const NOW = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Arguments: token, fingerprint, lease, time to live; the last two in ms. */
const CLAIM: Script = {
  name: 'likesClaimKey',
  keys: 1,
  lua: `
    ${NOW}
    local old = redis.call('HMGET', KEYS[1], 'state', 'print', 'until', 'source', 'seq')
    if old[1] then
      if old[2] ~= ARGV[2] then return { 'other-like' } end
      if old[1] == 'answered' then return { 'answered', old[4], old[5] } end
      local left = tonumber(old[3]) - now
      if left > 0 then return { 'under-way', left } end
    end
    redis.call('HSET', KEYS[1], 'state', old[1] or 'claimed', 'token', ARGV[1],
      'print', ARGV[2], 'until', now + tonumber(ARGV[3]))
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
    return { 'claimed', old[4] or '', old[5] or '' }
  `,
};

/** Arguments: token, source, seq. 0 when the claim is not ours any more. */
const NUMBER: Script = {
  name: 'likesNumberKey',
  keys: 1,
  lua: `
    if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[1], 'state', 'numbered', 'source', ARGV[2], 'seq', ARGV[3])
    return 1
  `,
};

/** Arguments: token, `answered` or `released`, time to live in ms. */
const SETTLE: Script = {
  name: 'likesSettleKey',
  keys: 1,
  lua: `
    if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
    if ARGV[2] == 'answered' then
      redis.call('HSET', KEYS[1], 'state', 'answered')
      redis.call('PEXPIRE', KEYS[1], ARGV[3])
    elseif redis.call('HGET', KEYS[1], 'state') == 'claimed' then
      redis.call('DEL', KEYS[1])
    else
      redis.call('HSET', KEYS[1], 'until', 0)
    end
    return 1
  `,
};

export interface RedisAnswersOptions {
  readonly redis: RedisScripts;
  readonly circuit: Circuit;
  /** How long a claim is nobody else's; longer than a request may take. */
  readonly leaseMs: number;
  /** How long an answer is kept. */
  readonly keptMs: number;
  /** Whether likes are sent although their numbers cannot be kept. */
  readonly sendsUnkept: boolean;
  /** Called with each like that is. */
  readonly sentUnkept?: () => void;
}

const KEY = 'likes:answer:';

export class RedisAnswers implements FirstAnswers {
  readonly #options: RedisAnswersOptions;

  constructor(options: RedisAnswersOptions) {
    this.#options = options;
  }

  async claim(key: string, like: NewLike): Promise<Claim> {
    const { leaseMs, keptMs } = this.#options;
    const place = KEY + digestOf([like.user, key]);
    const token = randomUUID();
    // The time of the press is left out: a client may take it anew for each try.
    const print = digestOf([like.post, like.action, like.version]);
    const answer = await this.#run(CLAIM, place, [token, print, leaseMs, keptMs]);
    const [kind, first, second] = answer as [Claim['kind'], string | number, string];
    switch (kind) {
      case 'claimed': {
        const number = second === '' ? undefined : { source: String(first), seq: Number(second) };
        return { kind, keeper: this.#keeper(place, token, number) };
      }
      case 'answered':
        return { kind, number: { source: String(first), seq: Number(second) } };
      case 'under-way':
        return { kind, leftMs: Number(first) };
      case 'other-like':
        return { kind };
    }
  }

  #keeper(place: string, token: string, number: LikeNumber | undefined): ClaimKeeper {
    const { keptMs, sendsUnkept, sentUnkept } = this.#options;
    return {
      number,
      keep: async ({ source, seq }) => {
        try {
          return (await this.#run(NUMBER, place, [token, source, seq])) === 1;
        } catch {
          if (sendsUnkept) sentUnkept?.();
          return sendsUnkept;
        }
      },
      settle: async (outcome) => {
        const what = outcome.kind === 'accepted' ? 'answered' : 'released';
        await this.#run(SETTLE, place, [token, what, keptMs]).catch(() => undefined);
      },
    };
  }

  #run(script: Script, place: string, args: readonly (string | number)[]): Promise<unknown> {
    const { circuit, redis } = this.#options;
    return circuit.call(() => redis.run(script, [place], args));
  }
}

function digestOf(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
