/**
 * How a store lies in PostgreSQL: a schema for each shard, and in that of shard 0 what describes
 * the whole store.
 *
 * It keeps to what Citus and YugabyteDB allow as well, where one address is many machines and the
 * store has one shard: `counts` lies there by post, `marks` by source. So each primary key begins
 * with the column that the table lies by, no table refers to another one, and no id is drawn from
 * a sequence: a source is its own name.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { z } from 'zod';
import { COUNTING_RULES, type CountingRule } from './count-store.ts';
import { StoreFolderError } from './errors.ts';
import { type MoveRecord, moveFromDocument, moveRecordSchema } from './move/move-record.ts';
import { sqlStateOf } from './postgres-errors.ts';
import type { PostgresSessions } from './postgres-sessions.ts';
import { type SlotMap, slotMapFromDocument, slotMapToDocument } from './slot-map.ts';

/** The number of the layout below; another layout gets another number. */
const POSTGRES_FORMAT = 1;

/** Several processes may make a store at once; each of them then meets what another has made. */
const CREATE_ATTEMPTS_MAX = 50;
const CREATE_RETRY_WAIT_MS = 20;
/** What PostgreSQL says to the one that was slower: the row, schema, table or type is there. */
const MADE_MEANWHILE = ['23505', '42P06', '42P07', '42710', '40001', '40P01'];
/** There is no such schema or table. */
const MISSING = ['3F000', '42P01'];

export interface PostgresDescription {
  /** Made once at random; each shard repeats it. */
  readonly store: string;
  readonly rule: CountingRule;
  readonly slotMap: SlotMap;
  /** False until all shards are there, so that what a dead process began is ended by the next. */
  readonly isComplete: boolean;
  /** A move that was begun and is not finished. */
  readonly move?: MoveRecord | undefined;
}

export interface PostgresShardIdentity {
  readonly store: string;
  readonly index: number;
  readonly rule?: CountingRule | undefined;
}

/** The schema of a shard, quoted. The name is checked by open-store.ts. */
export function schemaOf(name: string, index: number): string {
  return pg.escapeIdentifier(`like_store_${name}_${index}`);
}

/** Bytes, since text in PostgreSQL cannot hold the character 0, and so that order is by bytes. */
function shardTables(schema: string): string {
  return `
    CREATE TABLE IF NOT EXISTS ${schema}.shard (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      format integer NOT NULL,
      store text NOT NULL,
      shard integer NOT NULL,
      slot_map_version bigint NOT NULL,
      slot_map text NOT NULL,
      retirements bigint NOT NULL DEFAULT 0,
      marks_dropped bigint NOT NULL DEFAULT 0,
      moved_likes bigint NOT NULL DEFAULT 0,
      moved_unlikes bigint NOT NULL DEFAULT 0,
      moved_marks bigint NOT NULL DEFAULT 0,
      has_inherited boolean NOT NULL DEFAULT false,
      mover text,
      is_removed boolean NOT NULL DEFAULT false
    );
    CREATE TABLE IF NOT EXISTS ${schema}.counts (
      post bytea PRIMARY KEY,
      likes bigint NOT NULL,
      unlikes bigint NOT NULL
    );
    CREATE TABLE IF NOT EXISTS ${schema}.marks (
      source bytea NOT NULL,
      block bigint NOT NULL,
      bits bytea NOT NULL,
      PRIMARY KEY (source, block)
    );
    CREATE TABLE IF NOT EXISTS ${schema}.inherited (
      source bytea NOT NULL,
      block bigint NOT NULL,
      bits bytea NOT NULL,
      PRIMARY KEY (source, block)
    );
    CREATE TABLE IF NOT EXISTS ${schema}.retired_sources (source bytea PRIMARY KEY);`;
}

/**
 * Under *states*: each user's last action on each post, `action` 1 for a like and 0 for an unlike.
 * What an upsert took the place of is kept beside it, since that is what it may return.
 */
function statesTable(schema: string): string {
  return `
    CREATE TABLE IF NOT EXISTS ${schema}.states (
      post bytea NOT NULL,
      user_name bytea NOT NULL,
      version bigint NOT NULL,
      action smallint NOT NULL,
      version_before bigint NOT NULL,
      action_before smallint NOT NULL,
      PRIMARY KEY (post, user_name)
    );`;
}

/** Undefined where there is no store yet. */
export async function readDescription(
  sessions: PostgresSessions,
  schema: string,
): Promise<PostgresDescription | undefined> {
  const query = `SELECT format, store, rule, slot_map, is_complete, move FROM ${schema}.store`;
  const rows = await sessions.ask(query).catch((error: Error) => {
    if (MISSING.includes(sqlStateOf(error.cause) ?? '')) return [];
    throw error;
  });
  if (rows.length === 0) return undefined;
  const where = `${sessions.title}, schema ${schema}`;
  checkFormat(rows[0]!.format, where);
  const { success, data, error } = descriptionSchema.safeParse(rows[0]);
  if (!success) throw corrupt(where, z.prettifyError(error).replaceAll(/\s+/g, ' '), error);
  const slotMap = parseSlotMap(data.slot_map, where);
  const move = parseMove(data.move, where);
  const { store, rule, is_complete: isComplete } = data;
  return { store, rule, slotMap, isComplete, ...(move && { move }) };
}

function parseMove(text: string | null, where: string): MoveRecord | undefined {
  if (text === null) return undefined;
  const { success, data, error } = moveRecordSchema.safeParse(JSON.parse(text));
  if (success) return moveFromDocument(data);
  throw corrupt(where, `its move is not one (${z.prettifyError(error)})`, error);
}

const descriptionSchema = z.object({
  store: z.uuid(),
  rule: z.enum(COUNTING_RULES),
  slot_map: z.string(),
  is_complete: z.boolean(),
  move: z.string().nullable(),
});

/** @throws StoreFolderError STORE_CORRUPT */
export function parseSlotMap(text: unknown, where: string): SlotMap {
  try {
    return slotMapFromDocument(JSON.parse(String(text)));
  } catch (cause) {
    throw corrupt(where, `its slot map is not one (${(cause as Error).message})`, cause);
  }
}

/** Makes this the map of the whole store. Moves nothing, and leaves the shards' own maps alone. */
export async function writeSlotMap(
  sessions: PostgresSessions,
  schema: string,
  map: SlotMap,
): Promise<void> {
  const values = [JSON.stringify(slotMapToDocument(map))];
  await sessions.ask({ text: `UPDATE ${schema}.store SET slot_map = $1`, values });
}

/** Writes the description unless another process has; the shards come later. */
export async function createDescription(
  sessions: PostgresSessions,
  schema: string,
  map: SlotMap,
  rule: CountingRule = 'tally',
): Promise<void> {
  const slotMap = pg.escapeLiteral(JSON.stringify(slotMapToDocument(map)));
  const store = randomUUID();
  await createInTurn(
    sessions,
    `CREATE SCHEMA IF NOT EXISTS ${schema};
     CREATE TABLE IF NOT EXISTS ${schema}.store (
       only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
       format integer NOT NULL,
       store text NOT NULL,
       rule text NOT NULL,
       slot_map text NOT NULL,
       is_complete boolean NOT NULL,
       move text
     );
     INSERT INTO ${schema}.store (format, store, rule, slot_map, is_complete)
     VALUES (${POSTGRES_FORMAT}, '${store}', '${rule}', ${slotMap}, false)
     ON CONFLICT DO NOTHING;`,
  );
}

/** Does nothing where the shard is there already. */
export async function createShard(
  sessions: PostgresSessions,
  schema: string,
  { store, index, rule }: PostgresShardIdentity,
  map: SlotMap,
): Promise<void> {
  const slotMap = pg.escapeLiteral(JSON.stringify(slotMapToDocument(map)));
  await createInTurn(
    sessions,
    `CREATE SCHEMA IF NOT EXISTS ${schema};
     ${shardTables(schema)}
     ${rule === 'states' ? statesTable(schema) : ''}
     INSERT INTO ${schema}.shard (format, store, shard, slot_map_version, slot_map)
     VALUES (${POSTGRES_FORMAT}, '${store}', ${index}, ${map.version}, ${slotMap})
     ON CONFLICT DO NOTHING;`,
  );
}

/** Only now is a missing shard a lost one. */
export async function markComplete(sessions: PostgresSessions, schema: string): Promise<void> {
  await sessions.ask(`UPDATE ${schema}.store SET is_complete = true`);
}

/** @throws StoreFolderError when the shard is missing, of another format or of another store. */
export async function checkShard(
  sessions: PostgresSessions,
  schema: string,
  { store, index }: PostgresShardIdentity,
): Promise<void> {
  const where = `${sessions.title}, schema ${schema}`;
  const rows = await sessions
    .ask(`SELECT format, store, shard FROM ${schema}.shard`)
    .catch((error: Error) => {
      if (MISSING.includes(sqlStateOf(error.cause) ?? '')) return [];
      throw error;
    });
  const found = rows[0];
  if (found === undefined) throw corrupt(where, 'the shard is not there');
  checkFormat(found.format, where);
  if (found.store === store && found.shard === index) return;
  throw corrupt(
    where,
    `it is shard ${found.shard} of store ${found.store}, expected shard ${index} of store ${store}`,
  );
}

/** Statements that may be said again, as one transaction where the server has those. */
export async function createInTurn(sessions: PostgresSessions, statements: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await sessions.ask(statements);
      return;
    } catch (error) {
      const code = sqlStateOf((error as Error).cause) ?? '';
      if (!MADE_MEANWHILE.includes(code) || attempt === CREATE_ATTEMPTS_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, CREATE_RETRY_WAIT_MS));
    }
  }
}

function checkFormat(format: unknown, where: string): void {
  if (format === POSTGRES_FORMAT) return;
  throw new StoreFolderError(
    'STORE_FORMAT_UNKNOWN',
    `${where} has format ${format}, only ${POSTGRES_FORMAT} is known here; use the release that ` +
      'made it, or another store',
  );
}

function corrupt(where: string, why: string, cause?: unknown): StoreFolderError {
  return new StoreFolderError(
    'STORE_CORRUPT',
    `${where} cannot be used: ${why}; name the addresses that the store was made with, in their ` +
      'order, put back a backup of all of them, or count again into another store',
    { cause },
  );
}
