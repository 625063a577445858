/** The tables that a SQLite shard has only while posts move. */

export const CREATE_ARRIVALS = `
  CREATE TABLE IF NOT EXISTS arriving (
    giver INTEGER PRIMARY KEY,
    progress TEXT NOT NULL,
    likes INTEGER NOT NULL,
    unlikes INTEGER NOT NULL,
    marks INTEGER NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE IF NOT EXISTS arrived_named (
    giver INTEGER NOT NULL,
    post TEXT NOT NULL,
    likes INTEGER NOT NULL,
    unlikes INTEGER NOT NULL,
    PRIMARY KEY (giver, post)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * A row for each count and block that changed. A row that changes again gets a new number, the
 * largest there ever was: without AUTOINCREMENT SQLite would give out the number of the last row
 * again, and whoever has read up to it would miss the change. Two statements in place of a REPLACE,
 * which the statement that fires the trigger would overrule.
 */
export const CREATE_NOTES = `
  CREATE TABLE IF NOT EXISTS changed_counts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    post TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE IF NOT EXISTS changed_seen (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL,
    block INTEGER NOT NULL,
    UNIQUE (source, block)
  ) STRICT;
  ${noteTrigger('INSERT', 'counts', ['post'])}
  ${noteTrigger('UPDATE', 'counts', ['post'])}
  ${noteTrigger('INSERT', 'seen', ['source', 'block'])}
  ${noteTrigger('UPDATE', 'seen', ['source', 'block'])}
`;

export const DROP_ALL = `
  DROP TRIGGER IF EXISTS counts_INSERT;
  DROP TRIGGER IF EXISTS counts_UPDATE;
  DROP TRIGGER IF EXISTS seen_INSERT;
  DROP TRIGGER IF EXISTS seen_UPDATE;
  DROP TABLE IF EXISTS changed_counts;
  DROP TABLE IF EXISTS changed_seen;
  DROP TABLE IF EXISTS arriving;
  DROP TABLE IF EXISTS arrived_named;
`;

function noteTrigger(event: 'INSERT' | 'UPDATE', table: string, columns: string[]): string {
  const values = columns.map((column) => `NEW.${column}`).join(', ');
  const isSame = columns.map((column) => `${column} = NEW.${column}`).join(' AND ');
  return `
    CREATE TRIGGER IF NOT EXISTS ${table}_${event} AFTER ${event} ON ${table} BEGIN
      DELETE FROM changed_${table} WHERE ${isSame};
      INSERT INTO changed_${table} (${columns.join(', ')}) VALUES (${values});
    END;`;
}
