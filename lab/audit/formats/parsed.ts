/** Holds the contents of a file against what its kind of file looks like. */
import type { z } from 'zod';
import { LabError } from '../../lab-error.ts';

/** @throws LabError RESULT_INVALID naming the file, the field and what is wrong with it. */
export function parsed<T>(
  schema: z.ZodType<T>,
  value: unknown,
  { path, kind }: { path: string; kind: string },
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') || 'the file';
  const what = (issue?.message ?? 'it is of another shape').replaceAll(/\s+/g, ' ');
  throw new LabError(
    'RESULT_INVALID',
    `${path} looks like ${kind} and is none: ${where}: ${what}; give the file as the tool wrote it`,
  );
}
