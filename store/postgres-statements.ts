/** Every statement of a shard but those that make it; schemas are quoted. */
import type { Statement } from './postgres-sessions.ts';

export type PostgresStatements = ReturnType<typeof statementsOf>;

/**
 * Rows are found by their whole key or by the column that the table lies by, source by source:
 * distributed databases lock and change rows in no other way.
 */
export function statementsOf(schema: string) {
  const named = <Name extends string>(name: Name, text: string): Statement => ({ name, text });
  return {
    /** Whoever changes the slot map or retires a source waits for this, and is waited for. */
    hold: named('hold', `SELECT slot_map_version, retirements FROM ${schema}.shard FOR SHARE`),
    retiredOf: named(
      'retired-of',
      `SELECT source FROM ${schema}.retired_sources WHERE source = ANY ($1::bytea[])`,
    ),
    addBlocks: named(
      'add-blocks',
      `INSERT INTO ${schema}.marks (source, block, bits)
       SELECT $1, block, '' FROM unnest($2::bigint[]) AS block ON CONFLICT DO NOTHING`,
    ),
    lockBlocks: named(
      'lock-blocks',
      `SELECT block, bits FROM ${schema}.marks
       WHERE source = $1 AND block = ANY ($2::bigint[]) ORDER BY block FOR UPDATE`,
    ),
    writeBlocks: named(
      'write-blocks',
      `UPDATE ${schema}.marks AS held SET bits = fresh.bits
       FROM unnest($2::bigint[], $3::bytea[]) AS fresh (block, bits)
       WHERE held.source = $1 AND held.block = fresh.block`,
    ),
    addCounts: named(
      'add-counts',
      `INSERT INTO ${schema}.counts AS held (post, likes, unlikes)
       SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[])
       ON CONFLICT (post) DO UPDATE SET
         likes = held.likes + excluded.likes, unlikes = held.unlikes + excluded.unlikes`,
    ),
    /** Fair, as a lock of the row would not be: writers that come later wait behind it. */
    lockTable: { text: `LOCK TABLE ${schema}.shard IN EXCLUSIVE MODE` },
    lockRow: { text: `SELECT 1 FROM ${schema}.shard FOR UPDATE` },
    marksOfSource: {
      text: `SELECT coalesce(sum(bit_count(bits)), 0)::bigint AS dropped
             FROM ${schema}.marks WHERE source = $1`,
    },
    dropMarks: { text: `DELETE FROM ${schema}.marks WHERE source = $1` },
    addRetired: { text: `INSERT INTO ${schema}.retired_sources (source) VALUES ($1)` },
    countRetired: {
      text: `UPDATE ${schema}.shard
             SET retirements = retirements + 1, marks_dropped = marks_dropped + $1`,
    },
    version: named('version', `SELECT slot_map_version FROM ${schema}.shard`),
    slotMap: { text: `SELECT slot_map FROM ${schema}.shard` },
    adopt: { text: `UPDATE ${schema}.shard SET slot_map_version = $1, slot_map = $2` },
    countsOf: named(
      'counts-of',
      `SELECT post, likes, unlikes FROM ${schema}.counts WHERE post = ANY ($1::bytea[])`,
    ),
    topPosts: {
      text: `SELECT post, likes, unlikes FROM ${schema}.counts
             ORDER BY likes - unlikes DESC, post LIMIT $1`,
    },
    diskBytes: {
      text: `SELECT coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint AS bytes
             FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
             WHERE quote_ident(nspname) = $1 AND relkind = 'r'`,
      values: [schema],
    },
    settings: {
      text: `SELECT current_setting('server_version') AS "postgresVersion",
                    current_setting('fsync') AS fsync,
                    current_setting('synchronous_commit') AS "synchronousCommit"`,
    },
  } satisfies Record<string, Statement>;
}
