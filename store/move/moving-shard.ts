/** What a shard has to do so that posts can be moved to it and from it while it counts. */
import { z } from 'zod';
import type { MarkBlock, MovedSums, PostCount } from '../count-store.ts';
import type { SlotMap } from '../slot-map.ts';

/** A part of many rows. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins, in words that only the engine understands; none after the last. */
  readonly next: string | undefined;
}

/** What was changed since a point: the rows as they are now, each once. */
export interface Changes {
  readonly counts: readonly PostCount[];
  readonly marks: readonly MarkBlock[];
  /** The point up to which this is everything. */
  readonly upTo: string;
  /** Whether there may be more. */
  readonly isPart: boolean;
}

/** How far a receiver has got with one giver, kept in the receiver itself. */
export interface Progress {
  /** From where the giver's counts are still to be copied. */
  readonly counts: Stretch;
  readonly marks: Stretch;
  /** The giver's changes up to here are known. */
  readonly changes: string | undefined;
  /** From where the giver's own marks are still to be taken over; only where it is to go. */
  readonly inherited: Stretch;
}

/** A table that is read page by page. */
export interface Stretch {
  readonly next: string | undefined;
  readonly isDone: boolean;
}

export const NO_PROGRESS: Progress = {
  counts: { next: undefined, isDone: false },
  marks: { next: undefined, isDone: false },
  changes: undefined,
  inherited: { next: undefined, isDone: false },
};

const text = z.union([z.string(), z.undefined()]).optional();
const stretchSchema = z.strictObject({ next: text, isDone: z.boolean() });
const progressSchema = z.strictObject({
  counts: stretchSchema,
  marks: stretchSchema,
  changes: text,
  inherited: stretchSchema,
});

export function progressFromText(progress: string): Progress {
  const { counts, marks, changes, inherited } = progressSchema.parse(JSON.parse(progress));
  const stretch = ({ next, isDone }: z.infer<typeof stretchSchema>) => ({ next, isDone });
  return {
    counts: stretch(counts),
    marks: stretch(marks),
    changes,
    inherited: stretch(inherited),
  };
}

/** What comes from one giver in one transaction. */
export interface Arrival {
  readonly giver: number;
  /** As they stand at the giver. They replace what had arrived of these posts before. */
  readonly counts: readonly PostCount[];
  /** United with what is known already. */
  readonly marks: readonly MarkBlock[];
  readonly endedSources: readonly string[];
  readonly progress: Progress;
}

/** Counts that a giver of a named post hands over. They are added, once, whatever is repeated. */
export interface NamedArrival {
  readonly giver: number;
  readonly counts: readonly PostCount[];
}

/** What has arrived from one giver so far. */
export interface Arrived {
  readonly progress: Progress;
  readonly likes: number;
  readonly unlikes: number;
}

/** What a shard that goes leaves to its heir, besides its marks. */
export interface Estate {
  readonly moved: MovedSums;
  readonly marksDropped: number;
}

/**
 * A shard in the hands of the mover, beside all who count in it. Each method is one transaction, so
 * that a mover that is killed leaves each one done or not begun, and each may be repeated.
 * Rejects with StoreUnavailableError on an outage.
 */
export interface MovingShard extends AsyncDisposable {
  readonly index: number;
  slotMapVersion(): Promise<number>;
  /**
   * From now on no source can be retired here, posts of other shards are no finding, and a giver
   * notes which counts and marks change.
   */
  begin(isGiver: boolean): Promise<void>;
  /** Forgets all that `begin` and the arrivals left, but for the counts and marks themselves. */
  end(): Promise<void>;
  /** All counts, page by page. Takes no lock that a writer waits for. */
  counts(from: string | undefined, limit: number): Promise<Page<PostCount>>;
  countsOf(posts: readonly string[]): Promise<PostCount[]>;
  /** All marks that make a like a known one here, page by page; a block may come twice. */
  marks(from: string | undefined, limit: number): Promise<Page<MarkBlock>>;
  /** Only marks of likes that were counted here, or by a shard whose heir this is. */
  ownMarks(from: string | undefined, limit: number): Promise<Page<MarkBlock>>;
  /** How many rows `marks` would come to. */
  blockCount(): Promise<number>;
  endedSources(): Promise<string[]>;
  /** What changed after a point, from the beginning of the notes unless told, oldest first. */
  changes(after: string | undefined, limit: number): Promise<Changes>;
  /** Undefined when nothing has arrived from that giver. */
  arrived(giver: number): Promise<Arrived | undefined>;
  /** The named counts that have arrived from a giver. */
  arrivedNamed(giver: number): Promise<PostCount[]>;
  receive(arrivals: readonly Arrival[]): Promise<void>;
  /**
   * From now on only likes that were routed by `map` are taken. What arrives comes with it: all in
   * one transaction.
   */
  adopt(
    map: SlotMap,
    arrivals?: readonly Arrival[],
    named?: readonly NamedArrival[],
  ): Promise<void>;
  /** Makes `map` the one that is held again, and takes named counts that had arrived out again. */
  goBack(map: SlotMap): Promise<void>;
  /** Deletes counts that belong to another shard. */
  drop(posts: readonly string[]): Promise<void>;
  /** Makes marks of a shard that goes this shard's own. They are never here before. */
  inherit(giver: number, marks: readonly MarkBlock[], progress: Progress): Promise<void>;
  /** Takes over what else a shard that goes leaves, once. After its marks. */
  takeOver(giver: number, estate: Estate): Promise<void>;
  estate(): Promise<Estate>;
}
