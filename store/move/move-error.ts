/** What can go wrong with a move of slots or posts. */

export type StoreMoveCode =
  | 'MOVE_IMPOSSIBLE'
  | 'MOVE_UNDER_WAY'
  | 'MOVE_UNFINISHED'
  | 'NO_MOVE'
  | 'MOVE_CANNOT_GO_BACK'
  | 'MOVE_CANNOT_CATCH_UP'
  | 'MOVE_SUMS_DIFFER';

export class StoreMoveError extends Error {
  override readonly name = 'StoreMoveError';
  readonly code: StoreMoveCode;

  constructor(code: StoreMoveCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
