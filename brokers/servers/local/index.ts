/** Servers that this machine runs by itself, without containers. */
import type { ServerName, Tier } from '../server.ts';
import { elasticmq } from './elasticmq.ts';
import { checkJars, type FetchedServer, fetchJars } from './jars.ts';
import { kafka } from './kafka.ts';
import type { LocalServer, Recipe } from './local-server.ts';
import { nullServer } from './null-recipe.ts';
import { findJava, findRedis } from './programs.ts';
import { redis } from './redis.ts';
import { type StartLocalOptions, startLocal } from './start.ts';

const RECIPES: Readonly<Record<ServerName, Recipe>> = {
  kafka,
  elasticmq,
  redis,
  null: nullServer,
};

/** What each server has to have fetched before its first start; most often nothing for Redis. */
const FETCHED: Readonly<Record<ServerName, () => Promise<FetchedServer | undefined>>> = {
  kafka: async () => {
    // Whoever lacks Java hears so before anything is fetched or started.
    await findJava('Kafka');
    return 'kafka';
  },
  elasticmq: async () => {
    await findJava('ElasticMQ');
    return 'elasticmq';
  },
  redis: async () => ((await findRedis()) === undefined ? 'redis' : undefined),
  null: async () => undefined,
};

/**
 * Resolves when this machine has what the servers need, or can fetch it. Fetches nothing itself.
 * @throws LocalServerError PROGRAM_MISSING that names the first thing that is missing
 */
export async function checkLocal(names: readonly ServerName[]): Promise<void> {
  for (const name of names) {
    const fetched = await FETCHED[name]();
    if (fetched !== undefined) await checkJars(fetched);
  }
}

/** Brings what the servers need to this machine, so that the first trial does not wait for it. */
export async function fetchServers(
  names: readonly ServerName[],
  onProgress: (line: string) => void,
): Promise<void> {
  for (const name of names) {
    const fetched = await FETCHED[name]();
    if (fetched !== undefined) await fetchJars(fetched, onProgress);
  }
}

/** The asked tier where the server has it, else the strongest of the two that some servers lack. */
export function tierAtHand(name: ServerName, asked: Tier): Tier {
  const { tiers } = RECIPES[name];
  return ([asked, 'kill', 'memory'] as const).find((tier) => tiers.includes(tier))!;
}

/** As startLocal. */
export function startLocalServer(
  name: ServerName,
  options: StartLocalOptions,
): Promise<LocalServer> {
  return startLocal(RECIPES[name], options);
}
