/** For each post, what its counted likes add up to, and what the shards say. */

export interface PostErrors {
  /** Posts whose stored likes or unlikes differ from the sum of their counted likes. */
  readonly posts: number;
  readonly likes: number;
  readonly likesMax: number;
  /** What the shards hold too much, likes and unlikes apart, so that nothing cancels. */
  readonly excess: number;
}

const POSTS_FIRST = 128;

/** Likes and unlikes of a post stand side by side, at twice its number and at the next place. */
export class PostSums {
  #counted = new Float64Array(2 * POSTS_FIRST);
  #stored = new Float64Array(2 * POSTS_FIRST);

  addCounted(post: number, isUnlike: boolean): void {
    const place = 2 * post + Number(isUnlike);
    if (place >= this.#counted.length) this.#growTo(post);
    this.#counted[place]!++;
  }

  /** A post that stands in two shards is added up, which makes it miscounted. */
  addStored(post: number, likes: number, unlikes: number): void {
    if (2 * post >= this.#stored.length) this.#growTo(post);
    this.#stored[2 * post]! += likes;
    this.#stored[2 * post + 1]! += unlikes;
  }

  stored(post: number): { likes: number; unlikes: number } {
    const [likes = 0, unlikes = 0] = this.#stored.subarray(2 * post, 2 * post + 2);
    return { likes, unlikes };
  }

  errors(): PostErrors {
    let [posts, likes, likesMax, excess] = [0, 0, 0, 0];
    for (let place = 0; place < this.#stored.length; place += 2) {
      const likeError = this.#stored[place]! - this.#counted[place]!;
      const unlikeError = this.#stored[place + 1]! - this.#counted[place + 1]!;
      if (likeError !== 0 || unlikeError !== 0) posts++;
      likes += Math.abs(likeError) + Math.abs(unlikeError);
      likesMax = Math.max(likesMax, Math.abs(likeError), Math.abs(unlikeError));
      excess += Math.max(0, likeError) + Math.max(0, unlikeError);
    }
    return { posts, likes, likesMax, excess };
  }

  #growTo(post: number): void {
    const grown = (sums: Float64Array): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(4 * (post + 1));
      larger.set(sums);
      return larger;
    };
    this.#counted = grown(this.#counted);
    this.#stored = grown(this.#stored);
  }
}
