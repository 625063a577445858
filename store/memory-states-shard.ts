/** A shard under the rule *states* that lives and dies with its process, for tests of the lab. */
import type { Like } from '../likes/like.ts';
import type { MarkBlock, PostCount, Shard, ShardCommit, Totals, UserState } from './count-store.ts';
import { SlotMapChangedError } from './errors.ts';
import { strangerIn, strangeStateIn } from './findings.ts';
import { topOf } from './order.ts';
import { type SlotMap, shardsOfPost } from './slot-map.ts';
import { applyStates, type StateReader, type StoredState } from './state-batch.ts';

interface PostStates {
  likes: number;
  readonly users: Map<string, StoredState>;
}

/** Keeps everything in maps. Disposing it frees nothing, so that a test may open it again. */
export class MemoryStatesShard implements Shard, StateReader {
  readonly index: number;
  #slotMap: SlotMap;
  readonly #posts = new Map<string, PostStates>();

  constructor(index: number, slotMap: SlotMap) {
    this.index = index;
    this.#slotMap = slotMap;
  }

  async apply(
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit> {
    const { version } = this.#slotMap;
    if (version !== slotMapVersion) {
      throw new SlotMapChangedError(this.index, version, slotMapVersion);
    }
    const { fresh, seen, ended, states, posts } = applyStates(likes, places, this);
    for (const { post, likes: changed } of posts) {
      const known = this.#posts.get(post);
      if (known === undefined) this.#posts.set(post, { likes: changed, users: new Map() });
      else known.likes += changed;
    }
    for (const { post, user, ...state } of states) this.#posts.get(post)!.users.set(user, state);
    return { fresh, seen, ended };
  }

  state(post: string, user: string): StoredState | undefined {
    return this.#posts.get(post)?.users.get(user);
  }

  async actionOf(user: string, post: string): Promise<Like['action'] | undefined> {
    return this.state(post, user)?.action;
  }

  async retireSource(): Promise<number> {
    return 0;
  }

  async slotMapVersion(): Promise<number> {
    return this.#slotMap.version;
  }

  async adoptSlotMap(map: SlotMap): Promise<void> {
    this.#slotMap = map;
  }

  async ownership(): Promise<(post: string) => boolean> {
    const map = this.#slotMap;
    return (post) => shardsOfPost(map, post).includes(this.index);
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    return posts.flatMap((post) => {
      const known = this.#posts.get(post);
      return known === undefined ? [] : [{ post, likes: known.likes, unlikes: 0 }];
    });
  }

  /** A post that nobody likes any more is no top post, however many pressed. */
  async topPosts(limit: number): Promise<PostCount[]> {
    const liked = await Array.fromAsync(this.counts());
    return topOf(
      liked.filter(({ likes }) => likes > 0),
      limit,
    );
  }

  async *counts(): AsyncIterable<PostCount> {
    for (const [post, { likes }] of this.#posts) yield { post, likes, unlikes: 0 };
  }

  async *marks(): AsyncIterable<MarkBlock> {}

  async *states(): AsyncIterable<UserState> {
    for (const [post, { users }] of this.#posts) {
      for (const [user, state] of users) yield { post, user, ...state };
    }
  }

  async totals(): Promise<Totals> {
    const sums = { likes: 0, states: 0 };
    for (const { likes, users } of this.#posts.values()) {
      sums.likes += likes;
      sums.states += users.size;
    }
    return { posts: this.#posts.size, ...sums, unlikes: 0, marks: 0, marksDropped: 0 };
  }

  async findProblems(): Promise<string[]> {
    const problems: string[] = [];
    for (const [post, { likes, users }] of this.#posts) {
      const liked = [...users.values()].filter(({ action }) => action === 'like').length;
      if (liked !== likes) {
        problems.push(
          `post "${post}" has ${likes} likes and 0 unlikes, but ${liked} users whose last action ` +
            'is a like',
        );
      }
      const stranger = strangerIn(this.#slotMap, this.index, post);
      if (stranger !== undefined) {
        problems.push(stranger);
        continue;
      }
      for (const user of users.keys()) {
        const strange = strangeStateIn(this.#slotMap, this.index, { post, user });
        if (strange !== undefined) problems.push(strange);
      }
    }
    return problems;
  }

  async diskBytes(): Promise<number> {
    return 0;
  }

  async settings(): Promise<Readonly<Record<string, string>>> {
    return { engine: 'memory' };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
