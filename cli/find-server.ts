/** Where a server is that runs already, on each of the ways to run it. */
import { checkDocker, docker } from '../brokers/servers/compose/docker.ts';
import { type ComposedName, serviceOf } from '../brokers/servers/compose/services.ts';
import { ExternalServer } from '../brokers/servers/external/external-server.ts';
import { readUp } from '../brokers/servers/local/up.ts';
import type { Endpoint, Runtime, ServerName, Tier } from '../brokers/servers/server.ts';
import { UsageError } from './usage-error.ts';

export interface FoundServer {
  readonly endpoint: Endpoint;
  readonly tier: Tier;
}

/** The name of the project in docker-compose.yml, which `docker compose up` starts by hand. */
const COMPOSE_PROJECT = 'like-lab';
const COMPOSE_LABEL = 'com.docker.compose';
/** How long Docker may take to say what runs. */
const DOCKER_TIMEOUT_MS = 15_000;

/**
 * Starts nothing. The null server is the lab's own and runs on this machine under any runtime.
 * @throws UsageError that says how to start one; ExternalError or ComposeError with the next step
 */
export async function findServer(runtime: Runtime, name: ServerName): Promise<FoundServer> {
  if (runtime === 'local' || name === 'null') return await findLocal(name);
  if (runtime === 'compose') return await findComposed(name);
  const server = new ExternalServer(name);
  await server.start();
  return { endpoint: server.endpoint, tier: server.tier };
}

async function findLocal(name: ServerName): Promise<FoundServer> {
  const up = await readUp();
  const found = up?.servers.find((server) => server.name === name);
  if (found !== undefined) return { endpoint: { address: found.address }, tier: found.tier };
  throw new UsageError(
    `no ${name} server is up here; start the servers with npm run lab -- servers up, or name ` +
      'your own with --runtime external',
  );
}

/** Where several tiers of a server run, the one that `docker compose up` starts by itself. */
async function findComposed(name: ComposedName): Promise<FoundServer> {
  await checkDocker();
  const label = (what: string) => `${COMPOSE_LABEL}.${what}`;
  const format = `{{.Label "${label('service')}"}} {{.Ports}}`;
  const filter = `label=${label('project')}=${COMPOSE_PROJECT}`;
  const printed = await docker(['ps', '--filter', filter, '--format', format], {
    timeoutMs: DOCKER_TIMEOUT_MS,
  });
  const { tiers } = serviceOf(name, 'kill').recipe;
  const inTurn: Tier[] = ['kill', ...tiers.filter((tier) => tier !== 'kill')];
  for (const tier of inTurn) {
    const address = publishedAddress(printed, serviceOf(name, tier).name);
    if (address !== undefined) return { endpoint: { address }, tier };
  }
  throw new UsageError(`no ${name} server is up in Docker; start it with docker compose up --wait`);
}

/** Of lines such as `kafka 127.0.0.1:9092->9092/tcp`, which `docker ps` prints. */
export function publishedAddress(printed: string, service: string): string | undefined {
  for (const line of printed.split('\n')) {
    const [, name, address] = /^(\S+) .*?(127\.0\.0\.1:\d+)->/.exec(line) ?? [];
    if (name === service) return address;
  }
  return undefined;
}
