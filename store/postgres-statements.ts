/** Every statement of a shard but those that make it; schemas are quoted. */

export type PostgresStatements = ReturnType<typeof statementsOf>;

/**
 * Rows are found by their whole key or by the column that the table lies by, source by source:
 * distributed databases lock and change rows in no other way.
 */
export function statementsOf(schema: string) {
  return {
    /** Fair, as a lock of the row would not be: writers that come later wait behind it. */
    lockTable: `LOCK TABLE ${schema}.shard IN EXCLUSIVE MODE`,
    lockRow: `SELECT 1 FROM ${schema}.shard FOR UPDATE`,
    isRetired: `SELECT source FROM ${schema}.retired_sources WHERE source = $1`,
    marksOfSource: `SELECT coalesce(sum(bit_count(bits)), 0)::bigint AS dropped
      FROM ${schema}.marks WHERE source = $1`,
    dropMarks: `DELETE FROM ${schema}.marks WHERE source = $1`,
    dropInherited: `DELETE FROM ${schema}.inherited WHERE source = $1`,
    mover: `SELECT mover FROM ${schema}.shard`,
    addRetired: `INSERT INTO ${schema}.retired_sources (source) VALUES ($1)`,
    countRetired: `UPDATE ${schema}.shard
      SET retirements = retirements + 1, marks_dropped = marks_dropped + $1`,
    slotMap: `SELECT slot_map_version, slot_map FROM ${schema}.shard`,
    adopt: `UPDATE ${schema}.shard SET slot_map_version = $1, slot_map = $2`,
    countsOf: {
      name: 'counts_of',
      text: `SELECT post, likes, unlikes FROM ${schema}.counts WHERE post = ANY ($1::bytea[])`,
    },
    topPosts: `SELECT post, likes, unlikes FROM ${schema}.counts
      ORDER BY likes - unlikes DESC, post LIMIT $1`,
    diskBytes: {
      text: `SELECT coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint AS bytes
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE '"' || nspname || '"' = $1 AND relkind = 'r'`,
      values: [schema],
    },
    settings: `SELECT current_setting('server_version') AS "postgresVersion",
      current_setting('fsync') AS fsync,
      current_setting('synchronous_commit') AS "synchronousCommit"`,
    preparations: preparationsOf(schema),
  };
}

/**
 * What a batch asks is prepared by statements, not by the protocol: only so do several go in one
 * message. A batch is two of them, whatever it holds.
 */
function preparationsOf(schema: string): string[] {
  return [
    `PREPARE hold AS
       SELECT slot_map_version, retirements, has_inherited FROM ${schema}.shard FOR SHARE`,
    `PREPARE retired_of (bytea[]) AS
       SELECT source FROM ${schema}.retired_sources WHERE source = ANY ($1)`,
    `PREPARE add_blocks (bytea, bigint[]) AS
       INSERT INTO ${schema}.marks (source, block, bits)
       SELECT $1, block, '' FROM unnest($2) AS block ON CONFLICT DO NOTHING`,
    `PREPARE lock_blocks (bytea, bigint[]) AS
       SELECT block, bits FROM ${schema}.marks
       WHERE source = $1 AND block = ANY ($2) ORDER BY block FOR UPDATE`,
    `PREPARE inherited_of (bytea, bigint[]) AS
       SELECT block, bits FROM ${schema}.inherited WHERE source = $1 AND block = ANY ($2)`,
    `PREPARE write_block (bytea, bigint, bytea) AS
       UPDATE ${schema}.marks SET bits = $3 WHERE source = $1 AND block = $2`,
    `PREPARE add_counts (bytea[], bigint[], bigint[]) AS
       INSERT INTO ${schema}.counts AS held (post, likes, unlikes)
       SELECT * FROM unnest($1, $2, $3)
       ON CONFLICT (post) DO UPDATE SET
         likes = held.likes + excluded.likes, unlikes = held.unlikes + excluded.unlikes`,
  ];
}

/** Whoever changes the slot map or retires a source waits for this, and is waited for. */
export const HOLD = 'EXECUTE hold';

export function retiredOf(sources: readonly Uint8Array[]): string {
  return `EXECUTE retired_of (${listOfBytes(sources)})`;
}

export function addBlocks(source: Uint8Array, blocks: readonly number[]): string {
  return `EXECUTE add_blocks (${bytes(source)}, ${listOfNumbers(blocks)})`;
}

export function lockBlocks(source: Uint8Array, blocks: readonly number[]): string {
  return `EXECUTE lock_blocks (${bytes(source)}, ${listOfNumbers(blocks)})`;
}

export function inheritedOf(source: Uint8Array, blocks: readonly number[]): string {
  return `EXECUTE inherited_of (${bytes(source)}, ${listOfNumbers(blocks)})`;
}

export function writeBlock(source: Uint8Array, block: number, bits: Uint8Array): string {
  return `EXECUTE write_block (${bytes(source)}, ${block}, ${bytes(bits)})`;
}

/** Posts in hexadecimal digits. */
export function addCounts({
  posts,
  likes,
  unlikes,
}: {
  readonly posts: readonly string[];
  readonly likes: readonly number[];
  readonly unlikes: readonly number[];
}): string {
  const counts = `${listOfNumbers(likes)}, ${listOfNumbers(unlikes)}`;
  return `EXECUTE add_counts (${listOfDigits(posts)}, ${counts})`;
}

// Digits and hexadecimal digits alone: nothing in a literal could end it.

function bytes(value: Uint8Array): string {
  return `'\\x${hex(value)}'`;
}

function listOfBytes(values: readonly Uint8Array[]): string {
  return listOfDigits(values.map(hex));
}

function listOfDigits(values: readonly string[]): string {
  return values.length === 0 ? "'{}'" : `'{"\\\\x${values.join('","\\\\x')}"}'`;
}

function listOfNumbers(values: readonly number[]): string {
  return `'{${values.join(',')}}'`;
}

function hex(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
}
