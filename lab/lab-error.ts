/** What keeps the lab from judging. A lost like is never one of these: it is a finding. */

export type LabErrorCode =
  | 'USAGE'
  | 'WORKER_DIED'
  | 'STALLED'
  | 'RECORDS_UNREADABLE'
  | 'RESULT_INVALID'
  | 'FOLDER_UNUSABLE'
  | 'EQUIPMENT_MISSING'
  | 'SERVER_LOST'
  | 'TOO_MANY_LIKES'
  | 'INTERRUPTED';

/** `message` is one line that names what is wrong and ends with what the user does next. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code: LabErrorCode;

  constructor(code: LabErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** The one line to print of any error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
