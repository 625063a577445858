/** The count store over its shards: routes, applies shard by shard, gathers refusals. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Like, type Refusal, RefusedLikesError } from '../likes/like.ts';
import type { CommitObserver, CountStore, PostCount, Shard, Totals } from './count-store.ts';
import { SlotMapChangedError, StoreUnavailableError } from './errors.ts';
import { topOf } from './order.ts';
import { type SlotMap, shardOfPost } from './slot-map.ts';

/** A slot changes hands within moments; after so many looks the mover must have died on the way. */
const SLOT_MAP_RETRIES_MAX = 50;
const SLOT_MAP_RETRY_WAIT_MS = 20;

/** Implements CountStore over shards of any engine. Owns the shards: disposing it disposes them. */
export class ShardedStore implements CountStore {
  readonly shards: readonly Shard[];
  readonly #loadSlotMap: () => SlotMap;
  #slotMap: SlotMap;

  /** `loadSlotMap` reads the map that is in force now; it is asked when a shard knows another. */
  constructor(shards: readonly Shard[], loadSlotMap: () => SlotMap) {
    this.shards = shards;
    this.#loadSlotMap = loadSlotMap;
    this.#slotMap = loadSlotMap();
  }

  async apply(likes: readonly Like[], committed?: CommitObserver): Promise<void> {
    const refusals: Refusal[] = [];
    let left = storablePlaces(likes, refusals);
    for (let retries = 0; ; retries++) {
      left = this.#applyRouted(likes, left, refusals, committed);
      if (left.length === 0) break;
      if (retries === SLOT_MAP_RETRIES_MAX) throw slotMapUnsettled(left.length);
      // The first look is free: usually the new map is in force already.
      if (retries > 0) await wait(SLOT_MAP_RETRY_WAIT_MS);
      this.#slotMap = this.#loadSlotMap();
    }
    if (refusals.length > 0) {
      throw new RefusedLikesError(refusals.sort((one, other) => one.index - other.index));
    }
  }

  async retireSource(source: string): Promise<number> {
    return sumOver(this.shards, (shard) => shard.retireSource(source));
  }

  countOf(post: string): PostCount {
    let shard = this.#shardOf(post);
    if (shard.slotMapVersion() !== this.#slotMap.version) {
      this.#slotMap = this.#loadSlotMap();
      shard = this.#shardOf(post);
    }
    return shard.countOf(post) ?? { post, likes: 0, unlikes: 0 };
  }

  topPosts(limit: number): PostCount[] {
    return topOf(
      this.shards.flatMap((shard) => shard.topPosts(limit)),
      limit,
    );
  }

  totals(): Totals {
    const all = this.shards.map((shard) => shard.totals());
    return {
      posts: sumOver(all, ({ posts }) => posts),
      likes: sumOver(all, ({ likes }) => likes),
      unlikes: sumOver(all, ({ unlikes }) => unlikes),
      marks: sumOver(all, ({ marks }) => marks),
      marksDropped: sumOver(all, ({ marksDropped }) => marksDropped),
    };
  }

  findProblems(): string[] {
    const { version } = this.#loadSlotMap();
    return this.shards.flatMap((shard) => {
      const problems = shard.findProblems();
      const found = shard.slotMapVersion();
      if (found !== version) {
        problems.push(`is at slot map version ${found}, the store at ${version}`);
      }
      return problems.map((problem) => `shard ${shard.index}: ${problem}`);
    });
  }

  diskBytes(): number {
    return sumOver(this.shards, (shard) => shard.diskBytes());
  }

  settings(): Readonly<Record<string, string>> {
    const all = this.shards.map((shard) => shard.settings());
    const names = new Set(all.flatMap((settings) => Object.keys(settings)));
    const joined = [...names].map((name) => {
      const values = new Set(all.map((settings) => settings[name] ?? 'not set'));
      return [name, [...values].join(', ')];
    });
    return { shards: String(this.shards.length), ...Object.fromEntries(joined) };
  }

  [Symbol.dispose](): void {
    for (const shard of this.shards) shard[Symbol.dispose]();
  }

  #shardOf(post: string): Shard {
    return this.shards[shardOfPost(this.#slotMap, post)]!;
  }

  /** Applies what it can, and returns the places whose shard has another slot map version. */
  #applyRouted(
    likes: readonly Like[],
    places: readonly number[],
    refusals: Refusal[],
    committed: CommitObserver | undefined,
  ): number[] {
    const left: number[] = [];
    const routed = this.#route(likes, places);
    for (const [index, placesOfShard] of routed.entries()) {
      if (placesOfShard.length === 0) continue;
      try {
        const shard = this.shards[index]!;
        const commit = shard.apply(likes, placesOfShard, this.#slotMap.version);
        const { fresh, seen, ended } = commit;
        for (const place of ended)
          refusals.push({ index: place, reason: endedReason(likes[place]!) });
        if (fresh.length + seen.length > 0) committed?.({ shard: index, fresh, seen });
      } catch (error) {
        if (!(error instanceof SlotMapChangedError)) throw error;
        left.push(...placesOfShard);
      }
    }
    return left;
  }

  #route(likes: readonly Like[], places: readonly number[]): number[][] {
    const routed: number[][] = this.shards.map(() => []);
    for (const place of places) {
      routed[shardOfPost(this.#slotMap, likes[place]!.post)]!.push(place);
    }
    return routed;
  }
}

/**
 * Engines keep text as UTF-8, where all lone surrogates are one and the same character: two posts,
 * or two sources, could not be told apart any more. So such likes are refused.
 */
function storablePlaces(likes: readonly Like[], refusals: Refusal[]): number[] {
  const places: number[] = [];
  for (let index = 0; index < likes.length; index++) {
    const { post, source } = likes[index]!;
    if (post.isWellFormed() && source.isWellFormed()) places.push(index);
    else {
      const field = post.isWellFormed() ? 'source' : 'post';
      refusals.push({ index, reason: `field "${field}" holds half of a surrogate pair` });
    }
  }
  return places;
}

function endedReason({ source }: Like): string {
  const name = JSON.stringify(source);
  return `source ${name} was retired: whether its likes were counted is no longer known`;
}

function slotMapUnsettled(likesLeft: number): StoreUnavailableError {
  const waitedMs = SLOT_MAP_RETRIES_MAX * SLOT_MAP_RETRY_WAIT_MS;
  return new StoreUnavailableError(
    `${likesLeft} likes belong to shards that did not settle on the store's slot map within ` +
      `${waitedMs} ms; finish the move of slots that was begun, then deliver the batch again`,
  );
}

function sumOver<Item>(items: readonly Item[], partOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + partOf(item), 0);
}
