/** How any server of this machine is started, for a queue or for a store. */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyServerName } from '../server.ts';
import { LocalServer, type LocalServerOptions, type Recipe } from './local-server.ts';

/** Who has nothing to say to anybody leaves `log` out. */
export type StartLocalOptions = Omit<LocalServerOptions, 'log'> &
  Partial<Pick<LocalServerOptions, 'log'>>;

/** Not started yet, with an empty folder of its own below that of the options. */
export async function makeLocalServer<Name extends AnyServerName>(
  recipe: Recipe<Name>,
  options: StartLocalOptions,
): Promise<LocalServer<Name>> {
  await mkdir(options.folder, { recursive: true });
  const folder = await mkdtemp(join(options.folder, `${recipe.name}-`));
  return new LocalServer(recipe, { log: () => {}, ...options, folder });
}

/**
 * Starts a server with an empty data folder of its own below `folder`, which should be a run
 * folder (runs.ts), so that a leftover of a crash is found. Resolves when it answers.
 * @throws LocalServerError that says what is missing on this machine or why the server ended
 */
export async function startLocal<Name extends AnyServerName>(
  recipe: Recipe<Name>,
  options: StartLocalOptions,
): Promise<LocalServer<Name>> {
  const server = await makeLocalServer(recipe, options);
  await server.start();
  return server;
}
