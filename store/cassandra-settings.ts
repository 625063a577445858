/** What a cluster says of itself, where its nodes tell: virtual tables are a node's own. */
import type { KeyspaceFacts } from './cassandra-keyspace.ts';
import type { CassandraStoreOptions } from './cassandra-options.ts';
import type { CassandraSession } from './cassandra-session.ts';

const BYTES_PER_MIB = 1_024 * 1_024;

/** Read back from the engine, but for the consistency, which each client asks for by itself. */
export async function clusterSettings(
  session: CassandraSession,
  { keyspace, buckets }: KeyspaceFacts,
  { consistency = 'quorum' }: CassandraStoreOptions,
): Promise<Readonly<Record<string, string>>> {
  const [local] = await session.read('SELECT release_version, partitioner FROM system.local');
  const [schema] = await session.read(
    'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?',
    [keyspace],
  );
  const replication = schema?.replication as Readonly<Record<string, string>> | undefined;
  const factors = Object.entries(replication ?? {}).filter(([name]) => name !== 'class');
  const syncs = await ofEachNode(
    session,
    "SELECT value FROM system_views.settings WHERE name = 'commitlog_sync'",
  );
  return {
    engine: 'cassandra',
    cassandraVersion: String(local?.release_version ?? 'not told'),
    nodes: String(session.nodes),
    replication: factors.map(([name, factor]) => `${name}: ${factor}`).join(', '),
    consistency,
    commitlogSync: [...new Set(syncs.map(({ value }) => String(value)))].join(', ') || 'not told',
    buckets: String(buckets),
  };
}

/** What all replicas occupy on their disks, in whole MiB; what is only in memory is not in it. */
export async function clusterDiskBytes(
  session: CassandraSession,
  keyspace: string,
): Promise<number> {
  const rows = await ofEachNode(
    session,
    `SELECT mebibytes FROM system_views.disk_usage WHERE keyspace_name = '${keyspace}'`,
  );
  return rows.reduce((sum, { mebibytes }) => sum + Number(mebibytes) * BYTES_PER_MIB, 0);
}

/** Services that speak Cassandra's protocol without being it have no such tables: no rows then. */
async function ofEachNode(session: CassandraSession, query: string) {
  return (await session.readOfEachNode(query, []).catch(() => [])).flat();
}
