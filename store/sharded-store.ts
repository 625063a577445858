/** The count store over its shards: routes, applies shard by shard, gathers refusals. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Like, type Refusal, RefusedLikesError } from '../likes/like.ts';
import type {
  CommitObserver,
  CountingRule,
  CountStore,
  PostCount,
  Shard,
  Totals,
} from './count-store.ts';
import { SlotMapChangedError, StoreUnavailableError, WrongRuleError } from './errors.ts';
import { topOf } from './order.ts';
import { joinedSettings, summed, sumOfTotals, sumOver } from './over-shards.ts';
import { type SlotMap, shardOfLike, shardsOfPost } from './slot-map.ts';
import { storablePlaces } from './storable-places.ts';

/** A slot changes hands within moments; after so many looks the mover must have died on the way. */
const SLOT_MAP_RETRIES_MAX = 50;
const SLOT_MAP_RETRY_WAIT_MS = 20;

type LoadSlotMap = () => SlotMap | Promise<SlotMap>;

export interface ShardedStoreOptions {
  /**
   * Apply a batch to all its shards at once, where an engine waits for its shards. Unless told, one
   * shard after the other.
   */
  readonly sideBySide?: boolean;
  /** More likes of a batch take several transactions of their shard, one after the other. */
  readonly likesPerTransactionMax?: number | undefined;
}

/**
 * Implements CountStore over shards of any engine, all of them under one rule. Owns the shards:
 * disposing it disposes them.
 */
export class ShardedStore implements CountStore {
  readonly rule: CountingRule;
  readonly shards: readonly Shard[];
  readonly #loadSlotMap: LoadSlotMap;
  readonly #options: ShardedStoreOptions;
  #slotMap: SlotMap;

  private constructor(
    shards: readonly Shard[],
    loadSlotMap: LoadSlotMap,
    slotMap: SlotMap,
    options: ShardedStoreOptions,
  ) {
    this.shards = shards;
    this.rule = shards.some(({ states }) => states !== undefined) ? 'states' : 'tally';
    this.#loadSlotMap = loadSlotMap;
    this.#slotMap = slotMap;
    this.#options = options;
  }

  /** `loadSlotMap` reads the map that is in force now; it is asked when a shard knows another. */
  static async open(
    shards: readonly Shard[],
    loadSlotMap: LoadSlotMap,
    options: ShardedStoreOptions = {},
  ): Promise<ShardedStore> {
    return new ShardedStore(shards, loadSlotMap, await loadSlotMap(), options);
  }

  async apply(likes: readonly Like[], committed?: CommitObserver): Promise<void> {
    const refusals: Refusal[] = [];
    let left = storablePlaces(likes, refusals, this.rule);
    for (let retries = 0; ; retries++) {
      left = await this.#applyRouted(likes, left, refusals, committed);
      if (left.length === 0) break;
      if (retries === SLOT_MAP_RETRIES_MAX) throw slotMapUnsettled(left.length);
      // The first look is free: usually the new map is in force already.
      if (retries > 0) await wait(SLOT_MAP_RETRY_WAIT_MS);
      this.#slotMap = await this.#loadSlotMap();
    }
    if (refusals.length > 0) {
      throw new RefusedLikesError(refusals.sort((one, other) => one.index - other.index));
    }
  }

  async retireSource(source: string): Promise<number> {
    return sumOver(await this.#ofEach((shard) => shard.retireSource(source)), (dropped) => dropped);
  }

  async countOf(post: string): Promise<PostCount> {
    return (await this.countsOf([post]))[0]!;
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    const counts = await this.#readRouted(posts);
    return posts.map((post) => counts.get(post) ?? { post, likes: 0, unlikes: 0 });
  }

  async topPosts(limit: number): Promise<PostCount[]> {
    // A slice of a split post may be small everywhere, so such posts are read by name.
    const split = [...this.#slotMap.exceptions].filter(([, owners]) => owners.length > 1);
    const slices = await this.countsOf(split.map(([post]) => post));
    const isSplit = new Set(split.map(([post]) => post));
    const tops = await this.#ofEach((shard) => shard.topPosts(limit + split.length));
    const whole = tops.flat().filter(({ post }) => !isSplit.has(post));
    const counted = slices.filter(({ likes, unlikes }) => likes + unlikes > 0);
    return topOf([...whole, ...counted], limit);
  }

  async isLikedBy(user: string, post: string): Promise<boolean> {
    if (this.rule !== 'states') throw new WrongRuleError(this.rule);
    for (let retries = 0; ; retries++) {
      const { version } = this.#slotMap;
      const shard = this.shards[shardOfLike(this.#slotMap, { post, user })]!;
      const action = await shard.actionOf!(user, post);
      const isCurrent = (await shard.slotMapVersion()) === version;
      if (isCurrent || retries === SLOT_MAP_RETRIES_MAX) return action === 'like';
      this.#slotMap = await this.#loadSlotMap();
      // A move is under way: until the map is in force, the state stands where it stood.
      if (this.#slotMap.version === version) return action === 'like';
    }
  }

  async totals(): Promise<Totals> {
    return sumOfTotals(await this.#ofEach((shard) => shard.totals()));
  }

  async findProblems(spelledOutMax?: number): Promise<string[]> {
    const { version } = await this.#loadSlotMap();
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
    return sumOver(await this.#ofEach((shard) => shard.diskBytes()), (bytes) => bytes);
  }

  async settings(): Promise<Readonly<Record<string, string>>> {
    const joined = joinedSettings(await this.#ofEach((shard) => shard.settings()));
    const { routing } = this.#slotMap;
    const { likesPerTransactionMax: likesMax } = this.#options;
    return {
      shards: String(this.shards.length),
      ...(this.rule !== 'tally' && { rule: this.rule }),
      ...(routing && { routing: routing.name }),
      ...(likesMax !== undefined && { likesPerTransactionMax: String(likesMax) }),
      ...joined,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const shard of this.shards) await shard[Symbol.asyncDispose]();
  }

  async #ofEach<Result>(ask: (shard: Shard) => Promise<Result>): Promise<Result[]> {
    return Promise.all(this.shards.map(ask));
  }

  /** The counts of those that were counted, slices summed, by the map that is in force. */
  async #readRouted(posts: readonly string[]): Promise<Map<string, PostCount>> {
    for (let retries = 0; ; retries++) {
      const { counts, isCurrent } = await this.#readOnce(posts);
      if (isCurrent || retries === SLOT_MAP_RETRIES_MAX) return summed(counts);
      const { version } = await this.#loadSlotMap();
      // A move is under way: until the map is in force, the counts stand where they stood.
      if (version === this.#slotMap.version) return summed(counts);
      this.#slotMap = await this.#loadSlotMap();
    }
  }

  /** `isCurrent`: all shards asked are at the slot map version by which they were chosen. */
  async #readOnce(posts: readonly string[]) {
    const touched = new Map<Shard, string[]>();
    // Asked for twice, a post must not be summed twice.
    for (const post of new Set(posts)) {
      for (const index of shardsOfPost(this.#slotMap, post)) {
        const shard = this.shards[index]!;
        const ofShard = touched.get(shard);
        if (ofShard === undefined) touched.set(shard, [post]);
        else ofShard.push(post);
      }
    }
    const { version } = this.#slotMap;
    const answers = await Promise.all(
      [...touched].map(async ([shard, names]) => {
        const counts = await shard.countsOf(names);
        return { counts, held: await shard.slotMapVersion() };
      }),
    );
    return {
      counts: answers.flatMap(({ counts }) => counts),
      isCurrent: answers.every(({ held }) => held === version),
    };
  }

  /** Applies what it can, and returns the places whose shard has another slot map version. */
  async #applyRouted(
    likes: readonly Like[],
    places: readonly number[],
    refusals: Refusal[],
    committed: CommitObserver | undefined,
  ): Promise<number[]> {
    const left: number[] = [];
    const applyTo = async (index: number, placesOfShard: readonly number[]): Promise<void> => {
      const parts = inParts(placesOfShard, this.#options.likesPerTransactionMax);
      for (const [at, part] of parts.entries()) {
        try {
          const commit = await this.shards[index]!.apply(likes, part, this.#slotMap.version);
          const { fresh, seen, ended } = commit;
          for (const place of ended)
            refusals.push({ index: place, reason: endedReason(likes[place]!) });
          if (fresh.length + seen.length > 0) committed?.({ shard: index, fresh, seen });
        } catch (error) {
          if (!(error instanceof SlotMapChangedError)) throw error;
          for (const rest of parts.slice(at)) for (const place of rest) left.push(place);
          return;
        }
      }
    };
    const routed = [...this.#route(likes, places).entries()].filter(([, { length }]) => length > 0);
    if (!this.#options.sideBySide) for (const part of routed) await applyTo(...part);
    // Also after an error all are awaited: else a shard would commit when the batch has failed.
    else throwFirst(await Promise.allSettled(routed.map((part) => applyTo(...part))));
    return left;
  }

  #route(likes: readonly Like[], places: readonly number[]): number[][] {
    const routed: number[][] = this.shards.map(() => []);
    for (const place of places) {
      routed[shardOfLike(this.#slotMap, likes[place]!)]!.push(place);
    }
    return routed;
  }
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

function slotMapUnsettled(likesLeft: number): StoreUnavailableError {
  const waitedMs = SLOT_MAP_RETRIES_MAX * SLOT_MAP_RETRY_WAIT_MS;
  return new StoreUnavailableError(
    `${likesLeft} likes belong to shards that did not settle on the store's slot map within ` +
      `${waitedMs} ms; finish the move of slots that was begun, then deliver the batch again`,
  );
}
