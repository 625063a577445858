/** Looks through a SQLite shard under the rule *states* for what must never be there. */
import type { DatabaseSync } from 'node:sqlite';
import type { Like } from '../likes/like.ts';
import type { Totals } from './count-store.ts';
import { spelledOut, strangeStateIn } from './findings.ts';
import { type SlotMap, splitPosts } from './slot-map.ts';
import { countSums, inSnapshot, integrityProblems, lookAtOwners } from './sqlite-problems.ts';

/** How an action is kept: 1 for a like. Anything else is a finding of its own, and no like. */
export function actionOf(stored: unknown): Like['action'] {
  return stored === 1 ? 'like' : 'unlike';
}

/** Sums of the shard, all from one snapshot. */
export function statesTotalsOf(database: DatabaseSync): Totals {
  return inSnapshot(database, () => {
    const { states } = database.prepare('SELECT count(*) AS states FROM states').get() as {
      states: number;
    };
    return { ...countSums(database), marks: 0, marksDropped: 0, states };
  });
}

/** Findings in plain words, empty when the shard is sound. Damage is a finding, not an error. */
export function statesProblemsIn(
  database: DatabaseSync,
  index: number,
  spelledOutMax?: number,
): string[] {
  const integrity = integrityProblems(database);
  // Sums over a damaged file would only repeat the damage in other words.
  if (integrity.length > 0) return integrity;
  return inSnapshot(database, () => {
    const owners = lookAtOwners(database, index);
    return [
      ...spelledOut(wrongSums(database), spelledOutMax),
      ...spelledOut(negativeCounts(database), spelledOutMax),
      ...spelledOut(impossibleStates(database), spelledOutMax),
      ...owners.problems,
      ...spelledOut(owners.strangers, spelledOutMax),
      ...spelledOut(strangeStates(database, index, owners.map), spelledOutMax),
    ];
  });
}

/** As bigints, since a corrupted number may be more than a JavaScript one can be. */
function rowsOf(database: DatabaseSync, query: string): Record<string, unknown>[] {
  const statement = database.prepare(query);
  statement.setReadBigInts(true);
  return statement.all();
}

/** Every count against the states of its post, also where one of the two is missing. */
function wrongSums(database: DatabaseSync): string[] {
  const rows = rowsOf(
    database,
    `SELECT coalesce(counts.post, found.post) AS post, likes, unlikes, coalesce(liked, 0) AS liked
     FROM counts FULL JOIN
       (SELECT post, sum(action = 1) AS liked FROM states GROUP BY post) AS found
       ON found.post = counts.post
     WHERE likes IS NOT liked OR unlikes IS NOT 0`,
  );
  return rows.map(({ post, likes, unlikes, liked }) => {
    const counted = likes === null ? 'no count' : `${likes} likes and ${unlikes} unlikes`;
    const found = `${liked} users whose last action is a like`;
    return `post ${JSON.stringify(post)} has ${counted}, but ${found}`;
  });
}

function negativeCounts(database: DatabaseSync): string[] {
  const negative = 'SELECT post, likes, unlikes FROM counts WHERE likes < 0 OR unlikes < 0';
  const rows = rowsOf(database, negative);
  return rows.map(({ post, likes, unlikes }) => {
    return `post ${JSON.stringify(post)} has ${likes} likes and ${unlikes} unlikes: below 0`;
  });
}

function impossibleStates(database: DatabaseSync): string[] {
  const rows = rowsOf(
    database,
    'SELECT post, user, version, action FROM states WHERE version < 1 OR action NOT IN (0, 1)',
  );
  return rows.map(({ post, user, version, action }) => {
    const who = `user ${JSON.stringify(user)} of post ${JSON.stringify(post)}`;
    return `${who} has action ${action} of version ${version}: no like has these`;
  });
}

function strangeStates(database: DatabaseSync, index: number, map: SlotMap | undefined): string[] {
  if (map === undefined) return [];
  const users = database.prepare('SELECT user FROM states WHERE post = ?');
  const found: string[] = [];
  for (const post of splitPosts(map)) {
    for (const row of users.iterate(post)) {
      const strange = strangeStateIn(map, index, { post, user: row.user as string });
      if (strange !== undefined) found.push(strange);
    }
  }
  return found;
}
