/** What can go wrong with servers that are somebody else's. */
export type ExternalCode =
  /** A variable is missing, wrong or unknown: a mistake of whoever called, not of the server. */
  'ENVIRONMENT_INVALID' | 'SERVER_UNREACHABLE' | 'NOT_OURS';

/** One line that names what is wrong and what to do next. Never the value of a variable: it may be
 * a secret, or hold one. */
export class ExternalError extends Error {
  override readonly name = 'ExternalError';
  readonly code: ExternalCode;

  constructor(code: ExternalCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
  }
}
