/** The servers, whoever runs them: this machine, Docker Compose, or somebody else. */
import { checkDocker } from './compose/docker.ts';
import { pullImages, startComposeServer } from './compose/index.ts';
import { reapDeadProjects } from './compose/projects.ts';
import { ExternalServer } from './external/external-server.ts';
import { fetchServers, startLocalServer } from './local/index.ts';
import { reapDeadRuns } from './local/runs.ts';
import type { Runtime, Server, ServerName, Tier } from './server.ts';

export interface WantedServer {
  readonly name: ServerName;
  readonly tier: Tier;
}

export interface StartOptions {
  readonly tier: Tier;
  /** A run folder (local/runs.ts). Servers of other runtimes keep nothing there. */
  readonly folder: string;
  readonly log: (line: string) => void;
  /** Where a proxy of the lab waits for the clients of this server; for `local` servers only. */
  readonly proxyPort?: number | undefined;
  /** It is started again and again: one that starts fast is worth more than one that runs fast. */
  readonly restartsOften?: boolean | undefined;
  /** With a library between the server and its disk; only `local` servers heed it. */
  readonly disk?: boolean | undefined;
}

/**
 * Clears up after labs that died, and brings what the servers need to this machine.
 * @throws LocalServerError, ComposeError or ExternalError, each with the next step
 */
export async function prepareServers(
  runtime: Runtime,
  wanted: readonly WantedServer[],
  log: (line: string) => void,
): Promise<void> {
  await reapDeadRuns(log);
  if (runtime === 'local') {
    await fetchServers([...new Set(wanted.map(({ name }) => name))], log);
    return;
  }
  // The null server needs nothing.
  const others = wanted.flatMap(({ name, tier }) => (name === 'null' ? [] : [{ name, tier }]));
  if (others.length === 0) return;
  if (runtime === 'compose') {
    await checkDocker();
    await reapDeadProjects(log);
    await pullImages(others, log);
    return;
  }
  for (const name of new Set(others.map((server) => server.name))) {
    await new ExternalServer(name).start();
  }
}

/**
 * Resolves when the server answers. The null server is the lab's own and runs on this machine
 * under any runtime.
 * @throws LocalServerError, ComposeError or ExternalError, each with the next step
 */
export async function startServer(
  runtime: Runtime,
  name: ServerName,
  options: StartOptions,
): Promise<Server> {
  if (runtime === 'local' || name === 'null') return await startLocalServer(name, options);
  if (runtime === 'compose') return await startComposeServer(name, options);
  const server = new ExternalServer(name);
  await server.start();
  return server;
}
