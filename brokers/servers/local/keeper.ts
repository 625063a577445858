/** The process that keeps servers up: `node keeper.ts LAB_FOLDER TIER NAME…`. See up.ts. */
import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SERVER_NAMES, type ServerName, TIERS, type Tier } from '../server.ts';
import { LocalServerError } from './errors.ts';
import { startLocalServer, tierAtHand } from './index.ts';
import { identityOf } from './living.ts';
import type { LocalServer } from './local-server.ts';
import { tryLock } from './lock.ts';
import { openRunFolder } from './runs.ts';
import { type KeeperMessage, type UpServers, upFileOf } from './up.ts';

const args = z.tuple([z.string(), z.enum(TIERS)], z.enum(SERVER_NAMES));

function tell(message: KeeperMessage): void {
  if (process.connected) process.send?.(message);
}

async function startAll(names: readonly ServerName[], tier: Tier, folder: string) {
  const log = (line: string) => tell({ kind: 'line', line });
  const started: LocalServer[] = [];
  try {
    for (const name of names) {
      started.push(await startLocalServer(name, { tier: tierAtHand(name, tier), folder, log }));
    }
    return started;
  } catch (error) {
    await Promise.all(started.map((server) => server.stop()));
    throw error;
  }
}

function describe(names: readonly ServerName[], servers: readonly LocalServer[]): UpServers {
  return {
    keeper: identityOf(process.pid)!,
    servers: servers.map((server, index) => ({
      name: names[index]!,
      tier: server.tier,
      address: server.address,
      process: identityOf(server.pid!)!,
    })),
  };
}

/** Resolves when somebody asks the keeper to end. */
function askedToEnd(): Promise<unknown> {
  return Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
}

async function keep(labFolder: string, tier: Tier, names: readonly ServerName[]): Promise<void> {
  const asked = askedToEnd();
  // When the one who asked for the servers goes away before they are up, nobody wants them.
  const abandoned = once(process, 'disconnect');
  await using lock = await tryLock(join(labFolder, 'up.lock'));
  if (lock === undefined) {
    throw new LocalServerError(
      'KEEPER_FAILED',
      'another process is starting servers right now; wait until it has, and run again',
    );
  }
  await using folder = await openRunFolder(labFolder);
  const servers = await startAll(names, tier, folder.path);
  try {
    if (!process.connected) return;
    const file = upFileOf(labFolder);
    await writeFile(`${file}.draft`, JSON.stringify(describe(names, servers), null, 2));
    await rename(`${file}.draft`, file);
    tell({ kind: 'up' });
    await abandoned;
    await untilAsked(asked);
    await rm(file, { force: true });
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Signals alone do not keep a process alive; a timer does. */
async function untilAsked(asked: Promise<unknown>): Promise<void> {
  const staying = setInterval(() => {}, 3_600_000);
  await asked.finally(() => clearInterval(staying));
}

try {
  const [labFolder, tier, ...names] = args.parse(process.argv.slice(2));
  await keep(labFolder, tier, names);
} catch (error) {
  console.error(error);
  tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
// The channel to the one who asked would keep this process alive.
if (process.connected) process.disconnect();
