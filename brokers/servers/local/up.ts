/**
 * `servers up` and `servers down`: servers that stay while no lab runs, kept by a keeper process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { SERVER_NAMES, type ServerName, TIERS, type Tier } from '../server.ts';
import { LocalServerError, systemCodeOf } from './errors.ts';
import { LAB_FOLDER, makeUsableFolder } from './lab-folder.ts';
import { isAlive, lastLinesOf, processIdentity } from './living.ts';
import { reapDeadRuns, waitUntilEnded } from './runs.ts';

const UP_TIMEOUT_MS = 900_000;
const DOWN_TIMEOUT_MS = 60_000;
const KEEPER_LINES_SHOWN = 15;
const KEEPER_ENTRY = fileURLToPath(new URL('keeper.ts', import.meta.url));

const upServers = z.object({
  keeper: processIdentity,
  servers: z.array(
    z.object({
      name: z.enum(SERVER_NAMES),
      tier: z.enum(TIERS),
      address: z.string().regex(/^[\w.]+:\d+$/),
      process: processIdentity,
    }),
  ),
});
/** What .lab/up.json holds. */
export type UpServers = z.infer<typeof upServers>;

/** What the keeper tells the process that started it. */
const keeperMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('line'), line: z.string() }),
  z.object({ kind: z.literal('up') }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);
export type KeeperMessage = z.infer<typeof keeperMessage>;

export function upFileOf(labFolder: string): string {
  return join(labFolder, 'up.json');
}

/**
 * The servers that a living keeper keeps; undefined when there is none.
 * @throws LocalServerError KEEPER_FAILED when the file is not what a keeper writes
 */
export async function readUp(labFolder = LAB_FOLDER): Promise<UpServers | undefined> {
  const file = upFileOf(labFolder);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const found = upServers.parse(JSON.parse(text));
    return isAlive(found.keeper) ? found : undefined;
  } catch (cause) {
    throw new LocalServerError(
      'KEEPER_FAILED',
      `${file} is not what a keeper of servers wrote; delete it and run again`,
      { cause },
    );
  }
}

/**
 * Starts a keeper that starts the servers and stays; resolves when all of them answer. When
 * servers are up already, it says so and resolves with those. A server that lacks the tier runs at
 * `kill`, or at `memory` when it has only that.
 * @throws LocalServerError KEEPER_FAILED with the keeper's last words
 */
export async function serversUp(
  names: readonly ServerName[],
  tier: Tier,
  log: (line: string) => void,
  labFolder = LAB_FOLDER,
): Promise<UpServers> {
  await makeUsableFolder(labFolder);
  const already = await readUp(labFolder);
  if (already !== undefined) {
    log('servers are already up; take them down first to have others');
    showServers(already, log);
    return already;
  }
  await reapDeadRuns(log, labFolder);
  await startKeeper([labFolder, tier, ...names], join(labFolder, 'keeper.log'), log);
  const up = await readUp(labFolder);
  if (up === undefined) throw await keeperFailed('has ended', join(labFolder, 'keeper.log'));
  showServers(up, log);
  return up;
}

function showServers(up: UpServers, log: (line: string) => void): void {
  for (const { name, tier, address } of up.servers) log(`${name} (${tier}) at ${address}`);
}

async function keeperFailed(problem: string, keeperLog: string): Promise<LocalServerError> {
  return new LocalServerError(
    'KEEPER_FAILED',
    `the keeper of the servers ${problem}; correct what its last words name and run again:`,
    { lines: await lastLinesOf(keeperLog, KEEPER_LINES_SHOWN) },
  );
}

async function startKeeper(
  args: readonly string[],
  keeperLog: string,
  log: (line: string) => void,
): Promise<void> {
  await rm(keeperLog, { force: true });
  const output = await open(keeperLog, 'a');
  const child = spawn(process.execPath, [KEEPER_ENTRY, ...args], {
    detached: true,
    stdio: ['ignore', output.fd, output.fd, 'ipc'],
  });
  await output.close();
  const failure = await firstWord(child, log);
  child.removeAllListeners();
  if (child.connected) child.disconnect();
  child.unref();
  if (failure === undefined) return;
  if ('problem' in failure) throw await keeperFailed(failure.problem, keeperLog);
  const [line = '', ...lines] = failure.said.split('\n  | ');
  throw new LocalServerError('KEEPER_FAILED', line, { lines });
}

/** Undefined when all servers are up, else what the keeper said, or how it ended without a word. */
function firstWord(
  child: ChildProcess,
  log: (line: string) => void,
): Promise<{ said: string } | { problem: string } | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      // The keeper notices that nobody listens any more, and ends.
      resolve({ problem: `was not ready within ${UP_TIMEOUT_MS / 1000} s` });
    }, UP_TIMEOUT_MS);
    const finish = (failure?: { said: string } | { problem: string }) => {
      clearTimeout(timer);
      resolve(failure);
    };
    child.on('message', (value) => {
      const message = keeperMessage.parse(value);
      if (message.kind === 'line') log(message.line);
      else finish(message.kind === 'up' ? undefined : { said: message.message });
    });
    child.once('error', (error) => finish({ problem: `cannot be run (${error.message})` }));
    child.once('exit', (code, signal) =>
      finish({ problem: `ended early (${signal ?? `code ${code}`})` }),
    );
  });
}

/** Resolves when the keeper and its servers have ended; says so when nothing was up. */
export async function serversDown(
  log: (line: string) => void,
  labFolder = LAB_FOLDER,
): Promise<void> {
  const up = await readUp(labFolder);
  if (up === undefined) {
    await reapDeadRuns(log, labFolder);
    await rm(upFileOf(labFolder), { force: true });
    log('no servers are up');
    return;
  }
  process.kill(up.keeper.pid, 'SIGTERM');
  await waitUntilEnded(up.keeper, DOWN_TIMEOUT_MS);
  for (const server of up.servers) await waitUntilEnded(server.process, DOWN_TIMEOUT_MS);
  log(`down: ${up.servers.map(({ name }) => name).join(', ')}`);
}
