/** Which sources and blocks of marks a batch will ask for, known before any is read. Pure. */
import type { Like } from '../likes/like.ts';
import { blockOf } from './marks.ts';

export interface WantedSource {
  readonly name: string;
  /** The name in UTF-8. */
  readonly key: Buffer;
  /** Each once, in rising order. */
  readonly blocks: readonly number[];
}

/** In the order of their keys, byte by byte, so that all transactions lock in one order. */
export function wantedBlocks(likes: readonly Like[], places: readonly number[]): WantedSource[] {
  const wanted = new Map<string, Set<number>>();
  let name: string | undefined;
  let block: number | undefined;
  let blocks = new Set<number>();
  for (const place of places) {
    const like = likes[place]!;
    // Neighbours in a batch mostly share source and block.
    if (like.source !== name) {
      name = like.source;
      block = undefined;
      blocks = wanted.get(name) ?? new Set();
      wanted.set(name, blocks);
    }
    const next = blockOf(like.seq);
    if (next !== block) blocks.add(next);
    block = next;
  }
  return [...wanted]
    .map(([source, found]) => ({
      name: source,
      key: Buffer.from(source),
      blocks: [...found].sort((one, other) => one - other),
    }))
    .sort((one, other) => Buffer.compare(one.key, other.key));
}
