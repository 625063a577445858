/** A lock between processes of one machine: a file that names its owner. */
import { link, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalServerError, systemCodeOf } from './errors.ts';
import { identityOf, isAlive, type ProcessIdentity, processIdentity } from './living.ts';

const LOCK_WAIT_MS = 600_000;
const LOCK_POLL_MS = 200;
/** Taking over takes microseconds; a marker older than this was left by a process that died. */
const TAKEOVER_AGE_MAX_MS = 10_000;

export interface Lock extends AsyncDisposable {
  release(): Promise<void>;
}

/** Who holds the lock: undefined when nobody does, or when the one who did has died. */
export async function lockOwner(file: string): Promise<ProcessIdentity | undefined> {
  const owner = ownerIn(await textOf(file));
  return owner !== undefined && isAlive(owner) ? owner : undefined;
}

/** Returns undefined when another living process has the lock. */
export async function tryLock(file: string): Promise<Lock | undefined> {
  await mkdir(dirname(file), { recursive: true });
  const text = await textOf(file);
  if (text !== undefined) {
    const owner = ownerIn(text);
    if (owner !== undefined && isAlive(owner)) return undefined;
    if (!(await removeStale(file, text))) return undefined;
  }
  return claim(file);
}

/**
 * Waits for the lock; `onWait` is told once who has it.
 * @throws LocalServerError LOCK_BUSY after 10 minutes
 */
export async function waitForLock(
  file: string,
  onWait: (owner: ProcessIdentity) => void,
): Promise<Lock> {
  const deadlineMs = Date.now() + LOCK_WAIT_MS;
  let told = false;
  while (Date.now() < deadlineMs) {
    const lock = await tryLock(file);
    if (lock !== undefined) return lock;
    const owner = await lockOwner(file);
    if (owner !== undefined && !told) onWait(owner);
    told ||= owner !== undefined;
    await sleep(LOCK_POLL_MS);
  }
  const owner = await lockOwner(file);
  throw new LocalServerError(
    'LOCK_BUSY',
    `${file} has been held for ${LOCK_WAIT_MS / 1000} s, now by process ${owner?.pid}; ` +
      'end that process if it hangs, and run again',
  );
}

/** A link appears with its whole text at once, so no one ever reads half an owner. */
async function claim(file: string): Promise<Lock | undefined> {
  const draft = `${file}.${process.pid}.${crypto.randomUUID()}`;
  await writeFile(draft, JSON.stringify(identityOf(process.pid)));
  try {
    await link(draft, file);
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return undefined;
    throw error;
  } finally {
    await rm(draft);
  }
  const release = () => rm(file, { force: true });
  return { release, [Symbol.asyncDispose]: release };
}

/**
 * Removes the lock of a dead owner. A second file makes sure that only one process does it, and
 * that process looks again: another may have taken over and locked anew since we read.
 */
async function removeStale(file: string, staleText: string): Promise<boolean> {
  const marker = `${file}.takeover`;
  try {
    await (await open(marker, 'wx')).close();
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
    const made = await stat(marker).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > TAKEOVER_AGE_MAX_MS) await rm(marker, { force: true });
    return false;
  }
  try {
    if ((await textOf(file)) !== staleText) return false;
    await rm(file);
    return true;
  } finally {
    await rm(marker, { force: true });
  }
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}

function ownerIn(text: string | undefined): ProcessIdentity | undefined {
  if (text === undefined) return undefined;
  try {
    return processIdentity.safeParse(JSON.parse(text)).data;
  } catch {
    // A lock that is not JSON was not written by this lab and holds nobody back.
    return undefined;
  }
}
