/** What can go wrong when this machine is asked to run a server. */
export type LocalServerCode =
  | 'PROGRAM_MISSING'
  | 'JARS_WRONG'
  | 'MAVEN_FAILED'
  | 'LOCK_BUSY'
  | 'LAB_FOLDER_UNUSABLE'
  | 'TIER_UNKNOWN'
  | 'SERVER_NOT_STARTED'
  | 'SERVER_NOT_RUNNING'
  | 'SERVER_NOT_ENDED'
  | 'KEEPER_FAILED'
  | 'DISK_LIBRARY_MISSING'
  | 'DISK_NOTES_LOST';

/**
 * The first line of the message names what is wrong and what to do next. Where a program's own
 * words explain more, they follow it, one indented line each.
 */
export class LocalServerError extends Error {
  override readonly name = 'LocalServerError';
  readonly code: LocalServerCode;

  constructor(
    code: LocalServerCode,
    line: string,
    more: { lines?: readonly string[]; cause?: unknown } = {},
  ) {
    const lastWords = (more.lines ?? []).map((text) => `\n  | ${text}`).join('');
    super(line + lastWords, more.cause === undefined ? {} : { cause: more.cause });
    this.code = code;
  }
}

/** The `code` that Node puts on errors of the operating system, such as ENOENT. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
