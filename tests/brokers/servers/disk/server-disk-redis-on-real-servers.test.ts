import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import {
  diskLibrary,
  whyNoDiskLibrary,
} from '../../../../brokers/servers/local/disk/disk-library.ts';
import { startLocalServer } from '../../../../brokers/servers/local/index.ts';
import type { LocalServer } from '../../../../brokers/servers/local/local-server.ts';
import type { Tier } from '../../../../brokers/servers/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { entriesIn, ListWriter } from './list-writer.ts';

const library = await diskLibrary(() => {});
const reason = whyNoDiskLibrary() ?? 'built';

const WAIT_MS = 20_000;
/** Of everysec: a sync a second, and up to 2 s of waiting for one that is under way. */
const EVERYSEC_WINDOW_MS = 3_000;

async function until(reached: () => boolean): Promise<void> {
  await expect.poll(reached, { timeout: WAIT_MS, interval: 2 }).toBe(true);
}

async function startRedis(tier: Tier, folder: string): Promise<LocalServer> {
  return startLocalServer('redis', { tier, folder, disk: true });
}

describe.skipIf(library === undefined)(`Redis on a disk of ours (${reason})`, () => {
  test.each([
    ['power', 0],
    ['kill', 1],
  ] as const)(
    'at tier %s a power cut leaves what was acknowledged, or nothing at all',
    async (tier, taken) => {
      await using folder = await temporaryFolder();
      await using server = await startRedis(tier, folder.path);
      const writer = new ListWriter(server.address);
      await until(() => writer.acknowledged > 5_000);
      await server.kill();
      await writer.end();
      const { syncs } = server.disk!.counts();
      if (tier === 'power') expect(syncs).toBeGreaterThan(10);
      else expect(syncs).toBe(0);
      const cut = await server.disk!.cutBack!();
      await server.start();
      const kept = await entriesIn(server);
      const { acknowledged, sent } = writer;
      if (taken === 0) expect(kept).toBeGreaterThanOrEqual(acknowledged);
      else expect(kept).toBe(0);
      if (taken > 0) expect(cut.bytes).toBeGreaterThan(acknowledged);
      expect(kept).toBeLessThanOrEqual(sent);
    },
  );

  test('at tier everysec a power cut takes what came after the last sync', async () => {
    await using folder = await temporaryFolder();
    await using server = await startRedis('everysec', folder.path);
    const writer = new ListWriter(server.address);
    const syncs = () => server.disk!.counts().syncs;
    // The third one, so that there is something on the disk; then some more likes, long before the
    // fourth.
    await until(() => syncs() >= 3);
    const { acknowledged: atSync } = writer;
    await until(() => writer.acknowledged > atSync + 2_000);
    const killedAtMs = performance.now();
    await server.kill();
    await writer.end();
    expect((await server.disk!.cutBack!()).files).toBe(1);
    await server.start();
    const kept = await entriesIn(server);
    const { acknowledged } = writer;
    const oldest = writer.acknowledgements.find(({ entries }) => entries > kept)!;
    const windowMs = killedAtMs - oldest.atMs;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(acknowledged);
    expect(windowMs).toBeLessThan(EVERYSEC_WINDOW_MS);
  });

  test('at tier everysec a kill in a slow sync takes what was acknowledged meanwhile', async () => {
    await using folder = await temporaryFolder();
    await using server = await startRedis('everysec', folder.path);
    const writer = new ListWriter(server.address);
    await until(() => server.disk!.counts().syncs >= 1);
    server.disk!.delaySyncs(1_900);
    await until(() => server.disk!.counts().syncsUnderWay === 1);
    const { acknowledged: atSync } = writer;
    await until(() => writer.acknowledged > atSync + 5_000);
    await server.kill();
    await writer.end();
    expect(server.disk!.counts().syncsUnderWay).toBe(1);
    server.disk!.delaySyncs(0);
    await server.start();
    expect(server.disk!.counts().syncsUnderWay).toBe(0);
    const kept = await entriesIn(server);
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(writer.acknowledged);
  });

  test.each(['kill', 'everysec'] as const)(
    'at tier %s a full disk ends writing with MISCONF, and what was acknowledged stays',
    async (tier) => {
      await using folder = await temporaryFolder();
      await using server = await startRedis(tier, folder.path);
      const { pid } = server;
      const before = new ListWriter(server.address);
      await until(() => before.acknowledged > 1_000);
      server.disk!.refuseWrites(true);
      await until(() => before.error !== undefined);
      expect(before.error!.message).toMatch(/MISCONF/);
      expect(server.disk!.counts().writesRefused).toBeGreaterThan(0);
      server.disk!.refuseWrites(false);
      await before.end();
      await takesWrites(server);
      expect(server.pid).toBe(pid);
      await server.kill();
      await server.start();
      const kept = await entriesIn(server);
      expect(kept).toBeGreaterThanOrEqual(before.acknowledged);
    },
  );

  test('at tier power a full disk ends the server, and what was acknowledged stays', async () => {
    await using folder = await temporaryFolder();
    await using server = await startRedis('power', folder.path);
    const writer = new ListWriter(server.address);
    await until(() => writer.acknowledged > 1_000);
    server.disk!.refuseWrites(true);
    await until(() => server.pid === undefined);
    server.disk!.refuseWrites(false);
    await writer.end();
    await server.start();
    const kept = await entriesIn(server);
    expect(kept).toBeGreaterThanOrEqual(writer.acknowledged);
    expect(kept).toBeLessThanOrEqual(writer.sent);
  });
});

/** Redis tries its write again ten times a second, and takes new ones from then on. */
async function takesWrites(server: LocalServer): Promise<void> {
  const [host, port] = server.address.split(':');
  const client = new Redis({ host: host!, port: Number(port) });
  const set = () =>
    client.set('key', 'value').then(
      (answer) => answer === 'OK',
      () => false,
    );
  await expect.poll(set, { timeout: WAIT_MS }).toBe(true);
  client.disconnect();
}
