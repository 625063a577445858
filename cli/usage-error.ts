/** A wrong flag or value: one line that names it and what is allowed; exit code 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

export const EXIT = { pass: 0, fail: 1, unknown: 2, usage: 64 } as const;

/** Why nobody can listen at a port, to be said of it; undefined where the error is another one. */
export function whyNotListening(error: unknown): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return 'is taken';
  return code === 'EACCES' || code === 'EADDRNOTAVAIL' ? 'cannot be used' : undefined;
}
