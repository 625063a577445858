/** Likes for tests of the rule *states*, and the naive model of it. */
import type { Like } from '../../likes/like.ts';
import type { CountStore, PostCount, UserState } from '../../store/count-store.ts';
import { allCounts, madeLike, rowsOf } from './made-likes.ts';

/** A press, whichever producer sends it: what decides is user, post and version. */
export function press(
  user: string,
  post: string,
  version: number,
  action: Like['action'] = 'like',
): Like {
  return madeLike('a', version, { user, post, version, action });
}

/** Like, unlike, like and so on: `versions` presses of each of `users` on each of `posts`. */
export function madePresses(posts: number, users: number, versions: number): Like[] {
  return Array.from({ length: posts * users * versions }, (_, seq) => {
    const version = (seq % versions) + 1;
    const user = Math.floor(seq / versions) % users;
    const post = Math.floor(seq / versions / users);
    return madeLike('a', seq, {
      post: `post-${post}`,
      user: `user-${user}`,
      version,
      action: version % 2 === 1 ? 'like' : 'unlike',
    });
  });
}

/** Looks through all that was ever delivered for the first like with the largest version. */
export function modelStates(delivered: readonly Like[]): UserState[] {
  const states = new Map<string, UserState>();
  for (const { post, user } of delivered) {
    const own = delivered.filter((like) => like.post === post && like.user === user);
    const newest = Math.max(...own.map(({ version }) => version));
    const { version, action } = own.find((like) => like.version === newest)!;
    states.set(JSON.stringify([post, user]), { post, user, version, action });
  }
  return byName(states.values());
}

/** A post is there as soon as anybody has pressed it. */
export function modelLikes(delivered: readonly Like[]): PostCount[] {
  const posts = new Map<string, PostCount>();
  for (const { post, action } of modelStates(delivered)) {
    const likes = (posts.get(post)?.likes ?? 0) + (action === 'like' ? 1 : 0);
    posts.set(post, { post, likes, unlikes: 0 });
  }
  return [...posts.values()].sort((one, other) => (one.post < other.post ? -1 : 1));
}

/** All states of all shards, in the order of posts and users. */
export async function allStates(store: CountStore): Promise<UserState[]> {
  return byName(await rowsOf(store, (shard) => shard.states!()));
}

/** Everything that a store under *states* says of its likes. */
export async function allOf(store: CountStore) {
  return { states: await allStates(store), counts: await allCounts(store) };
}

export function modelOf(delivered: readonly Like[]) {
  return { states: modelStates(delivered), counts: modelLikes(delivered) };
}

function byName(states: Iterable<UserState>): UserState[] {
  const name = ({ post, user }: UserState) => JSON.stringify([post, user]);
  return [...states].sort((one, other) => (name(one) < name(other) ? -1 : 1));
}
