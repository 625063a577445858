/** The one equation between counts and marks, for every engine that keeps both. Pure. */
import type { MovedSums, Totals } from './count-store.ts';

const NOTHING_MOVED: MovedSums = { likes: 0, unlikes: 0, marks: 0 };

/** What was moved, for `Totals`: left out when nothing was. */
export function movedOf(moved: MovedSums): Pick<Totals, 'moved'> {
  return moved.likes === 0 && moved.unlikes === 0 && moved.marks === 0 ? {} : { moved };
}

export interface Balance extends Pick<Totals, 'marks' | 'marksDropped' | 'moved'> {
  /** A corrupted number may be more than a JavaScript one can be. */
  readonly likes: number | bigint;
  readonly unlikes: number | bigint;
}

/**
 * Each like that a shard counted left a mark in it; counts that came from other shards, and marks
 * of a shard whose heir it is, have no such partner here. Else a finding in plain words.
 */
export function balanceProblems({ likes, unlikes, marks, marksDropped, moved }: Balance): string[] {
  const came = moved ?? NOTHING_MOVED;
  const counted = BigInt(likes) + BigInt(unlikes) - BigInt(came.likes + came.unlikes);
  if (counted === BigInt(marks - came.marks + marksDropped)) return [];
  const others =
    moved === undefined
      ? ''
      : `, and ${moved.likes} likes, ${moved.unlikes} unlikes and ${moved.marks} marks came from ` +
        'other shards';
  return [
    `${likes} likes and ${unlikes} unlikes are counted, but ${marks} marks are held and ` +
      `${marksDropped} were dropped${others}`,
  ];
}
