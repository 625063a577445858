/** docker-compose.yml as Compose reads it, for tests. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { COMPOSE_FILE } from '../../../../brokers/servers/compose/docker.ts';

const serviceSchema = z.object({
  image: z.string(),
  command: z.string().optional(),
  profiles: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.coerce.string()).optional(),
  ports: z.array(z.string()),
  volumes: z.array(z.string()),
  configs: z.array(z.object({ source: z.string(), target: z.string() })).optional(),
  healthcheck: z.object({
    test: z.array(z.string()),
    interval: z.string(),
    start_period: z.string(),
    start_interval: z.string(),
  }),
  restart: z.string(),
});

const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.unknown()),
  configs: z.record(z.string(), z.object({ content: z.string() })),
});

export type ComposeFile = z.infer<typeof composeSchema>;

/** Merged and interpolated, as the Compose specification says. */
export function readComposeFile(variables: Readonly<Record<string, string>> = {}): ComposeFile {
  const merged: unknown = parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true });
  return composeSchema.parse(interpolated(merged, variables));
}

function interpolated(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$(?:(\$)|\{(\w+):-([^}]*)\})/g, (_, escaped, name, usual) =>
      escaped === undefined ? (variables[name] ?? usual) : '$',
    );
  }
  if (Array.isArray(value)) return value.map((item) => interpolated(item, variables));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [key, interpolated(item, variables)]));
}
