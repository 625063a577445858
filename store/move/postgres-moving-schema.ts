/** What a PostgreSQL shard has only while posts move, and how it is emptied. */

/** Tables for what arrives. */
export function createArrivals(schema: string): string {
  return `
    CREATE TABLE IF NOT EXISTS ${schema}.arriving (
      giver integer PRIMARY KEY,
      progress text NOT NULL,
      likes bigint NOT NULL,
      unlikes bigint NOT NULL,
      marks bigint NOT NULL,
      taken boolean NOT NULL DEFAULT false
    );
    CREATE TABLE IF NOT EXISTS ${schema}.arrived_named (
      giver integer NOT NULL,
      post bytea NOT NULL,
      likes bigint NOT NULL,
      unlikes bigint NOT NULL,
      PRIMARY KEY (giver, post)
    );`;
}

/**
 * A row for each count and block that changed; a row that changes again gets a new number. Numbers
 * are drawn before their transactions commit, so they are read only while none is under way.
 * Writers note posts in the order in which they have locked them, so that none waits for another.
 */
export function createNotes(schema: string): string {
  return `
    CREATE SEQUENCE IF NOT EXISTS ${schema}.change_numbers;
    CREATE TABLE IF NOT EXISTS ${schema}.changed_counts (
      post bytea PRIMARY KEY,
      number bigint NOT NULL
    );
    CREATE TABLE IF NOT EXISTS ${schema}.changed_marks (
      source bytea NOT NULL,
      block bigint NOT NULL,
      number bigint NOT NULL,
      PRIMARY KEY (source, block)
    );
    ${noteFunction(schema, 'counts', ['post'])}
    ${noteFunction(schema, 'marks', ['source', 'block'])}
    ${noteTrigger(schema, 'counts', 'INSERT')}
    ${noteTrigger(schema, 'counts', 'UPDATE')}
    ${noteTrigger(schema, 'marks', 'INSERT')}
    ${noteTrigger(schema, 'marks', 'UPDATE')}`;
}

export function dropMovingTables(schema: string): string {
  return `
    DROP TRIGGER IF EXISTS note_insert ON ${schema}.counts;
    DROP TRIGGER IF EXISTS note_update ON ${schema}.counts;
    DROP TRIGGER IF EXISTS note_insert ON ${schema}.marks;
    DROP TRIGGER IF EXISTS note_update ON ${schema}.marks;
    DROP FUNCTION IF EXISTS ${schema}.note_counts;
    DROP FUNCTION IF EXISTS ${schema}.note_marks;
    DROP TABLE IF EXISTS ${schema}.changed_counts, ${schema}.changed_marks;
    DROP TABLE IF EXISTS ${schema}.arriving, ${schema}.arrived_named;
    DROP SEQUENCE IF EXISTS ${schema}.change_numbers;`;
}

/**
 * Nothing is left but the row with the map's version, by which processes that do not know yet that
 * the shard has gone are told so.
 */
export function emptyShard(schema: string): string {
  return `
    ${dropMovingTables(schema)}
    TRUNCATE ${schema}.counts, ${schema}.marks, ${schema}.inherited, ${schema}.retired_sources;
    UPDATE ${schema}.shard SET
      is_removed = true, mover = NULL, has_inherited = false, retirements = retirements + 1,
      marks_dropped = 0, moved_likes = 0, moved_unlikes = 0, moved_marks = 0;`;
}

function noteFunction(schema: string, table: string, key: string[]): string {
  const columns = key.join(', ');
  return `
    CREATE OR REPLACE FUNCTION ${schema}.note_${table}() RETURNS trigger LANGUAGE plpgsql AS $note$
    BEGIN
      INSERT INTO ${schema}.changed_${table} (${columns}, number)
      SELECT ${columns}, nextval('${schema}.change_numbers') FROM fresh
      ON CONFLICT (${columns}) DO UPDATE SET number = excluded.number;
      RETURN NULL;
    END $note$;`;
}

function noteTrigger(schema: string, table: string, event: 'INSERT' | 'UPDATE'): string {
  return `
    CREATE OR REPLACE TRIGGER note_${event.toLowerCase()} AFTER ${event} ON ${schema}.${table}
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.note_${table}();`;
}
