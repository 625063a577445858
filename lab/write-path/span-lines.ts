/** Reads the spans that a process kept: a JSON object a line, written by tracing/span-file.ts. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { LabError } from '../lab-error.ts';

const linkSchema = z.object({ trace: z.string(), span: z.string() });

export const spanSchema = z.object({
  trace: z.string().length(32),
  span: z.string().length(16),
  parent: z.string().length(16).optional(),
  name: z.string(),
  kind: z.enum(['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']),
  /** On the trial's clock, µs. */
  fromUs: z.number(),
  toUs: z.number(),
  attributes: z.record(z.string(), z.unknown()),
  links: z.array(linkSchema),
});
export type SpanLine = z.infer<typeof spanSchema>;

/** @throws LabError RECORDS_UNREADABLE when a line is no span */
export function readSpans(path: string): SpanLine[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => spanSchema.parse(JSON.parse(line)));
  } catch (cause) {
    throw new LabError('RECORDS_UNREADABLE', `${path} holds no spans; run the trial again`, cause);
  }
}
