/**
 * Run folders: what one lab process keeps on the disk while it runs. Each names its owner, so that
 * a later lab can end and remove what a dead one left, and never touches that of a living one.
 */
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { removeElsewhere } from './elsewhere.ts';
import { LocalServerError, systemCodeOf } from './errors.ts';
import { LAB_FOLDER, makeUsableFolder } from './lab-folder.ts';
import { identityOf, isAlive, type ProcessIdentity, processIdentity } from './living.ts';
import { waitForLock } from './lock.ts';
import { PROCESS_FILE } from './process.ts';

const LEFTOVER_TIMEOUT_MS = 10_000;
const LEFTOVER_POLL_MS = 20;
const OWNER_FILE = 'owner.json';
/** A folder gets its final name when its owner is written; until then it is a draft. */
const DRAFT_PREFIX = '.draft-';

const owner = processIdentity.extend({ host: z.string() });

export interface RunFolder extends AsyncDisposable {
  readonly path: string;
  /** Removes the folder; call it when its servers have ended. */
  remove(): Promise<void>;
}

/** @throws LocalServerError LAB_FOLDER_UNUSABLE when the disk is full or may not be written */
export async function openRunFolder(labFolder = LAB_FOLDER): Promise<RunFolder> {
  const runs = runsFolderOf(labFolder);
  await makeUsableFolder(runs);
  const draft = await mkdtemp(join(runs, DRAFT_PREFIX));
  const me = { ...identityOf(process.pid), host: hostname() };
  await writeFile(join(draft, OWNER_FILE), JSON.stringify(me));
  const startedAt = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const path = join(runs, `${startedAt}-${process.pid}-${draft.slice(-6)}`);
  // Open to pass through, not to look into: a server that does not run as root has files below.
  await chmod(draft, 0o711);
  await rename(draft, path);
  const remove = () => removeFolder(path);
  return { path, remove, [Symbol.asyncDispose]: remove };
}

/**
 * Ends the servers that dead labs left running and removes their folders. Returns those folders.
 * Folders of living labs stay, and so do those that another host made, whose processes cannot be
 * seen from here.
 */
export async function reapDeadRuns(
  log: (line: string) => void,
  labFolder = LAB_FOLDER,
): Promise<string[]> {
  const runs = runsFolderOf(labFolder);
  await mkdir(runs, { recursive: true }).catch(() => makeUsableFolder(runs));
  await using _lock = await waitForLock(join(labFolder, 'runs.lock'), (holder) =>
    log(`waiting for process ${holder.pid}, which is clearing up after dead labs`),
  );
  const reaped: string[] = [];
  for (const entry of await readdir(runs, { withFileTypes: true })) {
    const folder = join(runs, entry.name);
    if (!entry.isDirectory() || entry.name.startsWith(DRAFT_PREFIX)) continue;
    const found = await readIdentity(join(folder, OWNER_FILE), owner);
    if (found !== undefined && found.host !== hostname()) {
      log(`leaving ${folder} alone: it belongs to host ${found.host}`);
      continue;
    }
    if (found !== undefined && isAlive(found)) continue;
    await endLeftovers(folder, log);
    await removeFolder(folder);
    log(`removed ${folder}, whose lab (process ${found?.pid ?? 'unknown'}) has ended`);
    reaped.push(folder);
  }
  return reaped;
}

function runsFolderOf(labFolder: string): string {
  return join(labFolder, 'runs');
}

async function removeFolder(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await removeElsewhere(join(folder, entry.name));
  }
  // Retries: a server that was killed a moment ago may still have a write in the kernel.
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

async function endLeftovers(folder: string, log: (line: string) => void): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.name !== PROCESS_FILE) continue;
    const server = await readIdentity(join(entry.parentPath, PROCESS_FILE), processIdentity);
    // An id that has been given to another process since is not ours to end.
    if (server === undefined || !isAlive(server)) continue;
    process.kill(server.pid, 'SIGKILL');
    await waitUntilEnded(server, LEFTOVER_TIMEOUT_MS);
    log(`ended process ${server.pid}, a server that a dead lab had left in ${entry.parentPath}`);
  }
}

/** @throws LocalServerError SERVER_NOT_ENDED */
export async function waitUntilEnded(found: ProcessIdentity, limitMs: number): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  while (isAlive(found)) {
    if (Date.now() > deadlineMs) {
      throw new LocalServerError(
        'SERVER_NOT_ENDED',
        `process ${found.pid} has not ended within ${limitMs / 1000} s; end it by hand ` +
          `(kill -9 ${found.pid}) and run again`,
      );
    }
    await sleep(LEFTOVER_POLL_MS);
  }
}

/** Undefined when the file is not there or holds something else, as after a crash in writing it. */
async function readIdentity<T>(file: string, shape: z.ZodType<T>): Promise<T | undefined> {
  try {
    return shape.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
