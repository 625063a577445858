/** What can go wrong with a store. Refusals of single likes are in likes/like.ts, not here. */

/** The batch could not be stored now: deliver it again. Never a reason to dead-letter anything. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly code = 'STORE_UNAVAILABLE';
}

/** A shard has another slot map version than the one the likes were routed by. */
export class SlotMapChangedError extends Error {
  override readonly name = 'SlotMapChangedError';
  readonly code = 'SLOT_MAP_CHANGED';

  constructor(shard: number, found: number, expected: number) {
    super(
      `shard ${shard} is at slot map version ${found}, the likes were routed by ${expected}; ` +
        'read the slot map again and route again',
    );
  }
}

export type StoreFolderCode =
  | 'NOT_A_STORE'
  | 'STORE_CORRUPT'
  | 'STORE_FORMAT_UNKNOWN'
  | 'STORE_SHARDS_DIFFER'
  | 'STORE_ROUTING_DIFFERS'
  | 'STORE_NOT_CREATED'
  | 'STORE_RULE_DIFFERS'
  | 'STORE_ADDRESS_REFUSED'
  | 'STORE_OPTIONS_INVALID';

/** The store cannot be opened, and opening it again will not help. */
export class StoreFolderError extends Error {
  override readonly name = 'StoreFolderError';
  readonly code: StoreFolderCode;

  constructor(code: StoreFolderCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The question has no answer under the rule by which the store counts. */
export class WrongRuleError extends Error {
  override readonly name = 'WrongRuleError';
  readonly code = 'STORE_RULE_WRONG';

  constructor(found: string) {
    super(
      `this store counts by the rule ${found}, which keeps no user's last action; count into a ` +
        'store that is made with the rule states',
    );
  }
}
