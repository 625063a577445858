/** What a lane's log says, found in the naive way: each time from the beginning. */
import type { Like } from '../../likes/like.ts';
import { blockOfLike, type CountRow, nameOfBlock } from '../../store/lane-state.ts';
import { mark } from '../../store/marks.ts';

export interface LogEntry {
  readonly offset: bigint;
  readonly like: Like;
}

type Sums = Pick<CountRow, 'likes' | 'unlikes'>;

/** By post, and by the name of the block. */
export function truthUpTo(log: readonly LogEntry[], upto: bigint) {
  const counts = new Map<string, { likes: number; unlikes: number }>();
  const marks = new Map<string, Uint8Array>();
  for (const { like, offset } of log) {
    if (offset > upto) break;
    const name = nameOfBlock(blockOfLike(like));
    const bits = marks.get(name) ?? new Uint8Array(512);
    marks.set(name, bits);
    if (!mark(bits, like.seq)) continue;
    const count = counts.get(like.post) ?? { likes: 0, unlikes: 0 };
    counts.set(like.post, count);
    if (like.action === 'like') count.likes++;
    else count.unlikes++;
  }
  return { counts, marks };
}

export function sameCount(right: Sums | undefined, found: Sums | undefined): boolean {
  return right?.likes === found?.likes && right?.unlikes === found?.unlikes;
}
