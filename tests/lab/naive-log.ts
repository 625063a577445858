/** What a server's log says of the sends, told the slow way; see naive-checker.ts. */
import type { Ledger } from '../../lab/ledger.ts';
import type { Like } from '../../likes/like.ts';

export interface NaiveLogEntry {
  readonly lane: number;
  readonly position: number;
  readonly text: string;
  /** Undefined when the text is none. */
  readonly like: Like | undefined;
}

/** One or two readings of the log; none where the broker has no log. */
export type NaiveLog = readonly (readonly NaiveLogEntry[])[];

/** `sendsOf`: how often a like was sent; 0 for a stranger. */
export function naiveLog(
  readings: NaiveLog,
  sendsOf: (like: Like) => number,
): Pick<Ledger, 'offsetConflicts' | 'offsetGaps' | 'storedAgain' | 'splitPosts' | 'phantom'> {
  if (readings.length === 0) {
    return {
      offsetConflicts: undefined,
      offsetGaps: undefined,
      storedAgain: undefined,
      splitPosts: undefined,
      phantom: 0,
    };
  }
  const all = readings.flat();
  const isSamePlace = (one: NaiveLogEntry, other: NaiveLogEntry) =>
    one.lane === other.lane && one.position === other.position;
  const places = all.filter(
    (entry, index) => all.findIndex((e) => isSamePlace(e, entry)) === index,
  );
  const answersAt = (place: NaiveLogEntry) =>
    readings.flatMap((reading) => {
      const texts = reading.filter((entry) => isSamePlace(entry, place)).map(({ text }) => text);
      return texts.length === 0 ? ['nothing'] : texts;
    });
  const copies = places.flatMap(({ like, lane }) => (like === undefined ? [] : [{ like, lane }]));
  const own = copies.filter(({ like }) => sendsOf(like) > 0);
  const distinct = new Map(own.map(({ like }) => [`${like.source} ${like.seq}`, like]));
  const storedAgain = [...distinct].map(([id, like]) => {
    const stored = own.filter((copy) => `${copy.like.source} ${copy.like.seq}` === id).length;
    return Math.max(0, stored - sendsOf(like));
  });
  const lanesOf = (post: string) =>
    new Set(own.filter(({ like }) => like.post === post).map(({ lane }) => lane)).size;
  return {
    offsetConflicts: places.filter((place) => new Set(answersAt(place)).size > 1).length,
    offsetGaps: gapsOf(places),
    storedAgain: storedAgain.reduce((sum, number) => sum + number, 0),
    splitPosts: [...new Set(own.map(({ like }) => like.post))].filter((post) => lanesOf(post) > 1)
      .length,
    phantom: copies.length - own.length,
  };
}

function gapsOf(places: readonly NaiveLogEntry[]): number {
  let gaps = 0;
  for (const lane of new Set(places.map((place) => place.lane))) {
    const held = places.filter((place) => place.lane === lane).map(({ position }) => position);
    for (let at = Math.min(...held); at < Math.max(...held); at++) if (!held.includes(at)) gaps++;
  }
  return gaps;
}
