/** What can go wrong when Docker is asked to run a server. */
export type ComposeCode =
  | 'DOCKER_MISSING'
  | 'DOCKER_UNREACHABLE'
  | 'DOCKER_FAILED'
  | 'TIER_UNKNOWN'
  | 'SERVER_NOT_STARTED'
  | 'SERVER_NOT_RUNNING'
  | 'SERVER_NOT_ENDED';

/**
 * The first line of the message names what is wrong and what to do next. Where the server's or
 * Docker's own words explain more, they follow it, one indented line each.
 */
export class ComposeError extends Error {
  override readonly name = 'ComposeError';
  readonly code: ComposeCode;

  constructor(
    code: ComposeCode,
    line: string,
    more: { lines?: readonly string[]; cause?: unknown } = {},
  ) {
    const lastWords = (more.lines ?? []).map((text) => `\n  | ${text}`).join('');
    super(line + lastWords, more.cause === undefined ? {} : { cause: more.cause });
    this.code = code;
  }
}
