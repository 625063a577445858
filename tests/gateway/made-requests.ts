/** Likes as clients give them. */
import type { NewLike } from '../../gateway/like-path.ts';

export function newLike(fields: Partial<NewLike> = {}): NewLike {
  return {
    user: 'u-1',
    post: 'p-1',
    action: 'like',
    version: 1,
    likedAtMs: 1_500_000_000_000,
    ...fields,
  };
}
