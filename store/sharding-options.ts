/** Options of stores that are sharded by us, whatever engine keeps the shards. */
import { z } from 'zod';
import { ROUTING_NAMES, type RoutingChoice } from './routing/routing.ts';

export interface ShardingOptions {
  /** How posts find their shards in a new store; slots unless told. An existing one keeps its own. */
  readonly routing?: RoutingChoice | undefined;
  /** Transactions a second that each shard admits, over all processes; no limit unless told. */
  readonly transactionsPerSMax?: number | undefined;
  /** Likes of one transaction at most: more of a batch take several, one after the other. */
  readonly likesPerTransactionMax?: number | undefined;
}

/** `ids` cuts its ranges by the ids that there were, and nothing else knows how many. */
export const routingSchema = z
  .strictObject({
    name: z.enum(ROUTING_NAMES),
    idsSeen: z.number().int().positive().optional(),
  })
  .refine(({ name, idsSeen }) => name !== 'ids' || idsSeen !== undefined, {
    message: 'the routing ids needs idsSeen, from 1 up',
  });

/** To be spread into the schema of an engine's options. */
export const shardingFields = {
  routing: routingSchema.optional(),
  transactionsPerSMax: z.number().positive().optional(),
  likesPerTransactionMax: z.number().int().positive().optional(),
};
