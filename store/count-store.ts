/** What the sharded count store promises, whatever engine keeps its shards. */
import type { Like, PlaceOf } from '../likes/like.ts';
import type { SlotMap } from './slot-map.ts';

/** How likes become counts: each like once, by marks; or the last action of a user and post. */
export const COUNTING_RULES = ['tally', 'states'] as const;
export type CountingRule = (typeof COUNTING_RULES)[number];

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

/** What a shard holds of other shards, less what other shards hold of it. 0 until posts move. */
export interface MovedSums {
  /** Likes in counts that came from other shards. */
  readonly likes: number;
  readonly unlikes: number;
  /** Marks of likes that a shard had counted whose heir this one is. */
  readonly marks: number;
}

/** Under *states*: what a user did last on a post, by the largest version. */
export interface UserState {
  readonly post: string;
  readonly user: string;
  readonly version: number;
  readonly action: Like['action'];
}

/**
 * Sums over a shard or over the store. Under *tally*, when sound, `likes + unlikes` is `marks +
 * marksDropped`, less what was moved on either side. Under *states* there are no marks, `likes` are
 * the users whose last action is a like, and `unlikes` is 0.
 */
export interface Totals {
  readonly posts: number;
  readonly likes: number;
  readonly unlikes: number;
  /** Marks that are held. */
  readonly marks: number;
  /** Marks that were dropped with their retired sources. */
  readonly marksDropped: number;
  /** Users and posts whose last action is known; under *states* only. */
  readonly states?: number;
  /** Left out by shards that nothing was ever moved to or from, and by whole stores. */
  readonly moved?: MovedSums;
}

/**
 * Called after each commit of a shard with the places (in the batch) of the likes that it holds
 * now: `fresh` were counted by this commit, `seen` had been counted before (or stand in the batch
 * twice). Under *states* `seen` were known or overtaken: their user has an action on that post with
 * at least their version. Engines that write without reading tell all as fresh there. An error that
 * it throws fails the batch, although the commit stays.
 */
export type CommitObserver = (commit: {
  readonly shard: number;
  readonly fresh: readonly number[];
  readonly seen: readonly number[];
}) => void;

/**
 * Called by engines without transactions when a part of a batch is written: its counts, and then
 * its marks. What an engine writes in one transaction has no such parts.
 */
export type PartObserver = (part: 'counts' | 'marks') => void;

/**
 * Called when the transaction begins that is to count the likes at these places (in the batch). One
 * that has to be tried again begins again. Engines without transactions do not call it.
 */
export type BeginObserver = (places: readonly number[]) => void;

/** What one transaction did with the likes it was given, as places in the batch. */
export interface ShardCommit {
  readonly fresh: number[];
  readonly seen: number[];
  /** Not stored: their source was retired, so nobody knows whether they have been counted. */
  readonly ended: number[];
}

/** One part of the store, for whoever looks at it: the checker, an audit, a person. */
export interface ShardView {
  readonly index: number;
  counts(): AsyncIterable<PostCount>;
  /** Yields nothing under *states*, which needs none. */
  marks(): AsyncIterable<MarkBlock>;
  /** Under *states* only, in any order; shards under *tally* have no such method. */
  states?(): AsyncIterable<UserState>;
  totals(): Promise<Totals>;
  /** Tells of any post whether it belongs to this shard, by the slot map that it holds now. */
  ownership(): Promise<(post: string) => boolean>;
  /**
   * Findings in plain words, empty when the shard is sound. Of a kind some are spelled out, at most
   * so many where an engine takes a number, and the rest counted.
   */
  findProblems(spelledOutMax?: number): Promise<string[]>;
  diskBytes(): Promise<number>;
  /** Read back from the engine, never copied from our own configuration. */
  settings(): Promise<Readonly<Record<string, string>>>;
}

/**
 * One independent part of a store that we shard ourselves. slot-map.ts decides which likes are its.
 * Engines that distribute by themselves have none of these and implement CountStore.
 */
export interface Shard extends ShardView, AsyncDisposable {
  /**
   * Counts the likes at `places` of `likes` in one transaction with what makes them count once: the
   * marks of *tally*, each once for ever, or the versions of *states*.
   * Rejects with SlotMapChangedError when the shard is at another slot map version, and with
   * StoreUnavailableError on an outage. Then nothing of it is stored.
   */
  apply(
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit>;
  /**
   * Drops the marks of a source and remembers it as ended; with how many marks it dropped. Under
   * *states* there is nothing to drop, and nothing to refuse later: versions know no source.
   */
  retireSource(source: string): Promise<number>;
  slotMapVersion(): Promise<number>;
  /** Makes this the map by which the shard knows what it owns. Moves no counts. */
  adoptSlotMap(map: SlotMap): Promise<void>;
  /** Those of the posts that this shard has counts of, in any order. */
  countsOf(posts: readonly string[]): Promise<PostCount[]>;
  topPosts(limit: number): Promise<PostCount[]>;
  /** Under *states* only: what the user did last on the post; undefined when nothing is known. */
  actionOf?(user: string, post: string): Promise<Like['action'] | undefined>;
}

/** The whole store. Safe to open in several processes at once. */
export interface CountStore extends AsyncDisposable {
  readonly rule: CountingRule;
  readonly shards: readonly ShardView[];
  /**
   * Counts a batch, one transaction per shard that it touches.
   * Rejects with RefusedLikesError (likes/like.ts) for likes that can never be stored, after the
   * others are stored; rejects with anything else, such as StoreUnavailableError, on an outage.
   * `placeOf` tells where each like stood in its queue; engines without transactions need it, and
   * tell `written` how far they are; those with them tell `begins`.
   */
  apply(
    likes: readonly Like[],
    committed?: CommitObserver,
    placeOf?: PlaceOf,
    written?: PartObserver,
    begins?: BeginObserver,
  ): Promise<void>;
  /**
   * Frees the marks of a source that ended longer ago than any queue can deliver again. Later likes
   * of it are refused. Resolves with the number of marks dropped; doing it again drops none.
   */
  retireSource(source: string): Promise<number>;
  /** Zeros for a post that was never counted. */
  countOf(post: string): Promise<PostCount>;
  /** In the order of `posts`, zeros for those that were never counted. One query per shard. */
  countsOf(posts: readonly string[]): Promise<PostCount[]>;
  /** The posts with the largest counts, ties in the order of their ids (order.ts). */
  topPosts(limit: number): Promise<PostCount[]>;
  /**
   * Whether the user's last action on the post, by version, is a like.
   * Rejects with WrongRuleError under *tally*, which forgets who pressed.
   */
  isLikedBy(user: string, post: string): Promise<boolean>;
  totals(): Promise<Totals>;
  /** Findings in plain words, each led by its shard; empty when the store is sound. */
  findProblems(spelledOutMax?: number): Promise<string[]>;
  diskBytes(): Promise<number>;
  /** Read back from the engine; equal in all shards, or the values of all shards joined. */
  settings(): Promise<Readonly<Record<string, string>>>;
}
