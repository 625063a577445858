/** What every engine says alike of what must never be in a shard. Pure. */
import type { Like } from '../likes/like.ts';
import { type SlotMap, shardOfLike, shardsOfPost } from './slot-map.ts';

/** Findings of one kind that are spelled out unless told; the rest are only counted. */
const SPELLED_OUT_MAX = 3;

/** Findings of one kind, of which many say no more than some. */
export function spelledOut(findings: string[], max = SPELLED_OUT_MAX): string[] {
  const rest = findings.length - max;
  if (rest <= 0) return findings;
  return [...findings.slice(0, max), `${rest} more like the one before`];
}

/** Undefined of a post that belongs to the shard. */
export function strangerIn(map: SlotMap, index: number, post: string): string | undefined {
  const owners = shardsOfPost(map, post);
  if (owners.includes(index)) return undefined;
  return `post ${JSON.stringify(post)} belongs to shard ${owners.join(', ')}`;
}

/** Of a post that is split, each user's state stands in one slice only. */
export function strangeStateIn(
  map: SlotMap,
  index: number,
  { post, user }: Pick<Like, 'post' | 'user'>,
): string | undefined {
  const owner = shardOfLike(map, { post, user });
  if (owner === index) return undefined;
  const who = `user ${JSON.stringify(user)} of post ${JSON.stringify(post)}`;
  return `${who} belongs to the slice in shard ${owner}`;
}
