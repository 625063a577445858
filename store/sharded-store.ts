/** The count store over its shards: routes, applies shard by shard, gathers refusals. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Like, type Refusal, RefusedLikesError } from '../likes/like.ts';
import type {
  BeginObserver,
  CommitObserver,
  CountingRule,
  CountStore,
  PostCount,
  Shard,
  Totals,
} from './count-store.ts';
import { SlotMapChangedError, WrongRuleError } from './errors.ts';
import { readAction, readCounts, readTopPosts } from './read-counts.ts';
import {
  type LoadSlotMap,
  type OpenShard,
  ShardSet,
  SLOT_MAP_LOOK_MS,
  SLOT_MAP_LOOKS_MAX,
  slotMapUnsettled,
} from './shard-set.ts';
import { type SlotMap, shardOfLike } from './slot-map.ts';
import { storablePlaces } from './storable-places.ts';

/**
 * Where transactions have a size, a batch is applied in slices of so many full ones of each shard:
 * of a batch of thousands the hottest shard would else work for seconds while the others are idle.
 */
const TRANSACTIONS_PER_SLICE = 4;

export interface ShardedStoreOptions {
  /**
   * Apply a batch to all its shards at once, where an engine waits for its shards. Unless told, one
   * shard after the other.
   */
  readonly sideBySide?: boolean;
  /** More likes of a batch take several transactions of their shard, one after the other. */
  readonly likesPerTransactionMax?: number | undefined;
  /** Opens shards that were added since; without it their number never changes. */
  readonly openShard?: OpenShard;
}

interface Observers {
  readonly committed: CommitObserver | undefined;
  readonly begins: BeginObserver | undefined;
}

/**
 * Implements CountStore over shards of any engine, all of them under one rule. Owns the shards:
 * disposing it disposes them.
 */
export class ShardedStore implements CountStore {
  readonly rule: CountingRule;
  readonly #set: ShardSet;
  readonly #options: ShardedStoreOptions;

  private constructor(set: ShardSet, options: ShardedStoreOptions) {
    this.rule = set.shards.some(({ states }) => states !== undefined) ? 'states' : 'tally';
    this.#set = set;
    this.#options = options;
  }

  /** `loadSlotMap` reads the map that is in force now; it is asked when a shard knows another. */
  static async open(
    shards: readonly Shard[],
    loadSlotMap: LoadSlotMap,
    options: ShardedStoreOptions = {},
  ): Promise<ShardedStore> {
    const set = new ShardSet(shards, await loadSlotMap(), loadSlotMap, options.openShard);
    return new ShardedStore(set, options);
  }

  /** As of the last look at the slot map. */
  get shards(): readonly Shard[] {
    return this.#set.shards;
  }

  async apply(
    likes: readonly Like[],
    committed?: CommitObserver,
    _placeOf?: unknown,
    _written?: unknown,
    begins?: BeginObserver,
  ): Promise<void> {
    const told = { committed, begins };
    const refusals: Refusal[] = [];
    const { likesPerTransactionMax: likesMax } = this.#options;
    const slice = likesMax && likesMax * TRANSACTIONS_PER_SLICE * this.shards.length;
    for (const places of inParts(storablePlaces(likes, refusals, this.rule), slice)) {
      await this.#applySettled(likes, places, refusals, told);
    }
    if (refusals.length > 0) {
      throw new RefusedLikesError(refusals.sort((one, other) => one.index - other.index));
    }
  }

  async retireSource(source: string): Promise<number> {
    let dropped = 0;
    for (let looks = 0; looks < SLOT_MAP_LOOKS_MAX; looks++) {
      const { version } = await this.#set.refresh();
      dropped += sumOver(await this.#ofEach((shard) => shard.retireSource(source)), (each) => each);
      // Else a shard may have been added meanwhile that does not know of it.
      const held = await this.#ofEach((shard) => shard.slotMapVersion());
      if (held.every((each) => each === version)) return dropped;
      await wait(SLOT_MAP_LOOK_MS);
    }
    throw slotMapUnsettled(`source ${JSON.stringify(source)}`);
  }

  async countOf(post: string): Promise<PostCount> {
    return (await this.countsOf([post]))[0]!;
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    const counts = await readCounts(this.#set, posts);
    return posts.map((post) => counts.get(post) ?? { post, likes: 0, unlikes: 0 });
  }

  async topPosts(limit: number): Promise<PostCount[]> {
    return await readTopPosts(this.#set, limit);
  }

  async isLikedBy(user: string, post: string): Promise<boolean> {
    if (this.rule !== 'states') throw new WrongRuleError(this.rule);
    return (await readAction(this.#set, user, post)) === 'like';
  }

  async totals(): Promise<Totals> {
    await this.#set.refresh();
    const all = await this.#ofEach((shard) => shard.totals());
    // What moved is in two shards until the giver has dropped it, and in both of their sums.
    return {
      posts: sumOver(all, ({ posts }) => posts),
      likes: sumOver(all, ({ likes, moved }) => likes - (moved?.likes ?? 0)),
      unlikes: sumOver(all, ({ unlikes, moved }) => unlikes - (moved?.unlikes ?? 0)),
      marks: sumOver(all, ({ marks }) => marks),
      marksDropped: sumOver(all, ({ marksDropped }) => marksDropped),
      ...(this.rule === 'states' && { states: sumOver(all, ({ states = 0 }) => states) }),
    };
  }

  async findProblems(spelledOutMax?: number): Promise<string[]> {
    const { version } = await this.#set.refresh();
    const found = await this.#ofEach(async (shard) => {
      const problems = await shard.findProblems(spelledOutMax);
      const held = await shard.slotMapVersion();
      if (held !== version) {
        problems.push(`is at slot map version ${held}, the store at ${version}`);
      }
      return problems.map((problem) => `shard ${shard.index}: ${problem}`);
    });
    return found.flat();
  }

  async diskBytes(): Promise<number> {
    await this.#set.refresh();
    return sumOver(await this.#ofEach((shard) => shard.diskBytes()), (bytes) => bytes);
  }

  async settings(): Promise<Readonly<Record<string, string>>> {
    const all = await this.#ofEach((shard) => shard.settings());
    const names = new Set(all.flatMap((settings) => Object.keys(settings)));
    const joined = [...names].map((name) => {
      const values = new Set(all.map((settings) => settings[name] ?? 'not set'));
      return [name, [...values].join(', ')];
    });
    const { routing } = this.#set.map;
    const { likesPerTransactionMax: likesMax } = this.#options;
    return {
      shards: String(this.shards.length),
      ...(this.rule !== 'tally' && { rule: this.rule }),
      ...(routing && { routing: routing.name }),
      ...(likesMax !== undefined && { likesPerTransactionMax: String(likesMax) }),
      ...Object.fromEntries(joined),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#set[Symbol.asyncDispose]();
  }

  async #ofEach<Result>(ask: (shard: Shard) => Promise<Result>): Promise<Result[]> {
    return Promise.all(this.shards.map(ask));
  }

  /** Routes again and again until all shards are at the slot map by which it has routed. */
  async #applySettled(
    likes: readonly Like[],
    places: readonly number[],
    refusals: Refusal[],
    told: Observers,
  ): Promise<void> {
    let left = places;
    for (let looks = 0; ; looks++) {
      left = await this.#applyRouted(likes, left, refusals, told);
      if (left.length === 0) return;
      if (looks === SLOT_MAP_LOOKS_MAX) throw slotMapUnsettled(`${left.length} likes`);
      // The first look is free: usually the new map is in force already.
      if (looks > 0) await wait(SLOT_MAP_LOOK_MS);
      await this.#set.refresh();
    }
  }

  /** Applies what it can, and returns the places whose shard has another slot map version. */
  async #applyRouted(
    likes: readonly Like[],
    places: readonly number[],
    refusals: Refusal[],
    told: Observers,
  ): Promise<number[]> {
    const left: number[] = [];
    // Both once: a call beside this one may find another map in between.
    const { map, shards } = this.#set;
    const applyTo = async (index: number, placesOfShard: readonly number[]): Promise<void> => {
      const parts = inParts(placesOfShard, this.#options.likesPerTransactionMax);
      for (const [at, part] of parts.entries()) {
        try {
          told.begins?.(part);
          const commit = await shards[index]!.apply(likes, part, map.version);
          const { fresh, seen, ended } = commit;
          for (const place of ended)
            refusals.push({ index: place, reason: endedReason(likes[place]!) });
          if (fresh.length + seen.length > 0) told.committed?.({ shard: index, fresh, seen });
        } catch (error) {
          if (!(error instanceof SlotMapChangedError)) throw error;
          for (const rest of parts.slice(at)) for (const place of rest) left.push(place);
          return;
        }
      }
    };
    const routed = [...route(map, likes, places).entries()].filter(([, { length }]) => length > 0);
    if (!this.#options.sideBySide) for (const part of routed) await applyTo(...part);
    // Also after an error all are awaited: else a shard would commit when the batch has failed.
    else throwFirst(await Promise.allSettled(routed.map((part) => applyTo(...part))));
    return left;
  }
}

function route(map: SlotMap, likes: readonly Like[], places: readonly number[]): number[][] {
  const routed: number[][] = Array.from({ length: map.shards }, () => []);
  for (const place of places) routed[shardOfLike(map, likes[place]!)]!.push(place);
  return routed;
}

/** Of at most `size` each, in their order; one part where there is no limit. */
function inParts(places: readonly number[], size = places.length): (readonly number[])[] {
  if (places.length <= size) return [places];
  const parts = Math.ceil(places.length / size);
  return Array.from({ length: parts }, (_, at) => places.slice(at * size, (at + 1) * size));
}

function throwFirst(outcomes: readonly PromiseSettledResult<void>[]): void {
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

function endedReason({ source }: Like): string {
  const name = JSON.stringify(source);
  return `source ${name} was retired: whether its likes were counted is no longer known`;
}

function sumOver<Item>(items: readonly Item[], partOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + partOf(item), 0);
}
