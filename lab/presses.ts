/** Who pressed what, by source and seq: a workload makes the same likes each time it is asked. */
import type { PlannedLike } from '../likes/workloads/workload.ts';

/**
 * Up to here the presses of a trial are held in memory: 9 bytes each, and some 150 for each user
 * and post.
 */
export const PRESSES_MAX = 10_000_000;

/** Actions as bits, so that several can stand for one version. */
export const ACTION_BIT = { like: 1, unlike: 2 } as const;

/** The presses of one source, each at the place of its seq. */
export interface SourcePresses {
  readonly likes: number;
  /** The number of its user and post. */
  readonly states: Uint32Array;
  readonly versions: Uint32Array;
  /** ACTION_BIT. */
  readonly actions: Uint8Array;
}

export class Presses {
  readonly #numberOf = new Map<string, Map<string, number>>();
  readonly #ofSource = new Map<number, SourcePresses>();
  readonly #posts: string[] = [];

  /** How many different (user, post) there are, numbered from 0. */
  get states(): number {
    return this.#posts.length;
  }

  get sources(): Iterable<[source: number, presses: SourcePresses]> {
    return this.#ofSource;
  }

  /** Undefined when nobody of that name pressed that post. */
  stateOf(post: string, user: string): number | undefined {
    return this.#numberOf.get(post)?.get(user);
  }

  postOf(state: number): string {
    return this.#posts[state]!;
  }

  ofSource(source: number): SourcePresses | undefined {
    return this.#ofSource.get(source);
  }

  /** Takes the first `likes` likes of a stream, whose seqs rise by one from 0; retries aside. */
  add(source: number, likes: number, stream: Iterable<PlannedLike>): SourcePresses {
    const states = new Uint32Array(likes);
    const versions = new Uint32Array(likes);
    const actions = new Uint8Array(likes);
    let taken = 0;
    if (likes > 0) {
      for (const { seq, post, user, version, action, retry } of stream) {
        if (retry) continue;
        states[seq] = this.#numbered(post, user);
        versions[seq] = version;
        actions[seq] = ACTION_BIT[action];
        taken = seq + 1;
        if (taken === likes) break;
      }
    }
    // A stream may end before: what is beyond its end was never planned.
    const presses = { likes: taken, states, versions, actions };
    this.#ofSource.set(source, presses);
    return presses;
  }

  #numbered(post: string, user: string): number {
    let users = this.#numberOf.get(post);
    if (users === undefined) {
      users = new Map();
      this.#numberOf.set(post, users);
    }
    const known = users.get(user);
    if (known !== undefined) return known;
    users.set(user, this.#posts.length);
    return this.#posts.push(post) - 1;
  }
}
