/** What can go wrong with a move of slots or posts. */

import type { CountingRule } from '../count-store.ts';

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

/**
 * Moves carry marks and sums, which stores by the rule *states* do not have.
 * @throws StoreMoveError MOVE_IMPOSSIBLE
 */
export function refuseStates(where: string, rule: CountingRule | undefined): void {
  if (rule !== 'states') return;
  throw new StoreMoveError(
    'MOVE_IMPOSSIBLE',
    `${where} counts by the rule states, and only marks and counts of tally can be moved; make a ` +
      'store with the shards that you want, and count into it from the queue',
  );
}
