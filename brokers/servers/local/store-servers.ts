/** Servers of this machine that a count store is kept on, instead of a queue. */
import { createServer } from 'node:net';
import getPort from 'get-port';
import type { StoreServerName } from '../server.ts';
import { cassandraNode, newClusterName } from './cassandra.ts';
import { fetchJars } from './jars.ts';
import type { LocalServer, Recipe } from './local-server.ts';
import { postgres } from './postgres.ts';
import { findPostgres } from './postgres-programs.ts';
import { findJava } from './programs.ts';
import { makeLocalServer, type StartLocalOptions, startLocal } from './start.ts';

const RECIPES: Readonly<Record<StoreServerName, Recipe<StoreServerName>>> = {
  postgres,
  cassandra: cassandraNode(),
};

export type StoreServer = LocalServer<StoreServerName>;

type Options = Omit<StartLocalOptions, 'host' | 'ports'>;

/** Brings what a store's server needs to this machine, so that the first trial does not wait. */
export async function fetchStoreServer(
  name: StoreServerName,
  onProgress: (line: string) => void,
): Promise<void> {
  if (name === 'postgres') {
    // Came with npm, where it is there for this machine.
    findPostgres();
    return;
  }
  await findJava('Cassandra');
  await fetchJars('cassandra', onProgress);
}

/** As startLocal. */
export function startLocalStoreServer(
  name: StoreServerName,
  options: Options,
): Promise<StoreServer> {
  return startLocal(RECIPES[name], options);
}

/** Enough for a node of a test; three of them share a machine with whoever tests. */
const NODE_HEAP_MIB = 512;
/** Cassandra replicates to three by habit, and a quorum of three bears the loss of one. */
const NODES_DEFAULT = 3;
/** 127.0.0.1 to 127.0.0.8: all of 127.0.0.0/8 is this machine's on Linux. */
const NODES_MAX = 8;

/** Several nodes that are one cluster, each a process that can be stopped and killed alone. */
export interface CassandraCluster extends AsyncDisposable {
  readonly nodes: readonly StoreServer[];
  /** `host:port` of every node. */
  readonly contactPoints: readonly string[];
}

/**
 * Starts nodes on 127.0.0.1, 127.0.0.2 and so on, with the same ports. Resolves when each of them
 * answers; that all have heard of one another is for the client to see.
 * @throws LocalServerError as startLocalStoreServer does; no node is left running then
 */
export async function startCassandraCluster(
  options: Options & { readonly nodes?: number },
): Promise<CassandraCluster> {
  const count = options.nodes ?? NODES_DEFAULT;
  if (!Number.isInteger(count) || count < 1 || count > NODES_MAX) {
    throw new RangeError(`a cluster has 1 to ${NODES_MAX} nodes here, not ${count}`);
  }
  const hosts = Array.from({ length: count }, (_, index) => `127.0.0.${index + 1}`);
  const ports = await portsFreeOn(hosts);
  const clusterName = newClusterName();
  const nodes: StoreServer[] = [];
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())));
  try {
    for (const host of hosts) {
      const recipe = cassandraNode({ host, hosts, clusterName, heapMiB: NODE_HEAP_MIB });
      const node = await makeLocalServer(recipe, { ...options, host, ports });
      nodes.push(node);
      await node.start();
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const contactPoints = nodes.map((node) => node.address);
  return { nodes, contactPoints, [Symbol.asyncDispose]: stop };
}

/** Two ports that nobody listens on at any of these addresses. */
async function portsFreeOn(hosts: readonly string[]): Promise<number[]> {
  const found: number[] = [];
  for (let attempt = 0; found.length < 2; attempt += 1) {
    const port = await getPort({ host: hosts[0]!, exclude: found });
    const all = await Promise.all(hosts.map((host) => isFree(host, port)));
    if (all.every(Boolean)) found.push(port);
    else if (attempt === PORT_ATTEMPTS_MAX) {
      throw new Error(`no port is free on all of ${hosts.join(', ')}; end what listens there`);
    }
  }
  return found;
}

const PORT_ATTEMPTS_MAX = 20;

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port }, () => server.close(() => resolve(true)));
  });
}
