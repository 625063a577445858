/** `/healthz`, `/readyz` and `/metrics`. */
import type { FastifyInstance } from 'fastify';
import { within } from './circuit.ts';
import type { GatewayMetrics } from './metrics.ts';
import { aliveSchema, readySchema } from './schemas.ts';

/** A system without which the gateway cannot do its work. */
export interface Probe {
  /** Such as `kafka`. */
  readonly name: string;
  /** Rejects, or does not come back, when it is away. */
  check(): Promise<unknown>;
}

export interface HealthRoutesOptions {
  readonly probes: readonly Probe[];
  readonly readyMsMax: number;
  readonly isDraining: () => boolean;
  readonly metrics: GatewayMetrics;
}

/** However many ask, a system is looked at once in so long. */
const LOOK_KEPT_MS = 500;

export function addHealthRoutes(app: FastifyInstance, options: HealthRoutesOptions): void {
  const { isDraining, metrics } = options;
  const looks = options.probes.map((probe) => lookOf(probe, options.readyMsMax));

  app.get('/healthz', {
    schema: {
      summary: 'Whether the process is alive',
      tags: ['operation'],
      response: { 200: aliveSchema },
    },
    handler: async () => ({ alive: true }),
  });

  app.get('/readyz', {
    schema: {
      summary: 'Whether likes can be taken: 503 with which system does not answer',
      tags: ['operation'],
      response: { 200: readySchema, 503: readySchema },
    },
    handler: async (_request, reply) => {
      const systems = await Promise.all(looks.map((look) => look()));
      const draining = isDraining();
      const ready = !draining && systems.every(({ answers }) => answers);
      return reply.code(ready ? 200 : 503).send({ ready, draining, systems });
    },
  });

  app.get('/metrics', {
    schema: { summary: 'For Prometheus', tags: ['operation'], produces: ['text/plain'] },
    handler: async (_request, reply) => {
      const { contentType } = metrics.registry;
      return reply.type(contentType).send(await metrics.text());
    },
  });
}

interface Look {
  readonly name: string;
  readonly answers: boolean;
}

/** A system that hangs is not asked again before it has answered, and is away meanwhile. */
function lookOf({ name, check }: Probe, limitMs: number): () => Promise<Look> {
  let asking: Promise<unknown> | undefined;
  let kept: { readonly look: Promise<Look>; readonly atMs: number } | undefined;
  const look = async (): Promise<Look> => {
    asking ??= check().finally(() => {
      asking = undefined;
    });
    const begun = asking;
    const answers = await within(limitMs, () => begun).then(
      () => true,
      () => false,
    );
    return { name, answers };
  };
  return () => {
    const nowMs = performance.now();
    if (kept === undefined || nowMs - kept.atMs >= LOOK_KEPT_MS) {
      kept = { look: look(), atMs: nowMs };
    }
    return kept.look;
  };
}
