import { describe, expect, test } from 'vitest';
import type { Server } from '../../../brokers/servers/server.ts';
import { whyNoDisk, whyNoSyncs } from '../../../lab/faults/disk.ts';
import { untilTrue } from '../../../lab/faults/waiting.ts';
import { diskStage, madeServer } from './disk-stage.ts';

describe('waiting', () => {
  test('ends when it comes true, or when the time is over', async () => {
    const stage = diskStage(madeServer().server);
    let asked = 0;
    expect(await untilTrue(() => ++asked > 3, 10_000, stage)).toBe(true);
    expect(await untilTrue(() => false, 20, stage)).toBe(false);
  });

  test('ends with the trial', async () => {
    const controller = new AbortController();
    const stage = diskStage(madeServer().server, undefined, controller.signal);
    const waiting = untilTrue(() => false, 60_000, stage);
    controller.abort();
    await expect(waiting).rejects.toThrow();
  });
});

describe('the disk does not matter', () => {
  test.each<[Partial<Server>, RegExp | undefined, RegExp | undefined]>([
    [{ tier: 'memory' }, /keeps nothing on a disk/, /keeps nothing on a disk/],
    [{ disk: undefined }, /no library/, /no library/],
    [{ tier: 'kill' }, undefined, /appendfsync no/],
    [{ tier: 'everysec' }, undefined, undefined],
    [{ tier: 'power' }, undefined, undefined],
    [{ tier: 'kill', name: 'kafka' }, undefined, undefined],
  ])('to %o, or a slow one does not', (given, noDisk, noSyncs) => {
    const { server } = madeServer(given);
    if (noDisk) expect(whyNoDisk(server)).toMatch(noDisk);
    else expect(whyNoDisk(server)).toBeUndefined();
    if (noSyncs) expect(whyNoSyncs(server)).toMatch(noSyncs);
    else expect(whyNoSyncs(server)).toBeUndefined();
  });
});
