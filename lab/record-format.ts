/**
 * The records of a trial: what each process saw of each like, in a file of its own, appended in
 * blocks. A block is a header of 24 bytes (kind, entries, source, 0: u32 each; µs on the trial's
 * clock: f64; all little-endian) and its entries. Sources and posts are numbers into the file's own
 * list of names, which grows by NAME blocks (their "entries" are the bytes of the name).
 */

export const RECORD_MAGIC = 'LIKELOG1';
export const HEADER_BYTES = 24;

/** Entries of one block at most, so that a block always fits a writer's buffer. */
export const ENTRIES_PER_BLOCK_MAX = 32_768;

/** The largest seq that a record holds. */
export const SEQ_MAX = 0xffff_ffff;

/** Bit 31 of a post's number is set when the like is an unlike. */
export const UNLIKE_BIT = 0x8000_0000;

export const KIND = {
  name: 1,
  /**
   * Written before the send: seq, post with UNLIKE_BIT, µs that it was late behind its due time.
   */
  attempted: 2,
  ok: 3,
  fail: 4,
  unknown: 5,
  /** Handed to the lab by the consumer: seq, post. */
  delivered: 6,
  /** Counted for the first time by a commit of its shard: seq. */
  fresh: 7,
  /** Had been counted before, as a commit of its shard found: seq. */
  seen: 8,
} as const;

export type Kind = (typeof KIND)[keyof typeof KIND];

/** Bytes of one entry by kind. */
export const ENTRY_BYTES: Readonly<Record<Kind, number>> = {
  [KIND.name]: 1,
  [KIND.attempted]: 12,
  [KIND.ok]: 4,
  [KIND.fail]: 4,
  [KIND.unknown]: 4,
  [KIND.delivered]: 8,
  [KIND.fresh]: 4,
  [KIND.seen]: 4,
};
