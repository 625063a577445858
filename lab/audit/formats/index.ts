/** The kinds of files that the doctor reads; which one a file is, its contents tell. */
import { LabError } from '../../lab-error.ts';
import { autocannon } from './autocannon.ts';
import type { Examined, Format } from './format.ts';
import { k6 } from './k6.ts';
import { omb } from './omb.ts';
import { ownRun, ownTrial } from './own.ts';

export const FORMATS: readonly Format[] = [omb, autocannon, k6, ownTrial, ownRun];

/**
 * @throws LabError RESULT_INVALID when the text is of no known kind, or looks like one and is not;
 * the message names the file
 */
export function examineFile(text: string, path: string): Examined {
  const value = jsonOf(text);
  const format = FORMATS.find(({ recognises }) => recognises(value));
  if (format !== undefined) return format.examine(value, path);
  const allowed = FORMATS.map(({ name }) => name).join(', ');
  throw new LabError('RESULT_INVALID', `${path} is none of these: ${allowed} (JSON each)`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
