import { describe, expect, test } from 'vitest';
import { openDiskControl } from '../../../brokers/servers/local/disk/disk-control.ts';
import { diskLibrary, whyNoDiskLibrary } from '../../../brokers/servers/local/disk/disk-library.ts';
import type { Server } from '../../../brokers/servers/server.ts';
import { storeDiskFull } from '../../../lab/faults/store-disk-full.ts';
import { openStore } from '../../../store/open-store.ts';
import { startCountingWorker } from '../../store/start-counting-worker.ts';
import { temporaryFolder } from '../../store/store-folder.ts';
import { diskStage } from './disk-stage.ts';

const library = await diskLibrary(() => {});
const LIKES = 60_000;

describe.skipIf(library === undefined)(`a full disk (${whyNoDiskLibrary() ?? 'built'})`, () => {
  test('below the store is met by a consumer, which counts everything all the same', async () => {
    using temporary = temporaryFolder();
    const { folder, parent } = temporary;
    const opened = await openDiskControl({ folder: parent, filesFolder: folder });
    const order = { folder, source: 'source', likes: LIKES, batchSize: 100, pauseMs: 5 };
    const worker = startCountingWorker({ ...order, poison: 'poison' }, opened.environment);
    await expect.poll(() => worker.of('stored').length, { timeout: 15_000 }).toBeGreaterThan(0);
    const stage = { ...diskStage({} as Server), storeDisk: opened.control };
    const { facts, doubts } = await storeDiskFull.strike(stage);
    expect(doubts).toEqual([]);
    expect(facts.writesRefused).toBeGreaterThan(0);
    expect(await worker.ended).toEqual([0, null]);
    expect(worker.of('outage').length).toBeGreaterThan(0);
    expect(worker.of('done')).toEqual([{ kind: 'done', parked: ['poison'] }]);
    await using store = await openStore({ folder });
    expect((await store.totals()).marks).toBe(LIKES);
  }, 60_000);

  test('ends when the trial is interrupted', async () => {
    using temporary = temporaryFolder();
    const { folder, parent } = temporary;
    const { control, read } = await openDiskControl({ folder: parent, filesFolder: folder });
    const controller = new AbortController();
    const stage = diskStage({} as Server, undefined, controller.signal);
    const striking = storeDiskFull.strike({ ...stage, storeDisk: control });
    expect(read('writesAreRefused')).toBe(1);
    controller.abort();
    await expect(striking).rejects.toThrow();
    expect(read('writesAreRefused')).toBe(0);
  });
});
