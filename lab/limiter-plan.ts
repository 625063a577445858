/** How the likes of each user are limited in a trial over HTTP that is about that. */
import { z } from 'zod';

/**
 * `off`: nobody is limited. `process`: each gateway remembers by itself. `redis`: all gateways
 * share what they remember. `redis-away`: the same, and that Redis is killed under load and comes
 * back, so that for a while each gateway limits by itself.
 */
const LIMITER_PLACES = ['off', 'process', 'redis', 'redis-away'] as const;
export type LimiterPlace = (typeof LIMITER_PLACES)[number];

export const limiterPlanSchema = z.strictObject({
  where: z.enum(LIMITER_PLACES),
  /** Of one user in the long run, and at once. With `off` the crowd still lives by them. */
  likesPerS: z.number().positive(),
  burst: z.int().positive(),
});

export type LimiterPlan = z.infer<typeof limiterPlanSchema>;

/** The limit alone, as the crowd and the oracle need it. */
export type Limit = Pick<LimiterPlan, 'likesPerS' | 'burst'>;

/** When Redis is killed, and for how long it stays away, of the whole load. */
export const AWAY_FROM_SHARE = 1 / 3;
export const AWAY_LASTS_SHARE = 1 / 3;

export function limiterNeedsRedis({ where }: LimiterPlan): boolean {
  return where === 'redis' || where === 'redis-away';
}
