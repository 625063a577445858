/** A wrong flag or value: one line that names it and what is allowed; exit code 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

export const EXIT = { pass: 0, fail: 1, unknown: 2, usage: 64 } as const;
