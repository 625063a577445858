import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { isAlive } from '../../../brokers/servers/local/living.ts';
import { waitUntilEnded } from '../../../brokers/servers/local/runs.ts';
import { readUp, serversDown, serversUp } from '../../../brokers/servers/local/up.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ENDED_TIMEOUT_MS = 10_000;

test('servers stay up until they are taken down, and a second up finds the same', async () => {
  await using folder = await temporaryFolder();
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  await serversDown(log, folder.path);
  expect(lines).toEqual(['no servers are up']);

  const up = await serversUp(['redis', 'null'], 'kill', log, folder.path);
  expect(up.servers.map(({ name, tier }) => [name, tier])).toEqual([
    ['redis', 'kill'],
    ['null', 'memory'],
  ]);
  expect((await fetch(`http://${up.servers[1]!.address}/settings`)).status).toBe(200);

  lines.length = 0;
  expect(await serversUp(['redis'], 'kill', log, folder.path)).toEqual(up);
  expect(lines[0]).toMatch(/already up/);
  expect(lines[1]).toBe(`redis (kill) at ${up.servers[0]!.address}`);

  await serversDown(log, folder.path);
  expect(lines.at(-1)).toBe('down: redis, null');
  for (const server of up.servers) expect(isAlive(server.process)).toBe(false);
  expect(isAlive(up.keeper)).toBe(false);
  expect(await readUp(folder.path)).toBeUndefined();
});

test('a keeper that fails is quoted, and leaves nothing running', async () => {
  await using folder = await temporaryFolder();
  vi.stubEnv('JAVA_HOME', '/nowhere');
  const failed = serversUp(['redis', 'kafka'], 'kill', () => {}, folder.path);
  await expect(failed).rejects.toThrow(/^no Java found for Kafka: JAVA_HOME is \/nowhere/);
  vi.unstubAllEnvs();
  expect(await readUp(folder.path)).toBeUndefined();
});

test('after SIGKILL of the keeper, down clears up and a new up works', async () => {
  await using folder = await temporaryFolder();
  const first = await serversUp(['redis'], 'memory', () => {}, folder.path);
  process.kill(first.keeper.pid, 'SIGKILL');
  await waitUntilEnded(first.keeper, ENDED_TIMEOUT_MS);
  const second = await serversUp(['redis'], 'memory', () => {}, folder.path);
  expect(isAlive(first.servers[0]!.process)).toBe(false);
  expect(second.keeper).not.toEqual(first.keeper);
  await serversDown(() => {}, folder.path);
  expect(isAlive(second.servers[0]!.process)).toBe(false);
});

test('a file that no keeper wrote is named', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'up.json'), '{"keeper":1}');
  await expect(readUp(folder.path)).rejects.toThrow(/up.json is not what a keeper .* delete it/);
  await rm(join(folder.path, 'up.json'));
});
