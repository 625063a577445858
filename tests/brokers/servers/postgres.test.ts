import { chmod, readFile, readlink, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { childrenOf, identityOf, isAlive } from '../../../brokers/servers/local/living.ts';
import { postgresUrl } from '../../../brokers/servers/local/postgres.ts';
import { portRefuses } from '../../../brokers/servers/local/process.ts';
import { startLocalStoreServer } from '../../../brokers/servers/local/store-servers.ts';
import type { Server } from '../../../brokers/servers/server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const IS_ROOT = process.getuid?.() === 0;

async function connectTo(server: Server): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: postgresUrl(server.endpoint) });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function shown(client: pg.Client, name: string): Promise<unknown> {
  return (await client.query(`SHOW ${name}`)).rows[0][name];
}

/** As run folders are: PostgreSQL may pass through as somebody else. */
async function passableFolder() {
  const folder = await temporaryFolder();
  await chmod(folder.path, 0o711);
  return folder;
}

test('PostgreSQL holds a commit over a kill and a restart, at tier power', async () => {
  await using folder = await passableFolder();
  await using server = await startLocalStoreServer('postgres', {
    tier: 'power',
    folder: folder.path,
  });
  const before = await connectTo(server);
  expect(await shown(before, 'fsync')).toBe('on');
  expect(await shown(before, 'synchronous_commit')).toBe('on');
  expect(await shown(before, 'full_page_writes')).toBe('on');
  expect(await shown(before, 'listen_addresses')).toBe('127.0.0.1');
  expect(await shown(before, 'server_version')).toBe(await server.version());
  const { username } = server.endpoint;
  const guess = postgresUrl({ address: server.address, username, password: 'guessed' });
  const stranger = new pg.Client({ connectionString: guess });
  await expect(stranger.connect()).rejects.toMatchObject({ code: '28P01' });
  await before.query('CREATE TABLE kept (post text); INSERT INTO kept VALUES ($$a like$$)');
  const { address } = server;
  const main = identityOf(server.pid!)!;
  const children = childrenOf(main.pid);
  // At least the one that serves this test.
  expect(children.length).toBeGreaterThan(1);
  const { endedBy } = await server.kill();
  expect(endedBy).toBe('SIGKILL');
  expect([main, ...children].filter(isAlive)).toEqual([]);
  expect(await portRefuses(Number(address.split(':')[1]))).toBe(true);
  await server.start();
  expect(server.address).toBe(address);
  const after = await connectTo(server);
  expect((await after.query('SELECT post FROM kept')).rows).toEqual([{ post: 'a like' }]);
  expect(await readFile(server.logFile, 'utf8')).toContain('automatic recovery in progress');
  // An orderly end, although a client is connected.
  await server.stop();
  expect(await readFile(server.logFile, 'utf8')).toContain('database system is shut down');
  await after.end().catch(() => {});
});

test.runIf(IS_ROOT)('for root it runs as nobody, also below a folder of root alone', async () => {
  await using folder = await temporaryFolder();
  expect((await stat(folder.path)).mode & 0o777).toBe(0o700);
  let elsewhere: string;
  {
    await using server = await startLocalStoreServer('postgres', {
      tier: 'power',
      folder: folder.path,
    });
    elsewhere = await readlink(join(server.folder, 'elsewhere'));
    expect(elsewhere.startsWith(tmpdir())).toBe(true);
    const { uid } = await stat(join(elsewhere, 'data', 'PG_VERSION'));
    expect(uid).not.toBe(0);
    expect((await server.usage()).diskBytes).toBeGreaterThan(10_000_000);
  }
  await expect(stat(elsewhere)).rejects.toMatchObject({ code: 'ENOENT' });
});
