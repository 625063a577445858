/** Options of stores that are sharded by us, whatever engine keeps the shards. */
import { z } from 'zod';
import { StoreFolderError } from './errors.ts';
import { ROUTING_NAMES, type RoutingChoice } from './routing/routing.ts';

export interface ShardingOptions {
  /** How posts find shards in a new store; slots unless told. An existing one keeps its own. */
  readonly routing?: RoutingChoice | undefined;
  /** Transactions a second that each shard admits, over all processes; no limit unless told. */
  readonly transactionsPerSMax?: number | undefined;
  /** Likes of one transaction at most: more of a batch take several, one after the other. */
  readonly likesPerTransactionMax?: number | undefined;
  /**
   * So many of a new store's shards hold no slots: they are there for posts that will be isolated.
   * None unless told; at least one shard holds slots.
   */
  readonly spareShards?: number | undefined;
}

/** Why a store that is there cannot be opened with this routing; undefined when it can. */
export function routingProblem(
  where: string,
  { routing: found }: { readonly routing?: RoutingChoice | undefined },
  { routing: asked }: ShardingOptions,
): StoreFolderError | undefined {
  const { name, idsSeen } = found ?? { name: 'slots' };
  if (asked === undefined || (asked.name === name && asked.idsSeen === idsSeen)) return undefined;
  return new StoreFolderError(
    'STORE_ROUTING_DIFFERS',
    `${where} finds its shards by ${name}${idsSeen === undefined ? '' : ` of ${idsSeen}`}, ` +
      `${asked.name} was asked for; leave the routing out, or make another store`,
  );
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
  spareShards: z.number().int().nonnegative().optional(),
};
