/** A gateway on a broker, counts and systems that are the test's. */
import { onTestFinished } from 'vitest';
import { type Gateway, type GatewayOptions, openGateway } from '../../gateway/open-gateway.ts';
import type { PostReader } from '../../gateway/post-reader.ts';
import { MadeProducer } from './made-producer.ts';

export const madeReader: PostReader = {
  countOf: async (post) => ({ post, likes: 5, unlikes: 2, ageMs: 12, missingAtMost: 3 }),
  topPosts: async (limit) => ({
    posts: [{ post: 'p-1', likes: 9, unlikes: 1 }].slice(0, limit),
    ageMs: 12,
    missingAtMost: null,
  }),
};

export interface MadeGateway {
  readonly gateway: Gateway;
  readonly producer: MadeProducer;
  /** What it has said. */
  readonly lines: string[];
}

/**
 * Every send is acknowledged at once, unless the test does something else. Ends with the test, or
 * with the suite where `ending` is afterAll.
 */
export async function openMadeGateway(
  options: Partial<GatewayOptions> = {},
  ending: (end: () => Promise<void>) => void = onTestFinished,
): Promise<MadeGateway> {
  const producer = new MadeProducer();
  producer.onSend = (send) => send.acknowledge();
  const lines: string[] = [];
  const gateway = await openGateway({
    rule: 'states',
    producer,
    system: 'made',
    destination: 'likes',
    reader: madeReader,
    probes: [],
    log: (line) => void lines.push(line),
    ...options,
    // Tests run on machines that have more to do than they can.
    limits: { lingerMs: 0, loopDelayMsMax: Number.POSITIVE_INFINITY, ...options.limits },
  });
  ending(async () => void (await gateway.drain()));
  return { gateway, producer, lines };
}

export const LIKE = { user: 'u-1', post: 'p-1', action: 'like', version: 1 } as const;

/** Without a network. */
export function giveLike(
  { app }: Gateway,
  fields: object = {},
  headers: Record<string, string> = {},
) {
  return app.inject({ method: 'POST', url: '/likes', headers, payload: { ...LIKE, ...fields } });
}

/** The values of one metric, by its labels as Prometheus writes them. */
export async function valuesOf({ metrics }: Gateway, name: string): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  for (const line of (await metrics.registry.metrics()).split('\n')) {
    const [, found, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (found === name) values.set(labels, Number(value));
  }
  return values;
}

export async function sumOf(gateway: Gateway, name: string): Promise<number> {
  const values = await valuesOf(gateway, name);
  return [...values.values()].reduce((sum, value) => sum + value, 0);
}
