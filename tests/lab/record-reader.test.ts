import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KIND } from '../../lab/record-format.ts';
import { Names, type RecordSource, readRecords, type Truncation } from '../../lab/record-reader.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import { madeLike } from '../store/made-likes.ts';
import { MadeRecords } from './made-records.ts';
import { recordsFolder } from './trial-fixture.ts';

const someLikes = fc.array(
  fc
    .tuple(fc.constantFrom('a', 'ü', '視頻'), fc.nat(9))
    .map(([source, seq]) => madeLike(source, seq, { post: `post ${source} ${seq % 3}` })),
  { maxLength: 6 },
);
const someCall = fc.record({
  kind: fc.constantFrom('attempted', 'ok', 'fail', 'unknown', 'delivered', 'stored'),
  likes: someLikes,
});
type Call = typeof someCall extends fc.Arbitrary<infer T> ? T : never;

function write(records: Pick<RecordWriter, 'attempted' | 'outcome' | 'delivered' | 'stored'>) {
  return ({ kind, likes }: Call, index: number) => {
    const timeUs = index * 1.5;
    if (kind === 'attempted') records.attempted(timeUs, likes);
    else if (kind === 'delivered') records.delivered(timeUs, likes);
    else if (kind === 'stored') records.stored(timeUs, likes.slice(1), likes.slice(0, 1));
    else records.outcome(timeUs, likes, kind as 'ok' | 'fail' | 'unknown');
  };
}

function read(source: RecordSource) {
  const names = new Names();
  const truncations: Truncation[] = [];
  const entries: unknown[] = [];
  for (const block of readRecords(source, names, (found) => truncations.push(found))) {
    const { kind, count, timeUs, seq, post, isUnlike } = block;
    for (let index = 0; index < count; index++) {
      entries.push([kind, timeUs, names.nameOf(block.source), seq(index)]);
      if (kind === KIND.attempted) entries.push(names.nameOf(post(index)), isUnlike(index));
    }
  }
  return { entries, truncations };
}

describe('records in memory', () => {
  test('that the tests make are, byte for byte, what producers and consumers write', () => {
    fc.assert(
      fc.property(fc.array(someCall, { maxLength: 10 }), (calls) => {
        using folder = recordsFolder();
        const made = new MadeRecords('made');
        calls.forEach(write(made));
        {
          using writer = new RecordWriter(folder.path('written'));
          calls.forEach(write(writer));
        }
        expect(readFileSync(folder.path('written')).equals(made.source.bytes)).toBe(true);
        expect(read(made.source)).toEqual(read(folder.path('written')));
      }),
    );
  });

  test('are reported where they are cut off, by their name, and can be read again', () => {
    const made = new MadeRecords('made');
    made.outcome(7, [madeLike('a', 1), madeLike('a', 2)], 'ok');
    const { bytes } = made.source;
    const source = { path: 'made', bytes: bytes.subarray(0, bytes.length - 1) };
    for (let time = 0; time < 2; time++) {
      const { entries, truncations } = read(source);
      expect(entries).toEqual([]);
      // A header and two seqs, but for the last byte.
      expect(truncations).toEqual([{ path: 'made', bytesLost: 24 + 8 - 1 }]);
    }
    expect(read(made.source).truncations).toEqual([]);
  });

  test('of something else are refused by their name', () => {
    const source = { path: 'foreign', bytes: Buffer.from('something else') };
    expect(() => read(source)).toThrow(/foreign is not a file of records/);
  });
});
