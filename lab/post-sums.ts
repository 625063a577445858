/** For each post, what its counted likes add up to, and what the shards say. */

export interface PostErrors {
  /** Posts whose stored likes or unlikes differ from the sum of their counted likes. */
  readonly posts: number;
  readonly likes: number;
  readonly likesMax: number;
  /** What the shards hold too much, likes and unlikes apart, so that nothing cancels. */
  readonly excess: number;
}

interface Sums {
  countedLikes: number;
  countedUnlikes: number;
  storedLikes: number;
  storedUnlikes: number;
}

export class PostSums {
  readonly #sums: Sums[] = [];

  addCounted(post: number, isUnlike: boolean): void {
    const sums = this.#of(post);
    if (isUnlike) sums.countedUnlikes++;
    else sums.countedLikes++;
  }

  /** A post that stands in two shards is added up, which makes it miscounted. */
  addStored(post: number, likes: number, unlikes: number): void {
    const sums = this.#of(post);
    sums.storedLikes += likes;
    sums.storedUnlikes += unlikes;
  }

  stored(post: number): { likes: number; unlikes: number } {
    const sums = this.#of(post);
    return { likes: sums.storedLikes, unlikes: sums.storedUnlikes };
  }

  errors(): PostErrors {
    let [posts, likes, likesMax, excess] = [0, 0, 0, 0];
    for (const sums of this.#sums) {
      if (sums === undefined) continue;
      const errors = [
        sums.storedLikes - sums.countedLikes,
        sums.storedUnlikes - sums.countedUnlikes,
      ];
      const total = errors.reduce((sum, error) => sum + Math.abs(error), 0);
      if (total > 0) posts++;
      likes += total;
      likesMax = Math.max(likesMax, ...errors.map(Math.abs));
      excess += errors.reduce((sum, error) => sum + Math.max(0, error), 0);
    }
    return { posts, likes, likesMax, excess };
  }

  #of(post: number): Sums {
    const found = this.#sums[post];
    if (found) return found;
    while (this.#sums.length <= post) {
      this.#sums.push({ countedLikes: 0, countedUnlikes: 0, storedLikes: 0, storedUnlikes: 0 });
    }
    return this.#sums[post]!;
  }
}
