import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { startLocalServer } from '../../../brokers/servers/local/index.ts';
import { identityOf } from '../../../brokers/servers/local/living.ts';
import { portRefuses } from '../../../brokers/servers/local/process.ts';
import { TIERS, type Tier } from '../../../brokers/servers/server.ts';
import { temporaryFolder } from './temporary-folder.ts';

function connectTo(address: string): Redis {
  const [host, port] = address.split(':');
  const client = new Redis({ host: host!, port: Number(port), retryStrategy: () => null });
  client.on('error', () => {});
  return client;
}

async function setting(client: Redis, name: string): Promise<string | undefined> {
  return ((await client.config('GET', name)) as string[])[1];
}

/** What each tier must show in the running server: appendonly, and appendfsync where it counts. */
const SHOWN: Readonly<Record<Tier, [string, string | undefined]>> = {
  memory: ['no', undefined],
  everysec: ['yes', 'everysec'],
  kill: ['yes', 'no'],
  power: ['yes', 'always'],
};

describe('Redis on this machine', () => {
  test.each(TIERS)('shows in its settings that it runs at tier %s', async (tier) => {
    await using folder = await temporaryFolder();
    await using server = await startLocalServer('redis', { tier, folder: folder.path });
    const client = connectTo(server.address);
    const [appendOnly, fsync] = SHOWN[tier];
    expect(await setting(client, 'appendonly')).toBe(appendOnly);
    if (fsync) expect(await setting(client, 'appendfsync')).toBe(fsync);
    expect(await setting(client, 'save')).toBe('');
    expect(await setting(client, 'maxmemory-policy')).toBe('noeviction');
    expect(await setting(client, 'bind')).toBe('127.0.0.1');
    client.disconnect();
  });

  test.each([
    ['kill', 'a like'],
    ['power', 'a like'],
    ['memory', null],
  ] as const)('at tier %s holds %s after a kill and a restart', async (tier, held) => {
    await using folder = await temporaryFolder();
    await using server = await startLocalServer('redis', { tier, folder: folder.path });
    const { address, pid } = server;
    const before = connectTo(address);
    await before.set('key', 'a like');
    const identity = identityOf(pid!);
    await server.kill();
    before.disconnect();
    expect(identityOf(identity!.pid)).toBeUndefined();
    expect(server.pid).toBeUndefined();
    expect(await portRefuses(Number(address.split(':')[1]))).toBe(true);
    await server.start();
    expect(server.address).toBe(address);
    const after = connectTo(address);
    expect(await after.get('key')).toBe(held);
    after.disconnect();
    if (held) expect(await readFile(server.logFile, 'utf8')).toMatch(/DB loaded from append only/);
  });

  test('has usage until stop, leaves no process then and rejects usage and kill', async () => {
    await using folder = await temporaryFolder();
    await using server = await startLocalServer('redis', { tier: 'kill', folder: folder.path });
    const client = connectTo(server.address);
    await client.set('key', 'x'.repeat(100_000));
    const usage = await server.usage();
    expect(usage.diskBytes).toBeGreaterThan(100_000);
    expect(usage.memoryBytes).toBeGreaterThan(1_000_000);
    expect(usage.cpuUs).toBeGreaterThanOrEqual(0);
    client.disconnect();
    const pid = server.pid!;
    await server.stop();
    expect(identityOf(pid)).toBeUndefined();
    await expect(server.usage()).rejects.toMatchObject({ code: 'SERVER_NOT_RUNNING' });
    await expect(server.kill()).rejects.toMatchObject({ code: 'SERVER_NOT_RUNNING' });
  });

  test('runs twice at once, on ports and data of their own, heard on 127.0.0.1 only', async () => {
    await using folder = await temporaryFolder();
    const options = { tier: 'kill', folder: folder.path } as const;
    const both = await Promise.all([
      startLocalServer('redis', options),
      startLocalServer('redis', options),
    ]);
    await using first = both[0];
    await using second = both[1];
    expect(first.address).not.toBe(second.address);
    const [one, two] = [connectTo(first.address), connectTo(second.address)];
    await one.set('key', 'first');
    expect(await two.get('key')).toBeNull();
    for (const client of [one, two]) client.disconnect();
    if (process.platform === 'linux') expect(listening(first.pid!)).toEqual([first.address]);
  });

  test('cannot be given a tier that it does not have', async () => {
    await using folder = await temporaryFolder();
    const started = startLocalServer('null', { tier: 'power', folder: folder.path });
    await expect(started).rejects.toThrow(/The null server has no tier "power"; choose memory/);
  });
});

/** Every address that a process listens on, by the system's own word. */
function listening(pid: number): string[] {
  const lines = execFileSync('ss', ['-Hltnp'], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(`pid=${pid},`))
    .map((line) => line.trim().split(/\s+/)[3]!.replace('[::ffff:127.0.0.1]', '127.0.0.1'));
}
