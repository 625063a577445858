/** What the doctor knows of a kind of file. */
import type { Audited } from '../check.ts';

/** One file, read and checked. */
export interface Examined {
  /** What kind of file it is, and what it says it measured. */
  readonly kind: string;
  readonly subject: string;
  readonly checks: readonly Audited[];
}

export interface Format {
  /** As a user would call it. */
  readonly name: string;
  /** Whether the contents are of this kind, by what only such files hold. */
  recognises(value: unknown): boolean;
  /**
   * @throws LabError RESULT_INVALID, naming the file and the field, when the contents look like
   * this kind and are not
   */
  examine(value: unknown, path: string): Examined;
}

/** Whether a value is an object with these keys. */
export function hasKeys(value: unknown, ...keys: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value);
}
