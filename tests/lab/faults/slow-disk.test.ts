import { expect, test } from 'vitest';
import { slowDisk, slowDiskKill } from '../../../lab/faults/slow-disk.ts';
import { diskStage, madeServer } from './disk-stage.ts';

test.each([slowDisk, slowDiskKill])(
  '$name ends its delay when it is interrupted',
  async (fault) => {
    const { server, done } = madeServer();
    const controller = new AbortController();
    const striking = fault.strike(diskStage(server, undefined, controller.signal));
    controller.abort();
    await expect(striking).rejects.toThrow();
    expect(done).toEqual(['slow', 'fast']);
  },
);

test('a kill with no sync under way proves nothing', async () => {
  let asked = 0;
  const disk = madeServer().server.disk!;
  const counts = () => ({ ...disk.counts(), syncsDelayed: asked++ });
  const { server } = madeServer({ disk: { ...disk, counts } });
  const { doubts } = await slowDiskKill.strike(diskStage(server));
  expect(doubts).toEqual(['no sync was under way when the server died']);
});
