/** Gives likes the places that a queue would give them, for stores that need to know. */
import type { Like, PlaceOf } from '../../likes/like.ts';
import type { CountStore } from '../../store/count-store.ts';

/** A queue of one lane: whoever delivers a batch again delivers it from the same places. */
export class OneLane {
  readonly #failed = new Map<readonly Like[], bigint>();
  readonly #lane: string;
  #next = 0n;

  constructor(lane = 'likes/0') {
    this.#lane = lane;
  }

  /** The places of a batch: behind all others, unless the same one failed before. */
  placesOf(likes: readonly Like[]): PlaceOf {
    const first = this.#failed.get(likes) ?? this.#next;
    if (first === this.#next) this.#next += BigInt(likes.length);
    this.#failed.set(likes, first);
    return (index) => ({ lane: this.#lane, offset: first + BigInt(index) });
  }

  /** What is stored is acknowledged; the same likes are a new delivery of other messages then. */
  acknowledge(likes: readonly Like[]): void {
    this.#failed.delete(likes);
  }
}

/** The store, with the places of one lane for whatever is applied. */
export function placedStore(store: CountStore, lane: OneLane): CountStore {
  const apply: CountStore['apply'] = async (likes, committed) => {
    await store.apply(likes, committed, lane.placesOf(likes)).catch((error: unknown) => {
      const isRefusal = error instanceof Error && 'code' in error && error.code === 'LIKES_REFUSED';
      if (isRefusal) lane.acknowledge(likes);
      throw error;
    });
    lane.acknowledge(likes);
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'apply') return apply;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
