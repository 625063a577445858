/** Which service of docker-compose.yml is which server at which tier. */
import { elasticmq } from '../local/elasticmq.ts';
import { kafka } from '../local/kafka.ts';
import type { Recipe } from '../local/local-server.ts';
import { redis } from '../local/redis.ts';
import type { ServerName, Tier } from '../server.ts';
import { ComposeError } from './errors.ts';

/** The null server runs with Node wherever the lab does, so it has no container. */
export type ComposedName = Exclude<ServerName, 'null'>;

export interface Service {
  readonly name: string;
  /** What the recipe of this machine says as well: title, version line, tiers. */
  readonly recipe: Recipe;
  /** The variable that says on which port of 127.0.0.1 it is published. */
  readonly portVariable: string;
  /** Where the data is in the container: a named volume. */
  readonly dataFolder: string;
}

interface Kind {
  readonly recipe: Recipe;
  readonly dataFolder: string;
  readonly nameOf: (tier: Tier) => string;
}

const KINDS: Readonly<Record<ComposedName, Kind>> = {
  // Both tiers of Kafka are settings of the topic.
  kafka: { recipe: kafka, dataFolder: '/var/lib/kafka/data', nameOf: () => 'kafka' },
  elasticmq: {
    recipe: elasticmq,
    dataFolder: '/data',
    nameOf: (tier) => `elasticmq-${tier}`,
  },
  redis: { recipe: redis, dataFolder: '/data', nameOf: (tier) => `redis-${tier}` },
};

/** @throws ComposeError TIER_UNKNOWN when the server has no such tier */
export function serviceOf(name: ComposedName, tier: Tier): Service {
  const { recipe, dataFolder, nameOf } = KINDS[name];
  if (!recipe.tiers.includes(tier)) {
    throw new ComposeError(
      'TIER_UNKNOWN',
      `${recipe.title} has no tier "${tier}"; choose ${recipe.tiers.join(' or ')}`,
    );
  }
  const service = nameOf(tier);
  const portVariable = `${service.replaceAll('-', '_').toUpperCase()}_PORT`;
  return { name: service, recipe, portVariable, dataFolder };
}
