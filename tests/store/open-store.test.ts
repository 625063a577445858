import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStore, type StoreOptions } from '../../store/open-store.ts';
import { STORE_FILE_NAME } from '../../store/store-file.ts';
import { madeLikes } from './made-likes.ts';
import { temporaryFolder } from './store-folder.ts';

describe('openStore', () => {
  test('makes a store of four shards that survive a power cut, unless told otherwise', async () => {
    using temporary = temporaryFolder();
    await using store = await openStore({ folder: join(temporary.folder, 'deep', 'down') });
    expect(await store.settings()).toMatchObject({
      shards: '4',
      engine: 'sqlite',
      synchronous: 'FULL',
    });
  });

  test('makes a store in an empty folder and leaves nothing else behind', async () => {
    using temporary = temporaryFolder();
    const { folder, parent } = temporary;
    mkdirSync(folder);
    await (await openStore({ folder, shards: 2 }))[Symbol.asyncDispose]();
    expect(readdirSync(parent)).toEqual(['store']);
    expect(readdirSync(folder)).toEqual(['shard-0.sqlite', 'shard-1.sqlite', 'store.json']);
  });

  test('keeps the routing that the store was made with, and refuses another one', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    const routing = { name: 'ids', idsSeen: 40 } as const;
    await (await openStore({ folder, routing }))[Symbol.asyncDispose]();
    for (const options of [{ folder }, { folder, routing }]) {
      await using store = await openStore(options);
      expect(await store.settings()).toMatchObject({ routing: 'ids' });
    }
    for (const asked of [{ name: 'slots' }, { name: 'ids', idsSeen: 41 }] as const) {
      await expect(openStore({ folder, routing: asked })).rejects.toMatchObject({
        code: 'STORE_ROUTING_DIFFERS',
        message: expect.stringContaining(`by ids of 40, ${asked.name} was asked for`),
      });
    }
    await expect(openStore({ folder, routing: { name: 'ids' } })).rejects.toThrow('needs idsSeen');
  });

  test('takes the number of shards from the folder when none is asked for', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder, shards: 3 }))[Symbol.asyncDispose]();
    for (const options of [{ folder }, { folder, shards: 3 }]) {
      await using store = await openStore(options);
      expect(store.shards).toHaveLength(3);
    }
    await expect(openStore({ folder, shards: 5 })).rejects.toMatchObject({
      code: 'STORE_SHARDS_DIFFER',
      message: expect.stringMatching(/has 3 shards, 5 were asked for; ask for 3/),
    });
  });

  test('for reading only sees what others commit, and makes and changes nothing', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await expect(openStore({ folder, readOnly: true })).rejects.toMatchObject({
      code: 'NOT_A_STORE',
      message: expect.stringContaining('is empty or not there yet'),
    });
    expect(existsSync(folder)).toBe(false);
    await using store = await openStore({ folder, shards: 2 });
    await using reader = await openStore({ folder, readOnly: true });
    for (const like of madeLikes('gateway-1', 20)) {
      await store.apply([like]);
      expect(await reader.countOf(like.post)).toEqual(await store.countOf(like.post));
    }
    await expect(reader.apply(madeLikes('gateway-2', 1))).rejects.toThrow(/readonly/);
    expect(await reader.totals()).toMatchObject({ marks: 20 });
  });

  test('a folder that holds other things is left alone and named', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    mkdirSync(folder);
    writeFileSync(join(folder, 'thesis.txt'), 'precious');
    await expect(openStore({ folder })).rejects.toMatchObject({
      code: 'NOT_A_STORE',
      message: expect.stringMatching(/holds other things .*choose an empty folder/),
    });
    expect(readdirSync(folder)).toEqual(['thesis.txt']);
  });

  test('a file in the place of the folder is named', async () => {
    using temporary = temporaryFolder();
    writeFileSync(temporary.folder, 'a file');
    await expect(openStore({ folder: temporary.folder })).rejects.toMatchObject({
      code: 'NOT_A_STORE',
      message: expect.stringContaining('is a file'),
    });
    const below = join(temporary.folder, 'below');
    await expect(openStore({ folder: below })).rejects.toMatchObject({ code: 'NOT_A_STORE' });
    expect(readFileSync(temporary.folder, 'utf8')).toBe('a file');
  });

  test.each([
    ['no JSON', () => '{', 'STORE_CORRUPT', /store\.json cannot be used.*put back a copy/],
    ['another document', () => '{"name":"x"}', 'STORE_CORRUPT', /store\.json cannot be used/],
    [
      'another format',
      (text: string) => text.replace('"format": 1', '"format": 2'),
      'STORE_FORMAT_UNKNOWN',
      /has format 2, only 1 is known here; use the release that made it/,
    ],
    [
      'slots of no shard',
      (text: string) => text.replace('"to": 1023', '"to": 1022'),
      'STORE_CORRUPT',
      /expected a run from slot 1023/,
    ],
    [
      'another engine',
      (text: string) => text.replace('"sqlite"', '"punch cards"'),
      'STORE_CORRUPT',
      /engine/,
    ],
  ])('store.json with %s is refused in one line', async (_, change, code, message) => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder }))[Symbol.asyncDispose]();
    const path = join(folder, STORE_FILE_NAME);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    await expect(openStore({ folder })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    await expect(openStore({ folder })).rejects.not.toThrow('\n');
  });

  test.each([
    ['no folder', {}],
    ['an empty folder name', { folder: '' }],
    ['no shards', { folder: 'x', shards: 0 }],
    ['half a shard', { folder: 'x', shards: 1.5 }],
    ['more shards than make sense', { folder: 'x', shards: 1_025 }],
    ['an unknown engine', { folder: 'x', engine: 'punch cards' }],
    ['an unknown synchronous', { folder: 'x', synchronous: 'MAYBE' }],
    ['a folder for memory', { folder: 'x', engine: 'memory' }],
    ['an unknown option', { folder: 'x', colour: 'red' }],
  ])('options with %s are refused before anything is made', async (_, options) => {
    await expect(openStore(options as StoreOptions)).rejects.toMatchObject({
      code: 'STORE_OPTIONS_INVALID',
      message: expect.stringMatching(/give a folder and 1 to 1024 shards$/),
    });
    expect(existsSync('x')).toBe(false);
  });

  test('a memory store counts, and is new each time', async () => {
    for (let opening = 0; opening < 2; opening++) {
      await using store = await openStore({ engine: 'memory', shards: 3 });
      await store.apply(madeLikes('a', 10));
      expect((await store.totals()).marks).toBe(10);
      expect(await store.settings()).toEqual({ shards: '3', engine: 'memory' });
    }
  });
});
