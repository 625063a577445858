import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CountStore } from '../../store/count-store.ts';
import { openStore, shardPath } from '../../store/open-store.ts';
import { madeLike, madeLikes } from './made-likes.ts';
import { tamper, temporaryFolder } from './store-folder.ts';

/** Every run damages one field of one row, behind the store's back, and mends it again. */
const RUNS = 150;
const INT64_MAX = 2n ** 63n - 1n;

type Value = bigint | string | Uint8Array;
interface Row {
  readonly table: 'counts' | 'seen';
  readonly key: Readonly<Record<string, Value>>;
  readonly fields: Readonly<Record<string, Value>>;
}

let store: CountStore;
let temporary: ReturnType<typeof temporaryFolder>;
let database: DatabaseSync;
let rows: Row[];

beforeAll(async () => {
  temporary = temporaryFolder();
  store = await openStore({ folder: temporary.folder, shards: 2 });
  await store.apply([...madeLikes('a', 300), ...madeLikes('bb', 300)]);
  await store.apply([madeLike('a', 4_096 * 5 + 3), madeLike('bb', 2 ** 40)]);
  database = new DatabaseSync(shardPath(temporary.folder, 1), { readBigInts: true });
  database.exec('PRAGMA foreign_keys = OFF');
  rows = [
    ...read('SELECT * FROM counts').map(
      (fields): Row => ({ table: 'counts', key: { post: fields.post! }, fields }),
    ),
    ...read('SELECT * FROM seen').map(
      (fields): Row => ({
        table: 'seen',
        key: { source: fields.source!, block: fields.block! },
        fields,
      }),
    ),
  ];
  expect(rows.length).toBeGreaterThan(10);
});

afterAll(async () => {
  database.close();
  await store[Symbol.asyncDispose]();
  temporary[Symbol.dispose]();
});

function read(query: string): Record<string, Value>[] {
  return database.prepare(query).all() as Record<string, Value>[];
}

/** Sets one field of the row that has this key. */
function set({ table, key }: Pick<Row, 'table' | 'key'>, field: string, value: Value): void {
  const where = Object.keys(key).map((column) => `${column} = ?`);
  const { changes } = database
    .prepare(`UPDATE ${table} SET ${field} = ? WHERE ${where.join(' AND ')}`)
    .run(value, ...Object.values(key));
  expect(changes).toBe(1n);
}

const int64 = fc.oneof(
  fc.bigInt({ min: -INT64_MAX, max: INT64_MAX }),
  fc.bigInt({ min: -3n, max: 600n }),
  fc.nat(61).map((bit) => 2n ** BigInt(bit)),
);

/** Another value of a field; `by` makes it from the one that is there. */
function otherValue(field: string, old: Value): fc.Arbitrary<Value> {
  if (typeof old === 'string') return fc.string({ minLength: 1 }).map((text) => `${text} renamed`);
  if (typeof old === 'bigint') {
    // Only a source that is known has a name by which it could be found.
    if (field === 'source') return fc.bigInt({ min: 1n, max: 9n });
    return field === 'block' ? fc.bigInt({ min: 100n, max: 2n ** 41n }) : int64;
  }
  const flipped = fc.nat(4_095).map((bit) => {
    const bits = old.slice();
    bits[bit >> 3]! ^= 1 << (bit & 7);
    return bits;
  });
  return fc.oneof(flipped, fc.uint8Array({ minLength: 512, maxLength: 512 }), fc.uint8Array());
}

const damage = fc
  .nat(1_000_000)
  .map((place) => rows[place % rows.length]!)
  .chain((row) =>
    fc
      .constantFrom(...Object.keys(row.fields))
      .chain((field) =>
        otherValue(field, row.fields[field]!).map((value) => ({ row, field, value })),
      ),
  );

/** How a finding names the row that holds these fields now. */
function nameOf({ table }: Row, { post, source, block }: Readonly<Record<string, Value>>): string {
  if (table === 'counts') return `post ${JSON.stringify(post)} has `;
  const [known] = database.prepare('SELECT source FROM sources WHERE id = ?').all(source as bigint);
  const owner = known === undefined ? `number ${source}` : JSON.stringify(known.source);
  return `block ${block} of source ${owner} `;
}

describe('whatever one field of a shard says wrong', () => {
  test('is found, with its shard and its post or source and block', async () => {
    expect(await store.findProblems()).toEqual([]);
    await fc.assert(
      fc.asyncProperty(damage, async ({ row, field, value }) => {
        fc.pre(!isSame(value, row.fields[field]!) && !isTaken(row, field, value));
        set(row, field, value);
        const key = field in row.key ? { ...row.key, [field]: value } : row.key;
        const name = `shard 1: ${nameOf(row, { ...row.fields, [field]: value })}`;
        const problems = await store.findProblems().finally(() => {
          set({ table: row.table, key }, field, row.fields[field]!);
        });
        expect(problems.filter((problem) => problem.startsWith(name))).not.toEqual([]);
        expect(problems.filter((problem) => problem.includes('\n'))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
    expect(await store.findProblems()).toEqual([]);
  });
});

function isSame(one: Value, other: Value): boolean {
  if (one instanceof Uint8Array) return Buffer.from(one).equals(other as Uint8Array);
  return one === other;
}

/** A key that another row has cannot be given to this one. */
function isTaken({ table, key }: Row, field: string, value: Value): boolean {
  if (!(field in key)) return false;
  const wanted = Object.entries({ ...key, [field]: value });
  return rows.some((row) => {
    return row.table === table && wanted.every(([column, is]) => row.key[column] === is);
  });
}

describe('a damaged block of marks', () => {
  test('is an outage to whoever counts, so that no write makes it look sound', async () => {
    using place = temporaryFolder();
    const { folder } = place;
    await using counting = await openStore({ folder, shards: 1 });
    await counting.apply(madeLikes('a', 10));
    tamper(folder, 0, "UPDATE seen SET bits = CAST(x'00' || substr(bits, 2) AS BLOB)");
    await expect(counting.apply(madeLikes('a', 20))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/block 0 of source "a" does not have its checksum/),
    });
    expect((await counting.findProblems()).join('\n')).toMatch(
      /shard 0: block 0 of source "a" is not what its checksum says/,
    );
  });
});

describe('a wrong count', () => {
  test('stays found however much is counted after it', async () => {
    using place = temporaryFolder();
    const { folder } = place;
    await using counting = await openStore({ folder, shards: 1 });
    await counting.apply([madeLike('a', 0, { post: 'x', action: 'like' })]);
    // The sums of the shard are as they were: an unlike stands where a like stood.
    tamper(folder, 0, 'UPDATE counts SET likes = 0, unlikes = 1');
    for (let seq = 1; seq < 50; seq++) await counting.apply([madeLike('a', seq, { post: 'x' })]);
    expect(await counting.findProblems()).toEqual([
      'shard 0: post "x" has 39 likes and 11 unlikes, which is not what its checksum says',
    ]);
  });
});
