/** What a user did last to a post, which is what the rule *states* counts by. Pure. */
import type { Like } from '../likes/like.ts';

export interface LikeState {
  readonly post: string;
  readonly user: string;
  readonly version: number;
  readonly action: Like['action'];
}

/**
 * The latest of the likes at these places, of each user and post one. Of equal versions, which a
 * sound client never gives to two actions, the like.
 */
export function latestStates(likes: readonly Like[], places: Iterable<number>): LikeState[] {
  const latest = new Map<string, LikeState>();
  for (const place of places) {
    const { post, user, version, action } = likes[place]!;
    const key = `${post.length} ${post}${user}`;
    const known = latest.get(key);
    const isLater =
      known === undefined ||
      version > known.version ||
      (version === known.version && action === 'like');
    if (isLater) latest.set(key, { post, user, version, action });
  }
  return [...latest.values()];
}
