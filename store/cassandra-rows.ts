/** How the rows of a lane look in Cassandra. Each has a checksum over its key and its values. */
import { crc32 } from 'node:zlib';
import type { Row } from './cassandra-session.ts';
import type { UserState } from './count-store.ts';
import { StoreUnavailableError } from './errors.ts';
import type { BlockKey, CountRow, MarkRow } from './lane-state.ts';
import { BLOCK_BYTES } from './marks.ts';
import { hashOf } from './slot.ts';

/** Offsets are 64 bits with a sign there, and a write's timestamp is the offset and one. */
export const OFFSET_MAX = 2n ** 63n - 2n;

export interface FoundCount extends CountRow {
  readonly post: string;
  readonly lane: string;
  /** Whether the checksum fits. */
  readonly isSound: boolean;
}

export interface FoundMarks extends MarkRow, BlockKey {
  readonly lane: string;
  /** Whether the checksum fits and no mark is cut off. */
  readonly isSound: boolean;
}

export interface FoundCheckpoint {
  readonly lane: string;
  readonly upto: bigint;
  readonly isSound: boolean;
}

/** The partition of a post. */
export function bucketOf(post: string, buckets: number): number {
  return hashOf(post) % buckets;
}

export function countFrom(row: Row): FoundCount {
  const { post, lane } = row as { post: string; lane: string };
  const { likes, unlikes, upto } = row as Readonly<Record<string, bigint>>;
  const count = { likes: Number(likes), unlikes: Number(unlikes), upto: upto! };
  return { post, lane, ...count, isSound: row.crc === crcOfCount(post, lane, count) };
}

export function marksFrom(row: Row): FoundMarks {
  const { lane, source } = row as { lane: string; source: string };
  const { block, upto } = row as Readonly<Record<string, bigint>>;
  const key = { source, block: Number(block) };
  const marks = { bits: new Uint8Array(row.bits as Buffer), upto: upto! };
  const isSound = marks.bits.length === BLOCK_BYTES && row.crc === crcOfMarks(lane, key, marks);
  return { lane, ...key, ...marks, isSound };
}

export function checkpointFrom(row: Row): FoundCheckpoint {
  const { lane, upto } = row as { lane: string; upto: bigint };
  return { lane, upto, isSound: row.crc === crcOfCheckpoint(lane, upto) };
}

/** The action, the version and the checksum of a state are one value, in this order. */
const STATE_BYTES = 13;
const VERSION_AT = 1;
const STATE_CRC_AT = 9;
const LIKED = 1;

/**
 * One value, since of two writes with the same timestamp Cassandra keeps the larger one column by
 * column: a state in several columns could become one that nobody has written.
 */
export function stateValueOf(state: UserState): Buffer {
  const value = Buffer.alloc(STATE_BYTES);
  value.writeUInt8(state.action === 'like' ? LIKED : 0, 0);
  value.writeBigInt64BE(BigInt(state.version), VERSION_AT);
  value.writeInt32BE(crcOfState(state), STATE_CRC_AT);
  return value;
}

export function isLike(row: Row | undefined): boolean {
  return (row?.state as Buffer | undefined)?.[0] === LIKED;
}

export function stateFrom(row: Row): UserState & { readonly isSound: boolean } {
  const { post, user, state: value } = row as { post: string; user: string; state: Buffer };
  const isWhole = value.length === STATE_BYTES;
  const version = isWhole ? Number(value.readBigInt64BE(VERSION_AT)) : 0;
  const state: UserState = { post, user, version, action: isLike(row) ? 'like' : 'unlike' };
  return { ...state, isSound: isWhole && stateValueOf(state).equals(value) };
}

function crcOfState({ post, user, version, action }: UserState): number {
  return signed(crc32(`${post}\0${user}\0${version} ${action}`));
}

export function crcOfCount(post: string, lane: string, { likes, unlikes, upto }: CountRow): number {
  return signed(crc32(`${lane}\0${post}\0${likes} ${unlikes} ${upto}`));
}

export function crcOfMarks(lane: string, { source, block }: BlockKey, row: MarkRow): number {
  return signed(crc32(row.bits, crc32(`${lane}\0${source}\0${block} ${row.upto}`)));
}

export function crcOfCheckpoint(lane: string, upto: bigint): number {
  return signed(crc32(`${lane}\0${upto}`));
}

/** To be counted on top of, a row has to be what was written. */
export function sound<Found extends { readonly isSound: boolean }>(
  row: Found,
  name: string,
): Found {
  if (row.isSound) return row;
  throw new StoreUnavailableError(
    `${name} is damaged: its checksum does not fit; look at it with an audit, and count again ` +
      'into another keyspace',
  );
}

/** Cassandra's `int` has a sign. */
function signed(sum: number): number {
  return sum | 0;
}
