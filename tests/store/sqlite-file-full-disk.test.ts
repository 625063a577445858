import { describe, expect, test } from 'vitest';
import { openDiskControl } from '../../brokers/servers/local/disk/disk-control.ts';
import { diskLibrary, whyNoDiskLibrary } from '../../brokers/servers/local/disk/disk-library.ts';
import { openStore } from '../../store/open-store.ts';
import { allCounts, madeLikes, modelCounts } from './made-likes.ts';
import { startCountingWorker } from './start-counting-worker.ts';
import { temporaryFolder } from './store-folder.ts';

const WAIT_MS = 15_000;
const LIKES = 20_000;
const POISON = 'no like at all';

const library = await diskLibrary(() => {});

describe.skipIf(library === undefined)(`a full disk (${whyNoDiskLibrary() ?? 'built'})`, () => {
  test('is an outage: the batch is tried again until there is room, none parked', async () => {
    using temporary = temporaryFolder();
    const { folder, parent } = temporary;
    const opened = await openDiskControl({ folder: parent, filesFolder: folder });
    const order = {
      folder,
      source: 'source',
      likes: LIKES,
      batchSize: 100,
      pauseMs: 5,
      poison: POISON,
    };
    const worker = startCountingWorker(order, opened.environment);
    const poll = { timeout: WAIT_MS, interval: 5 };
    await expect.poll(() => worker.of('stored').length, poll).toBeGreaterThan(10);
    expect(opened.isUsedBy(worker.pid)).toBe(true);
    opened.control.refuseWrites(true);
    await expect.poll(() => worker.of('outage').length, poll).toBeGreaterThanOrEqual(3);
    const storedWhileFull = worker.of('stored').length;
    await expect.poll(() => worker.of('outage').length, poll).toBeGreaterThanOrEqual(4);
    expect(worker.of('stored').length).toBe(storedWhileFull);
    expect(storedWhileFull).toBeLessThan(LIKES / 100);
    opened.control.refuseWrites(false);
    expect(await worker.ended).toEqual([0, null]);

    for (const { code, message } of worker.of('outage')) {
      expect(code).toBe('STORE_UNAVAILABLE');
      expect(message).toMatch(/full.*\(SQLite 13\); free some disk space, then deliver the batch/);
    }
    expect(opened.control.counts().writesRefused).toBeGreaterThanOrEqual(4);
    expect(worker.of('done')).toEqual([{ kind: 'done', parked: [POISON] }]);
    await using store = await openStore({ folder });
    expect(await allCounts(store)).toEqual(modelCounts(madeLikes('source', LIKES)));
    expect((await store.totals()).marks).toBe(LIKES);
    expect(await store.findProblems()).toEqual([]);
  }, 60_000);

  test('under a store that is being opened is an outage, and no damage', async () => {
    using temporary = temporaryFolder();
    const { folder, parent } = temporary;
    await (await openStore({ folder }))[Symbol.asyncDispose]();
    const opened = await openDiskControl({ folder: parent, filesFolder: folder });
    opened.control.refuseWrites(true);
    const order = {
      folder,
      source: 'source',
      likes: 100,
      batchSize: 100,
      pauseMs: 5,
      poison: POISON,
    };
    const worker = startCountingWorker(order, opened.environment);
    expect(await worker.ended).toEqual([0, null]);
    expect(worker.of('not opened')).toMatchObject([{ code: 'STORE_UNAVAILABLE' }]);
    expect(opened.control.counts().writesRefused).toBeGreaterThan(0);
  });
});
