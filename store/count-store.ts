/** What the sharded count store promises, whatever engine keeps its shards. */
import type { Like } from '../likes/like.ts';

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

/**
 * Called after each commit of a shard with the places (in the batch) of the likes that it holds
 * now: `fresh` were counted by this commit, `seen` had been counted before.
 */
export type CommitObserver = (commit: {
  readonly shard: number;
  readonly fresh: readonly number[];
  readonly seen: readonly number[];
}) => void;

/** One independent part of the store. Every engine implements this; store/route.ts decides which. */
export interface Shard extends Disposable {
  readonly index: number;
  /**
   * Counts the likes at `places` of `likes`, each once for ever, in one transaction with its marks.
   * Throws on an outage; then nothing of it is stored.
   */
  apply(likes: readonly Like[], places: readonly number[]): { fresh: number[]; seen: number[] };
  countOf(post: string): PostCount | undefined;
  topPosts(limit: number): PostCount[];
  counts(): Iterable<PostCount>;
  marks(): Iterable<MarkBlock>;
  /** Findings in plain words, empty when the shard is sound. */
  findProblems(): string[];
  diskBytes(): number;
}

/** The whole store. Safe to open in several processes at once on the same folder. */
export interface CountStore extends Disposable {
  readonly shards: readonly Shard[];
  /**
   * Counts a batch, one transaction per shard that it touches.
   * Rejects with RefusedLikesError (likes/like.ts) for likes that can never be stored, after the
   * others are stored; rejects with anything else on an outage.
   */
  apply(likes: readonly Like[], committed?: CommitObserver): Promise<void>;
  countOf(post: string): PostCount;
  topPosts(limit: number): PostCount[];
  totals(): { posts: number; likes: number; unlikes: number; marks: number };
  findProblems(): string[];
  diskBytes(): number;
}
