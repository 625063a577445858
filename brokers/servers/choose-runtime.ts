/** Who is to run the servers, where the user does not say. */
import { checkDocker } from './compose/docker.ts';
import { ComposeError } from './compose/errors.ts';
import { LocalServerError } from './local/errors.ts';
import { checkLocal } from './local/index.ts';
import type { Runtime, ServerName } from './server.ts';

export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly code = 'NO_RUNTIME';
}

/**
 * This machine by itself where it has what the servers need, else Docker Compose. Servers of
 * somebody else's are used only when asked for.
 * @throws RuntimeError NO_RUNTIME: one line that names all three ways and what each of them needs
 */
export async function chooseRuntime(servers: readonly ServerName[]): Promise<Runtime> {
  const missing = await reasonOf(() => checkLocal(servers), LocalServerError);
  if (missing === undefined) return 'local';
  const noDocker = await reasonOf(checkDocker, ComposeError);
  if (noDocker === undefined) return 'compose';
  throw new RuntimeError(
    `nothing here can run ${servers.join(', ')}: --runtime local: ${missing} · ` +
      `--runtime compose: ${noDocker} · --runtime external: uses servers of your own, named by ` +
      'environment variables (README.md, "Run it against your own servers")',
  );
}

/** Undefined when the check passes. */
async function reasonOf(
  check: () => Promise<void>,
  kind: typeof LocalServerError | typeof ComposeError,
): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (error instanceof kind) return error.message;
    throw error;
  }
}
