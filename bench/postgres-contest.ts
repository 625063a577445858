/** The contest of the store in PostgreSQL: our exact counting beside a bare upsert of the sums. */
import { mkdir } from 'node:fs/promises';
import pg from 'pg';
import { postgresUrl } from '../brokers/servers/local/postgres.ts';
import { startLocalStoreServer } from '../brokers/servers/local/store-servers.ts';
import { runSide } from './child.ts';
import { type Contest, expectExactly } from './contest.ts';
import { checkStore } from './our-workers.ts';
import { LIKES_PER_BATCH, SHARDS } from './store-batches.ts';

/** What the bare side is given. */
export interface PostgresOrder {
  readonly url: string;
  readonly likes: number;
}

export const postgresApplied: Contest = {
  name: 'postgres-applied',
  unit: 'likes',
  target: 0.4,
  likesMost: 300_000,
  warmsUp: false,
  ours:
    `apply of likes in batches of ${LIKES_PER_BATCH} on ${SHARDS} shards in one PostgreSQL ` +
    '(fsync, synchronous_commit=on): routed, marked as seen, added up, the shards of a batch ' +
    'side by side; after the first tenth',
  bare:
    'one prepared upsert a shard and batch of the same counts, added up before the clock starts, ' +
    'on the same server, the shards side by side, each on a connection of its own, without ' +
    'marks; after the first tenth',
  async openPair(stage) {
    const folder = stage.newPath('postgres');
    await mkdir(folder, { mode: 0o711 });
    const server = await startLocalStoreServer('postgres', { tier: 'power', folder });
    const url = postgresUrl(server.endpoint);
    const { likes, signal } = stage;
    return {
      async ours() {
        const store = { engine: 'postgres', urls: [url], name: 'bench', shards: SHARDS } as const;
        const { handled, perS } = await runSide('our-apply.ts', { store, likes }, signal);
        expectExactly('likes handled by us', handled, likes);
        await checkStore(store, likes);
        return perS;
      },
      async bare() {
        const order: PostgresOrder = { url, likes };
        const { handled, perS } = await runSide('bare-postgres.ts', order, signal);
        expectExactly('likes handled by the bare side', handled, likes);
        expectExactly('likes in the bare tables', await sumOfBareShards(url), likes);
        return perS;
      },
      held: server,
    };
  },
};

async function sumOfBareShards(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tables = Array.from({ length: SHARDS }, (_, index) => `SELECT * FROM bare_${index}`);
    const all = tables.join(' UNION ALL ');
    const { rows } = await client.query(`SELECT sum(likes + unlikes) AS likes FROM (${all}) AS a`);
    return Number(rows[0].likes);
  } finally {
    await client.end();
  }
}
