import { chmodSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openStore, shardPath } from '../../store/open-store.ts';
import { outage } from '../../store/sqlite-file.ts';
import { tamper, temporaryFolder } from './store-folder.ts';

describe('outage', () => {
  test('a full disk is an outage that asks for space', () => {
    using temporary = temporaryFolder();
    const database = new DatabaseSync(join(temporary.parent, 'small.sqlite'));
    database.exec('CREATE TABLE filler (bytes BLOB); PRAGMA max_page_count = 3');
    const error = errorOf(() => database.exec('INSERT INTO filler VALUES (zeroblob(100000))'));
    database.close();
    expect(error).toMatchObject({ errcode: 13 });
    expect(outage(error, 'x.sqlite')).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      cause: error,
      message: expect.stringMatching(
        /^x\.sqlite: .*full.*free some disk space, then deliver .*again$/,
      ),
    });
  });

  test('errors that are not of SQLite are left as they are', () => {
    const error = new TypeError('a bug');
    expect(outage(error, 'x.sqlite')).toBe(error);
  });
});

describe('opening a shard file', () => {
  test.each([
    ['is missing', (path: string) => rmSync(path), 'STORE_CORRUPT', /missing or not readable/],
    [
      'is no database',
      (path: string) => writeFileSync(path, 'x'.repeat(9_000)),
      'STORE_CORRUPT',
      /is damaged/,
    ],
    [
      'is empty',
      (path: string) => writeFileSync(path, ''),
      'STORE_CORRUPT',
      /is not a shard of a store/,
    ],
  ])('one that %s is named with a way out', async (_, damage, code, message) => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder }))[Symbol.asyncDispose]();
    damage(shardPath(folder, 2));
    const error = await rejectionOf(openStore({ folder }));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error.message).toContain(shardPath(folder, 2));
    expect(error.message).toContain('put back a copy of the whole store folder');
  });

  test('a shard of another format is refused', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder }))[Symbol.asyncDispose]();
    tamper(folder, 0, "UPDATE meta SET value = 1 WHERE key = 'format'");
    expect(await rejectionOf(openStore({ folder }))).toMatchObject({
      code: 'STORE_FORMAT_UNKNOWN',
      message: expect.stringContaining('has format 1, only 2 is known here'),
    });
  });

  test('a copy of another shard, or a shard of another store, is refused', async () => {
    using temporary = temporaryFolder();
    const { folder, parent } = temporary;
    const other = join(parent, 'other');
    for (const made of [folder, other]) {
      await (await openStore({ folder: made }))[Symbol.asyncDispose]();
    }
    for (const source of [shardPath(folder, 0), shardPath(other, 1)]) {
      copyFileSync(source, shardPath(folder, 1));
      expect(await rejectionOf(openStore({ folder }))).toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringContaining('expected shard 1 of store'),
      });
    }
  });

  test.skipIf(process.getuid?.() === 0)('one that may not be read is named', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder }))[Symbol.asyncDispose]();
    chmodSync(shardPath(folder, 0), 0o000);
    expect(await rejectionOf(openStore({ folder }))).toMatchObject({ code: 'STORE_CORRUPT' });
  });
});

function errorOf(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error, there was none; look at the test');
}

function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('expected a rejection, there was none; look at the test');
    },
    (error) => error,
  );
}
