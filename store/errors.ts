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
