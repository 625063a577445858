import { describe, expect, test } from 'vitest';
import { diskLibrary, whyNoDiskLibrary } from '../../../brokers/servers/local/disk/disk-library.ts';
import { startLocalServer } from '../../../brokers/servers/local/index.ts';
import { slowDisk, slowDiskKill } from '../../../lab/faults/slow-disk.ts';
import { entriesIn, ListWriter } from '../../brokers/servers/disk/list-writer.ts';
import { temporaryFolder } from '../../brokers/servers/temporary-folder.ts';
import { diskStage } from './disk-stage.ts';

const library = await diskLibrary(() => {});

describe.skipIf(library === undefined)(`a slow disk (${whyNoDiskLibrary() ?? 'built'})`, () => {
  test('holds Redis up and takes nothing from it', async () => {
    await using folder = await temporaryFolder();
    const options = { tier: 'power', folder: folder.path, disk: true } as const;
    await using server = await startLocalServer('redis', options);
    const writer = new ListWriter(server.address);
    const { facts, doubts } = await slowDisk.strike(diskStage(server));
    const acknowledgedThen = writer.acknowledged;
    await expect.poll(() => writer.acknowledged).toBeGreaterThan(acknowledgedThen + 1_000);
    await writer.end();
    expect(doubts).toEqual([]);
    expect(facts.syncsDelayed).toBeGreaterThanOrEqual(2);
    expect(facts).toMatchObject({ pid: server.pid, endedByItself: false });
    expect(await entriesIn(server)).toBe(writer.acknowledged);
  });

  test.each([
    ['power', false],
    ['everysec', true],
  ] as const)('at tier %s a kill meanwhile takes acknowledged likes: %s', async (tier, taken) => {
    await using folder = await temporaryFolder();
    await using server = await startLocalServer('redis', { tier, folder: folder.path, disk: true });
    const writer = new ListWriter(server.address);
    await expect.poll(() => writer.acknowledged).toBeGreaterThan(0);
    const { facts, doubts } = await slowDiskKill.strike(diskStage(server));
    await writer.end();
    expect(doubts).toEqual([]);
    expect(facts).toMatchObject({ endedBy: 'SIGKILL', pidAfter: server.pid, syncsUnderWay: 1 });
    const kept = await entriesIn(server);
    if (taken) expect(kept).toBeLessThan(writer.acknowledged);
    else expect(kept).toBeGreaterThanOrEqual(writer.acknowledged);
  });
});
