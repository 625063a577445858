import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  diskLibrary,
  whyNoDiskLibrary,
} from '../../../../brokers/servers/local/disk/disk-library.ts';
import {
  type OpenedServerDisk,
  openServerDisk,
} from '../../../../brokers/servers/local/disk/server-disk.ts';
import { LocalServer, type Recipe } from '../../../../brokers/servers/local/local-server.ts';
import { nullServer } from '../../../../brokers/servers/local/null-recipe.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import type { FileOrder } from './file-worker.ts';
import { startFileWorker } from './start-file-worker.ts';

const library = await diskLibrary(() => {});

interface Place extends AsyncDisposable {
  readonly opened: OpenedServerDisk;
  /** One life of a server: does all that in its data folder, and is killed. */
  live(...orders: FileOrder[]): Promise<void>;
  /** Sizes of the files, by their paths below the data folder. */
  sizes(): Promise<Record<string, number>>;
}

async function openPlace(): Promise<Place> {
  const folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  await mkdir(join(data, 'topic'), { recursive: true });
  let running = false;
  const opened = await openServerDisk({
    folder: folder.path,
    dataFolder: data,
    appendOnly: (path) => path.endsWith('.log'),
    isRunning: () => running,
    log: () => {},
  });
  return {
    opened,
    async live(...orders) {
      await opened.beginLife();
      await using worker = startFileWorker(opened.environment);
      running = true;
      for (const order of orders) {
        const to = 'to' in order ? { to: join(data, order.to) } : {};
        expect(await worker.tell({ ...order, file: join(data, order.file), ...to })).toBe('ok');
      }
      await expect(opened.disk.cutBack!()).rejects.toMatchObject({ code: 'SERVER_NOT_ENDED' });
      await worker.kill();
      running = false;
    },
    async sizes() {
      const entries = await readdir(data, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      const pairs = files.map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [path.slice(data.length + 1), (await stat(path)).size] as const;
      });
      return Object.fromEntries(await Promise.all(pairs));
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

const append = (file: string, bytes: number): FileOrder => ({ does: 'append', file, bytes });
const sync = (file: string): FileOrder => ({ does: 'sync', file });

const reason = whyNoDiskLibrary() ?? 'built';
describe.skipIf(library === undefined)(`a power cut (disk library: ${reason})`, () => {
  test('takes what was written after the last sync, and all of what never was synced', async () => {
    await using place = await openPlace();
    await place.live(
      append('topic/synced.log', 100),
      sync('topic/synced.log'),
      append('topic/partly.log', 100),
      sync('topic/partly.log'),
      append('topic/partly.log', 30),
      append('never.log', 70),
    );
    expect(await place.opened.disk.cutBack!()).toEqual({ files: 2, bytes: 100 });
    expect(await place.sizes()).toEqual({
      'topic/synced.log': 100,
      'topic/partly.log': 100,
      'never.log': 0,
    });
    expect(await place.opened.disk.cutBack!()).toEqual({ files: 0, bytes: 0 });
    expect(place.opened.disk.counts().syncs).toBe(2);
  });

  test('leaves files alone that the server does not only append to', async () => {
    await using place = await openPlace();
    await place.live(append('index', 100), append('topic/a.log.deleted', 100));
    expect(await place.opened.disk.cutBack!()).toEqual({ files: 0, bytes: 0 });
  });

  test('finds a file under another name, and takes a new one of the old name for new', async () => {
    await using place = await openPlace();
    await place.live(
      append('draft', 100),
      sync('draft'),
      { does: 'rename', file: 'draft', to: 'a.log' },
      append('a.log', 5),
      append('b.log', 100),
      sync('b.log'),
      { does: 'rename', file: 'b.log', to: 'c.log' },
      append('b.log', 40),
    );
    expect(await place.opened.disk.cutBack!()).toEqual({ files: 2, bytes: 45 });
    expect(await place.sizes()).toEqual({ 'a.log': 100, 'b.log': 0, 'c.log': 100 });
  });

  test('does not take a new file for a removed one that had its inode', async () => {
    await using place = await openPlace();
    const files = Array.from({ length: 20 }, (_, number) => `${number}.log`);
    await place.live(
      ...files.flatMap((file): FileOrder[] => [append(file, 100), sync(file)]),
      ...files.map((file): FileOrder => ({ does: 'remove', file })),
      ...files.map((file) => append(`new-${file}`, 50)),
    );
    expect(await place.opened.disk.cutBack!()).toEqual({ files: 20, bytes: 1_000 });
  });

  test('takes what was written anew after the file was made shorter', async () => {
    await using place = await openPlace();
    await place.live(
      append('a.log', 100),
      sync('a.log'),
      { does: 'truncate', file: 'a.log', bytes: 60 },
      append('a.log', 25),
    );
    expect(await place.opened.disk.cutBack!()).toEqual({ files: 1, bytes: 25 });
    expect(await place.sizes()).toEqual({ 'a.log': 60 });
  });

  test('counts what lies there at a start as on the disk', async () => {
    await using place = await openPlace();
    await place.live(append('a.log', 100));
    await place.live(append('a.log', 11), append('b.log', 10));
    expect(await place.opened.disk.cutBack!()).toEqual({ files: 2, bytes: 21 });
    expect(await place.sizes()).toEqual({ 'a.log': 100, 'b.log': 0 });
  });
});

test.skipIf(library === undefined)(
  `a server that does not load the library is not started with it (${reason})`,
  async () => {
    await using folder = await temporaryFolder();
    const recipe: Recipe = {
      ...nullServer,
      async command(facts) {
        const { file, args, answers } = await nullServer.command(facts);
        return { file: '/usr/bin/env', args: ['-u', 'LD_PRELOAD', file, ...args], answers };
      },
    };
    const options = { tier: 'memory', folder: folder.path, log: () => {}, disk: true } as const;
    await using usual = new LocalServer(nullServer, options);
    await usual.start();
    expect(usual.disk!.cutBack).toBeUndefined();
    await using server = new LocalServer(recipe, options);
    await expect(server.start()).rejects.toMatchObject({ code: 'DISK_LIBRARY_MISSING' });
    expect(server.pid).toBeUndefined();
  },
);
