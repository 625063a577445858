/**
 * Where the gateway of a trial writes without a queue: two tables in a schema of the trial's own,
 * and the database in the place of a broker, so that the same conductor runs the trial.
 */
import type { PoolConfig } from 'pg';
import { z } from 'zod';
import type { Broker } from '../brokers/broker.ts';
import type { Settings } from '../brokers/servers/server.ts';
import { DIRECT } from '../lab/path-plan.ts';
import type { CountingRule } from '../lab/store-plan.ts';
import type { StoreToCheck } from '../lab/trial-context.ts';
import { COUNTING_RULES } from '../store/count-store.ts';
import { CONNECTIONS_DEFAULT } from './gateway-sends.ts';

/** What a gateway and the check need to find the tables. */
export const directAddressSchema = z.object({
  engine: z.literal(DIRECT),
  url: z.string(),
  schema: z.string().regex(/^[a-z_0-9]+$/),
  rule: z.enum(COUNTING_RULES),
});
export type DirectAddress = z.infer<typeof directAddressSchema>;

/** What its promises rest on, read back from the server. */
const SETTINGS = ['synchronous_commit', 'fsync', 'full_page_writes', 'max_connections'] as const;
const QUERY_MS_MAX = 60_000;

export function clientOf({ url, schema }: Pick<DirectAddress, 'url' | 'schema'>): PoolConfig {
  return { connectionString: url, options: `-c search_path=${schema}` };
}

export async function createDirectSchema(address: DirectAddress): Promise<void> {
  await ask(address, `CREATE SCHEMA ${address.schema}`);
}

export async function dropDirectSchema(address: DirectAddress): Promise<void> {
  await ask(address, `DROP SCHEMA IF EXISTS ${address.schema} CASCADE`);
}

/** The two tables in the shape of a store with one shard, without marks. */
export async function openDirectStore(address: DirectAddress): Promise<StoreToCheck> {
  const counts = async () => {
    const rows = await ask<{ post: string; likes: string; unlikes: string }>(
      address,
      'SELECT post, likes, unlikes FROM direct_counts',
    );
    return rows.map(({ post, likes, unlikes }) => countOf(address.rule, post, +likes, +unlikes));
  };
  const states = async () => {
    const rows = await ask<{
      post: string;
      user: string;
      version: string;
      action: 'like' | 'unlike';
    }>(address, 'SELECT post, user_name AS user, version, action FROM direct_states');
    return rows.map((row) => ({ ...row, version: Number(row.version) }));
  };
  const size = 'SELECT pg_total_relation_size($1) + pg_total_relation_size($2) AS bytes';
  return {
    totals: async () => ({
      marks: 0,
      ...(address.rule === 'states' && { states: (await states()).length }),
    }),
    shards: [
      {
        async *marks() {},
        async *counts() {
          yield* await counts();
        },
        ...(address.rule === 'states' && {
          async *states() {
            yield* await states();
          },
        }),
      },
    ],
    // The database keeps its own house; what is wrong in the tables, the check of the likes finds.
    findProblems: async () => [],
    async diskBytes() {
      const tables = ['direct_counts', 'direct_states'].map((name) => `${address.schema}.${name}`);
      const [row] = await ask<{ bytes: string }>(address, size, tables);
      return Number(row!.bytes);
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** By *states* the two columns are presses that changed something; the count is who likes it. */
function countOf(rule: CountingRule, post: string, likes: number, unlikes: number) {
  return rule === 'tally' ? { post, likes, unlikes } : { post, likes: likes - unlikes, unlikes: 0 };
}

/** Nothing waits in it and nothing is delivered: an acknowledged like is in the count. */
export function directBroker(url: string): Broker {
  const none = async () => {
    throw new Error('the direct way has no queue');
  };
  return {
    name: DIRECT,
    tier: 'power',
    promises: {
      // Transactions of several connections commit in any order.
      order: 'none',
      delivery: 'at-most-once',
      source: 'postgresql.org/docs/current/wal-async-commit.html',
    },
    habits: { likesPerSend: 1, sendsInFlight: CONNECTIONS_DEFAULT },
    timeoutsMs: {},
    hasQueue: async () => true,
    createQueue: async () => undefined,
    deleteQueue: async () => undefined,
    openProducer: none,
    openConsumer: none,
    backlog: async () => ({ waiting: 0, unacknowledged: 0, parked: 0 }),
    parked: async () => [],
    post: none,
    redrive: none,
    reclaim: async () => undefined,
    settings: () => readSettings(url),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function readSettings(url: string): Promise<Settings> {
  const rows = await ask<{ name: string; setting: string }>(
    { url, schema: 'public' },
    'SELECT name, setting FROM pg_settings WHERE name = ANY($1)',
    [[...SETTINGS]],
  );
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

async function ask<Row extends object>(
  address: Pick<DirectAddress, 'url' | 'schema'>,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ ...clientOf(address), query_timeout: QUERY_MS_MAX });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}
