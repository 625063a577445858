/**
 * The cure `coalesce`: a consumer holds the likes of a hot post for a bounded time, over all the
 * batches and lanes that it has in hand, and stores them in one transaction. A batch is not stored,
 * and so not acknowledged, before the likes of it that are held are.
 */
import { type Like, RefusedLikesError } from '../../likes/like.ts';
import type { BeginObserver, CommitObserver } from '../count-store.ts';
import { type AppliesLikes, allOf, applyAt, type Batch } from './apply-parts.ts';

export interface CoalesceLimits {
  /** A like is held for so long at most; then it waits for nothing but the store. */
  readonly lingerMs: number;
  /** With so many likes of a post in hand they are stored at once. */
  readonly likesMax: number;
}

export const COALESCE_DEFAULT: CoalesceLimits = { lingerMs: 50, likesMax: 5_000 };

/** The part of one batch that is held. */
interface Held {
  readonly likes: readonly Like[];
  readonly places: readonly number[];
  readonly committed: CommitObserver | undefined;
  readonly begins: BeginObserver | undefined;
  readonly stored: PromiseWithResolvers<void>;
}

/** The likes of one post that are held together. */
interface Pot {
  readonly held: Held[];
  readonly timer: NodeJS.Timeout;
  likes: number;
  /** Held long enough, or full: it waits for the transaction before it, and for nothing else. */
  isDue: boolean;
}

/** Stands before a store; passes everything on at once until posts are named. */
export class CoalescingStore implements AppliesLikes {
  readonly #store: AppliesLikes;
  /** What all other likes go through: the same, or something that cuts batches smaller. */
  readonly #others: AppliesLikes;
  readonly #pots = new Map<string, Pot>();
  /** Of each post the transaction that is under way: the next one waits for it, and grows. */
  readonly #underWay = new Set<string>();
  #posts: ReadonlySet<string> = new Set();
  #limits = COALESCE_DEFAULT;

  constructor(store: AppliesLikes, others: AppliesLikes = store) {
    this.#store = store;
    this.#others = others;
  }

  /** From now on the likes of these posts are held, and of no others. */
  hold(posts: readonly string[], limits: CoalesceLimits = COALESCE_DEFAULT): void {
    this.#posts = new Set(posts);
    this.#limits = limits;
  }

  /**
   * Likes that are held go without their places in the queue: only engines without transactions
   * need those, and they count by the order of the queue, so that nothing can be held there.
   */
  async apply(...batch: Batch): Promise<void> {
    if (this.#posts.size === 0) return this.#others.apply(...batch);
    const [likes, committed, , , begins] = batch;
    const others: number[] = [];
    const held = new Map<string, number[]>();
    for (const [place, { post }] of likes.entries()) {
      if (!this.#posts.has(post)) others.push(place);
      else if (held.has(post)) held.get(post)!.push(place);
      else held.set(post, [place]);
    }
    const parts = [...held].map(([post, places]) => {
      return this.#put(post, { likes, places, committed, begins });
    });
    if (others.length > 0) parts.push(applyAt(this.#others, others, ...batch));
    await allOf(parts);
  }

  #put(post: string, part: Omit<Held, 'stored'>): Promise<void> {
    const held: Held = { ...part, stored: Promise.withResolvers<void>() };
    const pot = this.#pots.get(post) ?? this.#openPot(post);
    pot.held.push(held);
    pot.likes += held.places.length;
    if (pot.likes >= this.#limits.likesMax) this.#empty(post);
    return held.stored.promise;
  }

  #openPot(post: string): Pot {
    const timer = setTimeout(() => this.#empty(post), this.#limits.lingerMs);
    const pot: Pot = { held: [], likes: 0, isDue: false, timer };
    this.#pots.set(post, pot);
    return pot;
  }

  #empty(post: string): void {
    const pot = this.#pots.get(post)!;
    pot.isDue = true;
    if (this.#underWay.has(post)) return;
    clearTimeout(pot.timer);
    this.#pots.delete(post);
    this.#underWay.add(post);
    void storeTogether(this.#store, pot.held).then(() => {
      this.#underWay.delete(post);
      if (this.#pots.get(post)?.isDue) this.#empty(post);
    });
  }
}

/** One transaction for parts of several batches, each told of its own. Never rejects. */
async function storeTogether(store: AppliesLikes, held: readonly Held[]): Promise<void> {
  const all = held.flatMap(({ likes, places }) => places.map((place) => likes[place]!));
  const owners = held.flatMap((one) => one.places.map((place) => ({ held: one, place })));
  const failed = new Map<Held, unknown>();
  /** What an observer throws fails its own batch, and no other. */
  const tellEach = (tell: (one: Held, own: (indexes: readonly number[]) => number[]) => void) => {
    for (const one of held) {
      const own = (indexes: readonly number[]) =>
        indexes.flatMap((index) => (owners[index]!.held === one ? owners[index]!.place : []));
      try {
        tell(one, own);
      } catch (error) {
        failed.set(one, error);
      }
    }
  };
  const committed: CommitObserver = ({ shard, fresh, seen }) =>
    tellEach((one, own) => {
      const commit = { shard, fresh: own(fresh), seen: own(seen) };
      if (commit.fresh.length + commit.seen.length > 0) one.committed?.(commit);
    });
  const begins: BeginObserver = (indexes) =>
    tellEach((one, own) => {
      const places = own(indexes);
      if (places.length > 0) one.begins?.(places);
    });
  let refused: RefusedLikesError | undefined;
  try {
    await store.apply(all, committed, undefined, undefined, begins);
  } catch (error) {
    if (!(error instanceof RefusedLikesError)) {
      for (const { stored } of held) stored.reject(error);
      return;
    }
    refused = error;
  }
  for (const one of held) {
    const own = (refused?.refusals ?? []).flatMap(({ index, reason }) =>
      owners[index]!.held === one ? { index: owners[index]!.place, reason } : [],
    );
    if (failed.has(one)) one.stored.reject(failed.get(one));
    else if (own.length > 0) one.stored.reject(new RefusedLikesError(own));
    else one.stored.resolve();
  }
}
