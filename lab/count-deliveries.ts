/** Small questions to single files of records. */
import { LikeStates, STATE } from './like-states.ts';
import { KIND } from './record-format.ts';
import { Names, readRecords } from './record-reader.ts';

export interface WantedLike {
  readonly source: string;
  readonly seq: number;
  /** Deliveries before this, µs on the trial's clock, are not asked for. */
  readonly fromUs: number;
}

/** How often each of them was delivered, in their order. */
export function countDeliveries(paths: readonly string[], wanted: readonly WantedLike[]): number[] {
  const times = wanted.map(() => 0);
  const placesOfSeq = new Map<number, number[]>();
  for (const [place, { seq }] of wanted.entries()) {
    placesOfSeq.set(seq, [...(placesOfSeq.get(seq) ?? []), place]);
  }
  const names = new Names();
  for (const path of paths) {
    for (const { kind, count, source, seq, timeUs } of readRecords(path, names)) {
      if (kind !== KIND.delivered) continue;
      for (let index = 0; index < count; index++) {
        for (const place of placesOfSeq.get(seq(index)) ?? []) {
          const { source: name, fromUs } = wanted[place]!;
          if (timeUs >= fromUs && names.nameOf(source) === name) times[place]!++;
        }
      }
    }
  }
  return times;
}

/** Distinct likes that a producer's records say a send was begun for. */
export function countAttempted(path: string): number {
  const likes = new LikeStates();
  let attempted = 0;
  for (const { kind, count, source, seq } of readRecords(path, new Names())) {
    if (kind !== KIND.attempted) continue;
    for (let index = 0; index < count; index++) {
      if (!likes.mark(source, seq(index), STATE.attempted)) attempted++;
    }
  }
  return attempted;
}
