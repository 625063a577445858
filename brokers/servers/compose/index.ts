/** Servers in containers: docker-compose.yml, one project a server. */
import type { Tier } from '../server.ts';
import { ComposeServer } from './compose-server.ts';
import { composeArgs, docker } from './docker.ts';
import { newProject, removeProject } from './projects.ts';
import { type ComposedName, serviceOf } from './services.ts';

/** Some hundred megabytes over a slow line. */
const PULL_TIMEOUT_MS = 900_000;

/**
 * Brings the images to this machine, so that the first trial does not wait for them.
 * @throws ComposeError DOCKER_FAILED with Docker's last lines
 */
export async function pullImages(
  servers: readonly { readonly name: ComposedName; readonly tier: Tier }[],
  log: (line: string) => void,
): Promise<void> {
  const services = [...new Set(servers.map(({ name, tier }) => serviceOf(name, tier).name))];
  if (services.length === 0) return;
  log(`bringing the images of ${services.join(', ')} where they are missing`);
  await docker(composeArgs(newProject(), ['pull', '--quiet', '--policy', 'missing', ...services]), {
    timeoutMs: PULL_TIMEOUT_MS,
  });
}

/**
 * Starts a server in a container of its own with an empty volume. Resolves when it answers.
 * @throws ComposeError SERVER_NOT_STARTED with the last words of Docker and of the server
 */
export async function startComposeServer(
  name: ComposedName,
  options: { tier: Tier; log: (line: string) => void },
): Promise<ComposeServer> {
  const server = new ComposeServer(name, options);
  try {
    await server.start();
    return server;
  } catch (error) {
    // The failure says more than a project that cannot be removed either: the next lab does that.
    await removeProject(server.project).catch(() => undefined);
    throw error;
  }
}
