/** Counts what goes into a store: transactions, rows of counts that they change, and likes. */
import type { CommitObserver } from '../count-store.ts';
import type { AppliesLikes, Batch } from './apply-parts.ts';

export interface Writes {
  /** Commits of a shard that held at least one like, new or not. */
  readonly transactions: number;
  /** Rows of counts that they changed: a post once a commit, however many likes it got. */
  readonly countUpdates: number;
  /** Likes that were new. */
  readonly likes: number;
}

/**
 * Right before the store, so that parts which gather or cut batches are behind it. It looks at the
 * post of each like once more, which costs as much as the search for hot posts itself: for whoever
 * measures what the cures save, not for whoever only counts.
 */
export class CountedWrites implements AppliesLikes {
  readonly #store: AppliesLikes;
  readonly #writes = { transactions: 0, countUpdates: 0, likes: 0 };

  constructor(store: AppliesLikes) {
    this.#store = store;
  }

  get writes(): Writes {
    return { ...this.#writes };
  }

  apply(...[likes, committed, ...more]: Batch): Promise<void> {
    const count: CommitObserver = (commit) => {
      this.#writes.transactions++;
      this.#writes.countUpdates += new Set(commit.fresh.map((place) => likes[place]!.post)).size;
      this.#writes.likes += commit.fresh.length;
      committed?.(commit);
    };
    return this.#store.apply(likes, count, ...more);
  }
}
