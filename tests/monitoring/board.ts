/** What Grafana's board asks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MONITORING } from './prometheus.ts';

const datasource = z.object({ type: z.literal('prometheus'), uid: z.string() });

const panelSchema = z.object({
  id: z.number(),
  type: z.string(),
  title: z.string(),
  description: z.string().optional(),
  repeat: z.string().optional(),
  datasource: datasource.optional(),
  gridPos: z.object({ h: z.number(), w: z.number(), x: z.number(), y: z.number() }),
  targets: z.array(z.object({ datasource, expr: z.string() })).optional(),
});

const boardSchema = z.object({
  uid: z.string(),
  panels: z.array(panelSchema),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), query: z.object({ query: z.string() }) })),
  }),
});

export type Board = z.infer<typeof boardSchema>;

export function readBoard(): Board {
  const path = join(MONITORING, 'grafana', 'boards', 'likes.json');
  return boardSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

/** Each with the panel that asks it. */
export function expressionsOf({ panels }: Board): { title: string; expr: string }[] {
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
}

/** Names of metrics that an expression asks for. */
export function metricsIn(expression: string): string[] {
  // What stands in braces, in brackets behind `by`, or is a string, is no metric.
  const bare = expression
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\b(?:by|on|without|ignoring|group_left)\b\s*\([^)]*\)/g, '');
  return [...new Set(bare.match(/\b(?:likes|messaging|http|process|nodejs)_\w+/g) ?? [])];
}
