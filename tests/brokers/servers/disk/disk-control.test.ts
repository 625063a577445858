import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type OpenedDiskControl,
  openDiskControl,
} from '../../../../brokers/servers/local/disk/disk-control.ts';
import {
  diskLibrary,
  whyNoDiskLibrary,
} from '../../../../brokers/servers/local/disk/disk-library.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type FileWorker, startFileWorker } from './start-file-worker.ts';

const library = await diskLibrary(() => {});
const DELAY_MS = 300;
/** Far longer than any test waits. */
const ENDLESS_MS = 600_000;

interface Place extends AsyncDisposable {
  readonly opened: OpenedDiskControl;
  readonly worker: FileWorker;
  /** One below the folder that is meant, and one beside it. */
  readonly inside: string;
  readonly outside: string;
}

async function openPlace(): Promise<Place> {
  const folder = await temporaryFolder();
  const files = join(folder.path, 'files');
  await mkdir(files);
  const opened = await openDiskControl({ folder: folder.path, filesFolder: files });
  const worker = startFileWorker(opened.environment);
  return {
    opened,
    worker,
    inside: join(files, 'likes.log'),
    // Begins with the same letters as the folder that is meant.
    outside: join(folder.path, 'files-beside.log'),
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(library === undefined)(
  `the disk library (${whyNoDiskLibrary() ?? 'built'})`,
  () => {
    test('counts syncs of files below its folder, of others none', async () => {
      await using place = await openPlace();
      const { opened, worker, inside, outside } = place;
      for (const file of [inside, inside, outside]) {
        expect(await worker.tell({ does: 'append', file, bytes: 10 })).toBe('ok');
        expect(await worker.tell({ does: 'sync', file })).toBe('ok');
      }
      const counts = { syncs: 2, syncsDelayed: 0, syncsUnderWay: 0, writesRefused: 0 };
      expect(opened.control.counts()).toEqual(counts);
      expect(opened.isUsedBy(worker.pid)).toBe(true);
      expect(opened.isUsedBy(process.pid)).toBe(false);
    });

    test('refuses writes as a full disk does, until it is told to stop', async () => {
      await using place = await openPlace();
      const { opened, worker, inside, outside } = place;
      const append = (file: string) => worker.tell({ does: 'append', file, bytes: 10 });
      expect(await append(inside)).toBe('ok');
      opened.control.refuseWrites(true);
      expect(await append(inside)).toBe('ENOSPC');
      expect(await worker.tell({ does: 'write whole', file: `${inside}.2`, bytes: 10 })).toBe(
        'ENOSPC',
      );
      expect(await append(outside)).toBe('ok');
      opened.control.refuseWrites(false);
      expect(await append(inside)).toBe('ok');
      expect(opened.control.counts().writesRefused).toBe(2);
    });

    test('makes a sync take longer by what it is told, and of others none', async () => {
      await using place = await openPlace();
      const { opened, worker, inside, outside } = place;
      const syncMs = async (file: string) => {
        await worker.tell({ does: 'append', file, bytes: 10 });
        const beganMs = performance.now();
        await worker.tell({ does: 'sync', file });
        return performance.now() - beganMs;
      };
      opened.control.delaySyncs(DELAY_MS);
      expect(await syncMs(inside)).toBeGreaterThanOrEqual(DELAY_MS);
      await syncMs(outside);
      opened.control.delaySyncs(0);
      await syncMs(inside);
      const counts = { syncs: 2, syncsDelayed: 1, syncsUnderWay: 0, writesRefused: 0 };
      expect(opened.control.counts()).toEqual(counts);
    });

    test('a sync that is held back is under way, and goes on when the delay ends', async () => {
      await using place = await openPlace();
      const { opened, worker, inside } = place;
      await worker.tell({ does: 'append', file: inside, bytes: 10 });
      opened.control.delaySyncs(ENDLESS_MS);
      const synced = worker.tell({ does: 'sync', file: inside });
      await expect.poll(() => opened.control.counts().syncsDelayed).toBe(1);
      expect(opened.control.counts()).toMatchObject({ syncs: 0, syncsUnderWay: 1 });
      opened.control.delaySyncs(0);
      expect(await synced).toBe('ok');
      expect(opened.control.counts()).toMatchObject({ syncs: 1, syncsUnderWay: 0 });
    });

    test('a process that is killed in a sync leaves it under way until that is reset', async () => {
      await using place = await openPlace();
      const { opened, worker, inside } = place;
      await worker.tell({ does: 'append', file: inside, bytes: 10 });
      opened.control.delaySyncs(ENDLESS_MS);
      void worker.tell({ does: 'sync', file: inside });
      await expect.poll(() => opened.control.counts().syncsUnderWay).toBe(1);
      await worker.kill();
      expect(opened.control.counts()).toMatchObject({ syncs: 0, syncsUnderWay: 1 });
      expect(opened.isUsedBy(worker.pid)).toBe(false);
      opened.forgetSyncsUnderWay();
      expect(opened.control.counts().syncsUnderWay).toBe(0);
    });

    test('with a control file of another layout it does nothing, which shows', async () => {
      await using place = await openPlace();
      const { opened, inside } = place;
      writeFileSync(opened.environment.LIKE_LAB_DISK_CONTROL!, Buffer.alloc(64));
      opened.control.refuseWrites(true);
      await using worker = startFileWorker(opened.environment);
      expect(await worker.tell({ does: 'append', file: inside, bytes: 10 })).toBe('ok');
      expect(opened.isUsedBy(worker.pid)).toBe(false);
    });
  },
);
