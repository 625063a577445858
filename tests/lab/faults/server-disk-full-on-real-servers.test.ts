import { describe, expect, test } from 'vitest';
import { diskLibrary, whyNoDiskLibrary } from '../../../brokers/servers/local/disk/disk-library.ts';
import { startLocalServer } from '../../../brokers/servers/local/index.ts';
import { serverDiskFull } from '../../../lab/faults/server-disk-full.ts';
import { entriesIn, ListWriter } from '../../brokers/servers/disk/list-writer.ts';
import { temporaryFolder } from '../../brokers/servers/temporary-folder.ts';
import { diskStage } from './disk-stage.ts';

const library = await diskLibrary(() => {});

describe.skipIf(library === undefined)(`a full disk (${whyNoDiskLibrary() ?? 'built'})`, () => {
  test.each([
    ['everysec', false],
    ['power', true],
  ] as const)('below Redis at tier %s ends it: %s, and takes nothing', async (tier, ends) => {
    await using folder = await temporaryFolder();
    await using server = await startLocalServer('redis', { tier, folder: folder.path, disk: true });
    const writers = [new ListWriter(server.address)];
    const acknowledged = () => writers.reduce((sum, writer) => sum + writer.acknowledged, 0);
    // The first one gives up when it is refused; whoever tries next succeeds when there is room.
    const stage = diskStage(server, () => {
      const last = writers.at(-1)!;
      if (last.error && server.pid !== undefined) {
        writers.push(new ListWriter(server.address, `likes-${writers.length}`));
      }
      return acknowledged();
    });
    const { facts, doubts } = await serverDiskFull.strike(stage);
    for (const writer of writers) await writer.end();
    expect(doubts).toEqual([]);
    expect(facts.writesRefused).toBeGreaterThan(0);
    expect(facts).toMatchObject({ endedByItself: ends, hung: false, pidAfter: server.pid });
    expect(facts.pid === facts.pidAfter).toBe(!ends);
    expect(await entriesIn(server)).toBeGreaterThanOrEqual(writers[0]!.acknowledged);
  });
});
