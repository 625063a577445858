import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  doubtsOfVisible,
  measureVisible,
  notesOfVisible,
  RECORD_LATE_US_MAX,
  SEEN_US_MAX,
  type VisibleMeasure,
} from '../../lab/measure-visible.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import { type Sighting, SightingWriter } from '../../lab/sightings.ts';
import type { Like } from '../../likes/like.ts';
import { madeLike } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

const POST = 'post-1';
const POLL_US = 1_000;

/** A like's way: delivered, and recorded as visible. */
interface Way {
  readonly seq: number;
  readonly deliveredUs: number;
  readonly visibleUs: number;
  readonly post?: string;
}

function likeOf({ seq, post = POST }: Pick<Way, 'seq' | 'post'>): Like {
  return madeLike('gateway-1', seq, { post });
}

function measured(ways: readonly Way[], sightings: readonly Partial<Sighting>[], posts = [POST]) {
  using folder = recordsFolder();
  const path = folder.path('consumer');
  {
    using records = new RecordWriter(path);
    const written = ways.flatMap((way) => [
      { us: way.deliveredUs, write: () => records.delivered(way.deliveredUs, [likeOf(way)]) },
      { us: way.visibleUs, write: () => records.stored(way.visibleUs, [likeOf(way)], []) },
    ]);
    for (const { write } of written.sort((one, other) => one.us - other.us)) write();
    using seen = new SightingWriter(folder.path('sightings'), posts);
    for (const sighting of sightings) {
      seen.add({ place: 0, likes: 0, unlikes: 0, beforeUs: 0, fromUs: 0, toUs: 0, ...sighting });
    }
  }
  return measureVisible({ consumerRecords: [path], sightings: folder.path('sightings') });
}

/** Two likes, each seen by the poll that follows its commit; then the last look. */
const TWO: readonly Way[] = [
  { seq: 0, deliveredUs: 900, visibleUs: 1_100 },
  { seq: 1, deliveredUs: 1_900, visibleUs: 2_300 },
];
const SEEN: readonly Partial<Sighting>[] = [
  { likes: 1, beforeUs: 1_000, fromUs: 2_000, toUs: 2_010 },
  { likes: 1, unlikes: 1, beforeUs: 2_000, fromUs: 3_000, toUs: 3_020 },
  { likes: 1, unlikes: 1, beforeUs: 3_000, fromUs: 4_000, toUs: 4_010 },
];

test('a count that a reader saw at the poll after each commit confirms the records', () => {
  const found = measured(TWO, SEEN)!;
  expect(found).toEqual({
    ...{ posts: 1, likes: 2, confirmed: 2, seenLate: 0, missed: 0 },
    ...{ early: 0, stale: 0, shrunk: 0 },
    afterRecord: { leastUs: 720, p1Us: 720, p50Us: 720, p99Us: 910, mostUs: 910 },
    recordLate: { likes: 0, tooLate: 0, p99Us: 0, mostUs: 0 },
  } satisfies VisibleMeasure);
  expect(doubtsOfVisible(found)).toEqual([]);
});

test('likes of other posts change nothing', () => {
  const other = { seq: 7, deliveredUs: 100, visibleUs: 200, post: 'post-2' };
  expect(measured([...TWO, other], SEEN)).toEqual(measured(TWO, SEEN));
});

describe('what is found by name', () => {
  const doubts = (ways: readonly Way[], sightings: readonly Partial<Sighting>[]) =>
    doubtsOfVisible(measured(ways, sightings)).join('; ');

  test('a count seen before anybody delivered its like is visible too early', () => {
    const early = TWO.map((way) => ({ ...way, deliveredUs: way.deliveredUs + 2_000 }));
    const late = early.map((way) => ({ ...way, visibleUs: way.visibleUs + 2_000 }));
    expect(measured(late, SEEN)).toMatchObject({ early: 2, stale: 0 });
    expect(doubts(late, SEEN)).toMatch(/^visible too early: 2 likes seen before their delivery/);
  });

  test('two counts of one like that was delivered twice', () => {
    using folder = recordsFolder();
    const path = folder.path('consumer');
    {
      using records = new RecordWriter(path);
      for (const us of [800, 900]) records.delivered(us, [likeOf({ seq: 0 })]);
      records.stored(1_100, [likeOf({ seq: 0 })], []);
      using seen = new SightingWriter(folder.path('sightings'), [POST]);
      seen.add({ place: 0, likes: 2, unlikes: 0, beforeUs: 1_000, fromUs: 2_000, toUs: 2_010 });
    }
    const input = { consumerRecords: [path], sightings: folder.path('sightings') };
    expect(measureVisible(input)).toMatchObject({ early: 1, likes: 1, confirmed: 1 });
  });

  test('a record behind its commit is measured, and is too early when it is far behind', () => {
    const late = (us: number) => TWO.map((way) => ({ ...way, visibleUs: way.visibleUs + us }));
    const found = measured(late(1_000), SEEN)!;
    expect(found).toMatchObject({ early: 0, recordLate: { likes: 2, p99Us: 280, mostUs: 280 } });
    expect(found.afterRecord).toMatchObject({ leastUs: -280, mostUs: -90 });
    expect(doubtsOfVisible(found)).toEqual([]);
    // Two records that waited for a core may be as late as they like; more than a few may not.
    const veryLate = late(RECORD_LATE_US_MAX + 1_000);
    expect(measured(veryLate, SEEN)).toMatchObject({ recordLate: { likes: 2, tooLate: 2 } });
    expect(doubts(veryLate, SEEN)).toBe('');
    const six = [0, 1, 2, 3, 4, 5].map((seq) => ({ ...veryLate[0]!, seq }));
    const all = [{ ...SEEN[0], likes: 6 }];
    expect(doubts(six, all)).toBe(
      'visible too early: 6 of 6 likes seen more than 10 ms before their record, so latencies ' +
        'are too long',
    );
  });

  test('a like that was visible by its record and is not in a later read is not visible', () => {
    const soon = TWO.map((way) => ({ ...way, visibleUs: way.deliveredUs + 10 }));
    expect(measured(soon, SEEN)).toMatchObject({ stale: 2, confirmed: 2 });
    expect(doubts(soon, SEEN)).toMatch(/^not visible: 2 likes missing in a read after their/);
  });

  test('a like that the last look does not show was never visible', () => {
    const last = [SEEN[0]!, { likes: 1, beforeUs: 3_000, fromUs: 4_000, toUs: 4_010 }];
    expect(measured(TWO, last)).toMatchObject({
      ...{ stale: 1, confirmed: 1, seenLate: 1, missed: 1 },
    });
    expect(doubts(TWO, last)).toMatch(/1 likes not seen within 500 ms/);
  });

  test('a like that a read long after its record does not show was missed', () => {
    const at = TWO[1]!.visibleUs + SEEN_US_MAX + 1;
    const late = [SEEN[0]!, { likes: 2, beforeUs: at, fromUs: at + 20_000, toUs: at + 20_010 }];
    expect(measured(TWO, late)).toMatchObject({ confirmed: 2, seenLate: 1, missed: 1 });
    expect(doubts(TWO, late)).toMatch(/not visible: 1 likes not seen within 500 ms of their/);
    expect(notesOfVisible(measured(TWO, late), { pollIntervalUsMax: 20_000 })).toEqual([]);
  });

  test('a reader that was itself held up, which is a note and strikes nothing', () => {
    const at = TWO[1]!.visibleUs + SEEN_US_MAX + 1;
    const late = [SEEN[0]!, { likes: 2, beforeUs: 2_000, fromUs: at - 1, toUs: at }];
    expect(measured(TWO, late)).toMatchObject({ confirmed: 2, seenLate: 1, missed: 0 });
    expect(doubts(TWO, late)).toBe('');
    expect(notesOfVisible(measured(TWO, late), { pollIntervalUsMax: 812_000 })).toEqual([
      'late reader: it saw 1 likes more than 500 ms after their record, ' +
        'and once did not look for 812 ms',
    ]);
    expect(notesOfVisible(measured(TWO, SEEN), { pollIntervalUsMax: 20_000 })).toEqual([]);
  });

  test('a count that becomes smaller', () => {
    const shrunk = [...SEEN, { likes: 1, beforeUs: 4_000, fromUs: 5_000, toUs: 5_010 }];
    expect(doubts(TWO, shrunk)).toMatch(/counts became smaller in 1 reads/);
  });

  test('a reader that saw nothing confirms nothing', () => {
    const nothing = [{ beforeUs: 3_000, fromUs: 4_000, toUs: 4_010 }];
    expect(measured(TWO, nothing)).toBeUndefined();
    expect(measured([], SEEN)).toBeUndefined();
    expect(doubtsOfVisible(undefined)).toEqual(['no like was confirmed to be visible by a reader']);
  });

  test('a file that no reader wrote', () => {
    using folder = recordsFolder();
    for (const text of ['', 'none', '["post-1"]\n[1,2,3]', '["post-1"]\n[1,0,0,0,0,0]']) {
      writeFileSync(folder.path('sightings'), text);
      const input = { consumerRecords: [], sightings: folder.path('sightings') };
      expect(() => measureVisible(input)).toThrow(/not a file of a reader's sightings/);
    }
  });
});

test('honest histories raise no doubt, whenever commits, records and polls happen', () => {
  const gap = fc.nat({ max: 3_000 });
  const way = fc.record({ wait: gap, store: gap, record: fc.nat({ max: 50 }) });
  fc.assert(
    fc.property(fc.array(way, { minLength: 1, maxLength: 30 }), gap, (steps, phase) => {
      let us = 1;
      const commits: number[] = [];
      const ways = steps.map(({ wait, store, record }, seq) => {
        const deliveredUs = us + wait;
        commits.push(deliveredUs + store);
        us = deliveredUs + store + record;
        return { seq, deliveredUs, visibleUs: us };
      });
      const sightings: Partial<Sighting>[] = [];
      let [likes, beforeUs] = [0, 0];
      for (let fromUs = phase; ; fromUs += POLL_US) {
        const seen = commits.filter((commit) => commit <= fromUs).length;
        const isLast = fromUs > us;
        const read = { likes: seen, beforeUs, fromUs, toUs: fromUs + 5 };
        if (seen !== likes || isLast) sightings.push(read);
        [likes, beforeUs] = [seen, fromUs];
        if (isLast) break;
      }
      const found = measured(ways, sightings)!;
      expect(doubtsOfVisible(found)).toEqual([]);
      expect(found).toMatchObject({ likes: ways.length, confirmed: ways.length });
      // No later than one poll and its read after the record.
      expect(found.afterRecord.mostUs).toBeLessThanOrEqual(Math.max(POLL_US, phase) + 5);
    }),
    { numRuns: 60 },
  );
});
