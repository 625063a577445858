/** What the sharded count store promises, whatever engine keeps its shards. */
import type { Like } from '../likes/like.ts';
import type { SlotMap } from './slot-map.ts';

/** Likes and unlikes are two columns that only grow; the count is their difference. */
export interface PostCount {
  readonly post: string;
  readonly likes: number;
  readonly unlikes: number;
}

/** 4,096 marks "seen" of one source: bit i of `bits` stands for seq `block * 4096 + i`. */
export interface MarkBlock {
  readonly source: string;
  readonly block: number;
  readonly bits: Uint8Array;
}

/** Sums over a shard or over the store. `likes + unlikes` is `marks + marksDropped` when sound. */
export interface Totals {
  readonly posts: number;
  readonly likes: number;
  readonly unlikes: number;
  /** Marks that are held. */
  readonly marks: number;
  /** Marks that were dropped with their retired sources. */
  readonly marksDropped: number;
}

/**
 * Called after each commit of a shard with the places (in the batch) of the likes that it holds
 * now: `fresh` were counted by this commit, `seen` had been counted before (or stand in the batch
 * twice). An error that it throws fails the batch, although the commit stays.
 */
export type CommitObserver = (commit: {
  readonly shard: number;
  readonly fresh: readonly number[];
  readonly seen: readonly number[];
}) => void;

/** What one transaction did with the likes it was given, as places in the batch. */
export interface ShardCommit {
  readonly fresh: number[];
  readonly seen: number[];
  /** Not stored: their source was retired, so nobody knows whether they have been counted. */
  readonly ended: number[];
}

/** One independent part of the store. Every engine implements this; slot-map.ts decides which. */
export interface Shard extends Disposable {
  readonly index: number;
  /**
   * Counts the likes at `places` of `likes`, each once for ever, in one transaction with its marks.
   * @throws SlotMapChangedError when the shard is at another slot map version;
   * StoreUnavailableError on an outage. Then nothing of it is stored.
   */
  apply(likes: readonly Like[], places: readonly number[], slotMapVersion: number): ShardCommit;
  /** Drops the marks of a source and remembers it as ended. Returns how many marks it dropped. */
  retireSource(source: string): number;
  slotMapVersion(): number;
  /** Makes this the map by which the shard knows what it owns. Moves no counts. */
  adoptSlotMap(map: SlotMap): void;
  /** Tells of any post whether it belongs to this shard, by the slot map that it holds now. */
  ownership(): (post: string) => boolean;
  countOf(post: string): PostCount | undefined;
  topPosts(limit: number): PostCount[];
  counts(): Iterable<PostCount>;
  marks(): Iterable<MarkBlock>;
  totals(): Totals;
  /** Findings in plain words, empty when the shard is sound. */
  findProblems(): string[];
  diskBytes(): number;
  /** Read back from the engine, never copied from our own configuration. */
  settings(): Readonly<Record<string, string>>;
}

/** The whole store. Safe to open in several processes at once on the same folder. */
export interface CountStore extends Disposable {
  readonly shards: readonly Shard[];
  /**
   * Counts a batch, one transaction per shard that it touches.
   * Rejects with RefusedLikesError (likes/like.ts) for likes that can never be stored, after the
   * others are stored; rejects with anything else, such as StoreUnavailableError, on an outage.
   */
  apply(likes: readonly Like[], committed?: CommitObserver): Promise<void>;
  /**
   * Frees the marks of a source that ended longer ago than any queue can deliver again. Later likes
   * of it are refused. Resolves with the number of marks dropped; doing it again drops none.
   */
  retireSource(source: string): Promise<number>;
  /** Zeros for a post that was never counted. */
  countOf(post: string): PostCount;
  /** The posts with the largest counts, ties in the order of their ids (order.ts). */
  topPosts(limit: number): PostCount[];
  totals(): Totals;
  /** Findings in plain words, each led by its shard; empty when the store is sound. */
  findProblems(): string[];
  diskBytes(): number;
  /** Read back from the engine; equal in all shards, or the values of all shards joined. */
  settings(): Readonly<Record<string, string>>;
}
