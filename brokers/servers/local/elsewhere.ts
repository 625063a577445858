/** Files of a server that cannot be in its own folder: a folder among the system's temporary ones,
 * and a link to it, by which it is found and removed along with the other. */
import { randomUUID } from 'node:crypto';
import { mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemCodeOf } from './errors.ts';

const LINK_FILE = 'elsewhere';

/** Makes the folder, open for everybody to pass through. Returns its path. */
export async function makeElsewhere(serverFolder: string): Promise<string> {
  const path = join(tmpdir(), `like-lab-${randomUUID()}`);
  // The link first: a lab that dies in between leaves none that nobody finds.
  await symlink(path, join(serverFolder, LINK_FILE));
  await mkdir(path, { mode: 0o711 });
  return path;
}

/** Does nothing where there is none. */
export async function removeElsewhere(serverFolder: string): Promise<void> {
  const link = join(serverFolder, LINK_FILE);
  const path = await readlink(link).catch((error: unknown) => {
    if (['ENOENT', 'EINVAL'].includes(systemCodeOf(error) ?? '')) return undefined;
    throw error;
  });
  if (path === undefined) return;
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  await rm(link, { force: true });
}
