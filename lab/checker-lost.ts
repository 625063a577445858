/** When lost likes were acknowledged: before which fault, and how long before it. */
import { LikeCounts, type LikeStates, STATE } from './like-states.ts';
import { KIND } from './record-format.ts';
import { mergeByTime, type RecordBlock } from './record-reader.ts';

/** The lost likes that were last acknowledged between two faults. */
export interface LostBefore {
  /** Distinct likes. */
  readonly count: number;
  /** The smallest and the largest of their last acknowledgements, µs on the trial's clock. */
  readonly okUsFirst: number | undefined;
  readonly okUsLast: number | undefined;
}

export interface LostOks {
  /** Over every acknowledgement of every lost like. */
  readonly firstUs: number;
  readonly lastUs: number;
}

/** After marks and dead letters, and before anything takes the bit "counted" away. */
export function findLostOks(
  files: readonly Iterable<RecordBlock>[],
  states: LikeStates,
): LostOks & { readonly acknowledgements: LikeCounts } {
  let [firstUs, lastUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const acknowledgements = new LikeCounts();
  for (const file of files) {
    for (const { kind, count, source, seq, timeUs } of file) {
      if (kind !== KIND.ok) continue;
      for (let index = 0; index < count; index++) {
        const like = seq(index);
        if (states.has(source, like, STATE.counted | STATE.parked)) continue;
        acknowledgements.add(source, like);
        firstUs = Math.min(firstUs, timeUs);
        lastUs = Math.max(lastUs, timeUs);
      }
    }
  }
  return { firstUs, lastUs, acknowledgements };
}

/**
 * Sorts lost likes by the first of `momentsUs` (rising) after the last acknowledgement of each; the
 * last entry is for those after all of them. A second look at the records in the order of their
 * times: the acknowledgement that leaves none of a like to come is its last.
 */
export function sortLostOks(
  files: readonly Iterable<RecordBlock>[],
  acknowledgements: LikeCounts,
  momentsUs: readonly number[],
): LostBefore[] {
  const sorted = noneLost(momentsUs);
  let moment = 0;
  for (const { kind, count, source, seq, timeUs } of mergeByTime(files)) {
    if (kind !== KIND.ok) continue;
    while (moment < momentsUs.length && momentsUs[moment]! <= timeUs) moment++;
    for (let index = 0; index < count; index++) {
      if (acknowledgements.take(source, seq(index)) !== 0) continue;
      const entry = sorted[moment]!;
      entry.count++;
      entry.okUsFirst ??= timeUs;
      entry.okUsLast = timeUs;
    }
  }
  return sorted;
}

/** One entry more than there are moments. */
export function noneLost(momentsUs: readonly number[]) {
  return Array.from({ length: momentsUs.length + 1 }, () => ({
    count: 0,
    okUsFirst: undefined as number | undefined,
    okUsLast: undefined as number | undefined,
  }));
}
