/** What a move has done so far, in numbers. */
import { BLOCK_BYTES } from '../marks.ts';
import type { Arrival } from './moving-shard.ts';

/** Two numbers beside the id of a post. */
export const COUNT_BYTES = 16;

export interface MoveFigures {
  /** Rows of counts that were written at receivers, a row that changed meanwhile several times. */
  readonly countsCopied: number;
  /** Blocks of 4,096 marks that were brought to receivers. */
  readonly blocksCopied: number;
  /** Of ids, counts and marks, without what the engine adds. */
  readonly bytesCopied: number;
  /**
   * From the first fence until the last shard had the new map, in ms; undefined when this process
   * made no switch.
   */
  readonly pauseMs: number | undefined;
  /** What was moved, added up at the givers after the switch, and found again at the receivers. */
  readonly moved: { readonly posts: number; readonly likes: number; readonly unlikes: number };
}

export class MoveTally {
  countsCopied = 0;
  blocksCopied = 0;
  bytesCopied = 0;
  pauseMs: number | undefined;
  readonly moved = { posts: 0, likes: 0, unlikes: 0 };

  add({ counts, marks }: Pick<Arrival, 'counts' | 'marks'>): void {
    this.countsCopied += counts.length;
    this.blocksCopied += marks.length;
    for (const { post } of counts) this.bytesCopied += Buffer.byteLength(post) + COUNT_BYTES;
    this.bytesCopied += marks.length * BLOCK_BYTES;
  }

  figures(): MoveFigures {
    const { countsCopied, blocksCopied, bytesCopied, pauseMs, moved } = this;
    return { countsCopied, blocksCopied, bytesCopied, pauseMs, moved: { ...moved } };
  }
}
