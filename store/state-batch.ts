/** What a batch does to users' last actions, and so to counts. The same for every engine. */
import type { Like } from '../likes/like.ts';
import type { ShardCommit, UserState } from './count-store.ts';

export type StoredState = Pick<UserState, 'version' | 'action'>;

/** How the engine gives what it knows, read inside the transaction. */
export interface StateReader {
  state(post: string, user: string): StoredState | undefined;
}

/** What the states of a post change in its count. */
export interface PostChange {
  readonly post: string;
  /** Users who like it now and did not before, less those who do not any more. */
  likes: number;
}

/** What is to be written for one batch and shard, posts and their users side by side. */
export interface StateBatch extends ShardCommit {
  /** At most one a user and post: the last one by version. */
  readonly states: readonly UserState[];
  /** Every post of `states` once, also where its count stays as it is. */
  readonly posts: readonly PostChange[];
}

interface OpenState {
  readonly before: StoredState | undefined;
  /** The like that is in force now; undefined while what was stored is. */
  now: Like | undefined;
}

/**
 * Takes the likes at `places` one after the other: one with a larger version than its user's last
 * one on that post is in force from then on, any other changes nothing.
 */
export function applyStates(
  likes: readonly Like[],
  places: readonly number[],
  stored: StateReader,
): StateBatch {
  const commit: ShardCommit = { fresh: [], seen: [], ended: [] };
  const posts = new Map<string, Map<string, OpenState>>();
  for (const place of places) {
    const like = likes[place]!;
    const state = openState(posts, like, stored);
    const version = (state.now ?? state.before)?.version ?? 0;
    if (like.version > version) {
      state.now = like;
      commit.fresh.push(place);
    } else commit.seen.push(place);
  }
  return { ...commit, ...changesOf(posts) };
}

function openState(
  posts: Map<string, Map<string, OpenState>>,
  { post, user }: Like,
  stored: StateReader,
): OpenState {
  let users = posts.get(post);
  if (users === undefined) {
    users = new Map();
    posts.set(post, users);
  }
  let state = users.get(user);
  if (state === undefined) {
    state = { before: stored.state(post, user), now: undefined };
    users.set(user, state);
  }
  return state;
}

function changesOf(
  posts: Map<string, Map<string, OpenState>>,
): Omit<StateBatch, keyof ShardCommit> {
  const states: UserState[] = [];
  const changes: PostChange[] = [];
  for (const [post, users] of posts) {
    const change: PostChange = { post, likes: 0 };
    const statesBefore = states.length;
    for (const [user, { before, now }] of users) {
      if (now === undefined) continue;
      states.push({ post, user, version: now.version, action: now.action });
      change.likes += likesOf(now) - likesOf(before);
    }
    if (states.length > statesBefore) changes.push(change);
  }
  return { states, posts: changes };
}

function likesOf(state: StoredState | undefined): number {
  return state?.action === 'like' ? 1 : 0;
}
