import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KIND } from '../../lab/record-format.ts';
import { Names, readRecords } from '../../lab/record-reader.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import { settleRecords } from '../../lab/settled-records.ts';
import type { Like } from '../../likes/like.ts';
import { madeLike } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

interface Entry {
  readonly kind: number;
  readonly timeUs: number;
  readonly source: string;
  readonly seq: number;
  readonly post: string | undefined;
}

function entriesOf(path: string): Entry[] {
  const names = new Names();
  const entries: Entry[] = [];
  for (const { kind, timeUs, source, seq, post, count } of readRecords(path, names, () => {})) {
    for (let index = 0; index < count; index++) {
      entries.push({
        ...{ kind, timeUs, source: names.nameOf(source), seq: seq(index) },
        post: kind === KIND.delivered ? names.nameOf(post(index)) : undefined,
      });
    }
  }
  return entries;
}

/** A like of one of two sources, few enough to come again and again. */
const someLikes = fc.array(
  fc.tuple(fc.constantFrom('a', 'b'), fc.nat(5)).map(([source, seq]) => madeLike(source, seq)),
  { maxLength: 6 },
);
const someBatch = fc.record({
  file: fc.nat(1),
  delivered: someLikes,
  fresh: someLikes,
  seen: someLikes,
});

test('each like is told fresh once, when it was first told of, over the files of all', () => {
  fc.assert(
    fc.property(fc.array(someBatch, { maxLength: 8 }), (batches) => {
      using folder = recordsFolder();
      const paths = ['one', 'two'].map((name) => folder.path(name));
      const writers = paths.map((path) => new RecordWriter(path));
      for (const [at, { file, delivered, fresh, seen }] of batches.entries()) {
        writers[file]!.delivered(10 * at, delivered);
        writers[file]!.stored(10 * at + 1, fresh, seen);
      }
      for (const writer of writers) writer[Symbol.dispose]();
      const settled = settleRecords(paths).map(entriesOf);
      const before = paths.map(entriesOf);

      const isTold = ({ kind }: Entry) => kind !== KIND.delivered;
      const byName = (entries: Entry[]) =>
        entries.map((entry) => JSON.stringify({ ...entry, kind: 0 })).toSorted();
      for (const [file, entries] of settled.entries()) {
        expect(entries.filter((entry) => !isTold(entry))).toEqual(
          before[file]!.filter((entry) => !isTold(entry)),
        );
        expect(byName(entries.filter(isTold))).toEqual(byName(before[file]!.filter(isTold)));
      }
      const firsts = settled.flat().filter(({ kind }) => kind === KIND.fresh);
      const told = new Map<string, number>();
      for (const { source, seq, timeUs } of before.flat().filter(isTold)) {
        const name = `${source} ${seq}`;
        told.set(name, Math.min(timeUs, told.get(name) ?? timeUs));
      }
      const found = firsts.map(({ source, seq, timeUs }) => [`${source} ${seq}`, timeUs] as const);
      expect(found.toSorted()).toEqual([...told].toSorted());
    }),
    { numRuns: 100 },
  );
});

test('nothing was told, and nothing is', () => {
  using folder = recordsFolder();
  const path = folder.path('empty');
  new RecordWriter(path)[Symbol.dispose]();
  const likes: Like[] = [];
  expect(settleRecords([path]).map(entriesOf)).toEqual([likes]);
});
