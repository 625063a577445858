import { readFileSync, statSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ENTRY_BYTES,
  HEADER_BYTES,
  KIND,
  type Kind,
  RECORD_MAGIC,
} from '../../lab/record-format.ts';
import { mergeByTime, Names, readRecords, type Truncation } from '../../lab/record-reader.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { Like } from '../../likes/like.ts';
import { recordsFolder } from './trial-fixture.ts';

/** One entry as it is read back, with names instead of numbers. */
interface Entry {
  readonly kind: number;
  readonly timeUs: number;
  readonly source: string;
  readonly seq: number;
  readonly post?: string;
  readonly isUnlike?: boolean;
  readonly lateUs?: number;
}

type Call =
  | { readonly kind: 'attempted'; readonly likes: Like[]; readonly lateUs: number[] | undefined }
  | { readonly kind: 'ok' | 'fail' | 'unknown' | 'delivered'; readonly likes: Like[] }
  | { readonly kind: 'stored'; readonly fresh: Like[]; readonly seen: Like[] };

const someName = fc.oneof(
  fc.constantFrom('a', 'b', 'ü', '視頻'),
  fc.string({ minLength: 1, maxLength: 256 }),
);
const someLike: fc.Arbitrary<Like> = fc.record({
  source: fc.constantFrom('gateway-1', 'gateway-2', 'Gerät'),
  seq: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  post: someName,
  user: fc.constant('user'),
  action: fc.constantFrom('like' as const, 'unlike' as const),
  version: fc.constant(1),
  likedAtMs: fc.constant(0),
});
const someLikes = fc.array(someLike, { maxLength: 12 });
const someCall: fc.Arbitrary<Call> = fc.oneof(
  fc
    .tuple(someLikes, fc.boolean(), fc.infiniteStream(fc.integer({ min: 0, max: 2 ** 32 - 1 })))
    .map(([likes, isLate, late]): Call => {
      const lateUs = isLate ? likes.map(() => late.next().value as number) : undefined;
      return { kind: 'attempted', likes, lateUs };
    }),
  fc.record({
    kind: fc.constantFrom('ok' as const, 'fail' as const, 'unknown' as const, 'delivered' as const),
    likes: someLikes,
  }),
  fc.record({ kind: fc.constant('stored' as const), fresh: someLikes, seen: someLikes }),
);

function write(path: string, calls: readonly Call[]): void {
  using records = new RecordWriter(path);
  for (const [index, call] of calls.entries()) {
    const timeUs = timeOf(index);
    if (call.kind === 'attempted') records.attempted(timeUs, call.likes, call.lateUs);
    else if (call.kind === 'delivered') records.delivered(timeUs, call.likes);
    else if (call.kind === 'stored') records.stored(timeUs, call.fresh, call.seen);
    else records.outcome(timeUs, call.likes, call.kind);
  }
}

function timeOf(call: number): number {
  return call * 1_000.125;
}

function entriesOf(calls: readonly Call[]): Entry[] {
  return calls.flatMap((call, index): Entry[] => {
    const timeUs = timeOf(index);
    const plain = (kind: number, likes: Like[]) =>
      likes.map(({ source, seq }) => ({ kind, timeUs, source, seq }));
    if (call.kind === 'stored') {
      return [...plain(KIND.fresh, call.fresh), ...plain(KIND.seen, call.seen)];
    }
    if (call.kind === 'delivered') {
      return call.likes.map(({ source, seq, post }) => {
        return { kind: KIND.delivered, timeUs, source, seq, post };
      });
    }
    if (call.kind !== 'attempted') return plain(KIND[call.kind], call.likes);
    return call.likes.map(({ source, seq, post, action }, place) => ({
      kind: KIND.attempted,
      timeUs,
      source,
      seq,
      post,
      isUnlike: action === 'unlike',
      lateUs: call.lateUs?.[place] ?? 0,
    }));
  });
}

function readBack(path: string): { entries: Entry[]; truncations: Truncation[] } {
  const names = new Names();
  const entries: Entry[] = [];
  const truncations: Truncation[] = [];
  for (const block of readRecords(path, names, (found) => truncations.push(found))) {
    for (let index = 0; index < block.count; index++) {
      const { kind, timeUs } = block;
      const entry = { kind, timeUs, source: names.nameOf(block.source), seq: block.seq(index) };
      const post = () => names.nameOf(block.post(index));
      if (kind === KIND.delivered) entries.push({ ...entry, post: post() });
      else if (kind === KIND.attempted) {
        const isUnlike = block.isUnlike(index);
        entries.push({ ...entry, post: post(), isUnlike, lateUs: block.lateUs(index) });
      } else entries.push(entry);
    }
  }
  return { entries, truncations };
}

/** Where the first word and each block end, by the headers alone. */
function blockEnds(bytes: Buffer): number[] {
  const ends = [RECORD_MAGIC.length];
  while (ends.at(-1)! < bytes.length) {
    const at = ends.at(-1)!;
    const entryBytes = ENTRY_BYTES[bytes.readUInt32LE(at) as Kind];
    ends.push(at + HEADER_BYTES + bytes.readUInt32LE(at + 4) * entryBytes);
  }
  return ends;
}

function plainLike(seq: number, post = `post-${seq % 5}`): Like {
  const fixed = { user: 'user', action: 'like', version: 1, likedAtMs: 0 } as const;
  return { source: 'gateway-1', seq, post, ...fixed };
}

describe('records', () => {
  test('come back as they were written, whatever was written', () => {
    fc.assert(
      fc.property(fc.array(someCall, { maxLength: 20 }), (calls) => {
        using folder = recordsFolder();
        write(folder.path('records'), calls);
        const { entries, truncations } = readBack(folder.path('records'));
        expect(entries).toEqual(entriesOf(calls));
        expect(truncations).toEqual([]);
      }),
    );
  });

  test('come back whole when they are many times larger than the buffers of both sides', () => {
    using folder = recordsFolder();
    // The largest block is cut in parts; new names come in the middle of the file again and again.
    const sizes = [100_000, 1, 32_768, 32_769, 65_536, 40_000, 250_000, 7];
    let seq = 0;
    const calls = sizes.map((size, call): Call => {
      const likes = Array.from({ length: size }, () => {
        const post = seq % 10_000 === 0 ? `first seen at ${seq}` : `post-${call}-${seq % 97}`;
        return plainLike(seq++, post);
      });
      return { kind: 'attempted', likes, lateUs: undefined };
    });
    write(folder.path('records'), calls);
    expect(statSync(folder.path('records')).size).toBeGreaterThan(5 * 1024 * 1024);
    expect(readBack(folder.path('records')).entries).toEqual(entriesOf(calls));
  });

  test('are with the operating system once they are flushed, before the file is closed', () => {
    using folder = recordsFolder();
    using records = new RecordWriter(folder.path('records'));
    records.delivered(5, [plainLike(1)]);
    records.flush();
    expect(readBack(folder.path('records')).entries).toHaveLength(1);
  });

  test('cut off at any byte are reported with what was lost, and never misread', () => {
    using folder = recordsFolder();
    const likes = [plainLike(1), plainLike(2, 'another'), plainLike(3)];
    const calls: Call[] = [
      { kind: 'attempted', likes, lateUs: [4, 5, 6] },
      { kind: 'ok', likes },
      { kind: 'delivered', likes: [plainLike(9, 'new in the middle')] },
      { kind: 'stored', fresh: likes, seen: likes },
    ];
    write(folder.path('whole'), calls);
    const whole = readFileSync(folder.path('whole'));
    const all = entriesOf(calls);
    const ends = blockEnds(whole);
    // The first word, the names of a source and four posts, and five blocks of entries.
    expect(ends).toHaveLength(1 + 5 + 5);
    for (let bytes = 8; bytes < whole.length; bytes++) {
      writeFileSync(folder.path('part'), whole.subarray(0, bytes));
      const { entries, truncations } = readBack(folder.path('part'));
      expect(entries).toEqual(all.slice(0, entries.length));
      const lost = bytes - ends.findLast((end) => end <= bytes)!;
      // Only a cut exactly between two blocks leaves nothing to report.
      const reported = [{ path: folder.path('part'), bytesLost: lost }];
      expect(truncations).toEqual(lost === 0 ? [] : reported);
      writeFileSync(folder.path('sound'), whole.subarray(0, bytes - lost));
      expect(readBack(folder.path('sound'))).toEqual({ entries, truncations: [] });
    }
  });

  test.each([
    ['an empty file', Buffer.alloc(0)],
    ['a file cut off in its first word', Buffer.from('LIKELO')],
    ['a file of something else', Buffer.from('{"format":1,"run":"a"}'.repeat(10))],
    ['records of another format', Buffer.from(`LIKELOG2${'\0'.repeat(24)}`)],
  ])('%s is refused by its name', (_, bytes) => {
    using folder = recordsFolder();
    writeFileSync(folder.path('foreign'), bytes);
    expect(() => readBack(folder.path('foreign'))).toThrow(
      expect.objectContaining({
        code: 'RECORDS_UNREADABLE',
        message: expect.stringMatching(/foreign is not a file of records.*; run the trial again$/),
      }),
    );
  });

  test('with a block of a kind that nobody writes are refused', () => {
    using folder = recordsFolder();
    const block = Buffer.alloc(24);
    block.writeUInt32LE(77, 0);
    writeFileSync(folder.path('strange'), Buffer.concat([Buffer.from('LIKELOG1'), block]));
    expect(() => readBack(folder.path('strange'))).toThrow(/a block of kind 77/);
  });

  test('are never written over those of another trial', () => {
    using folder = recordsFolder();
    write(folder.path('records'), [{ kind: 'ok', likes: [plainLike(1)] }]);
    expect(() => new RecordWriter(folder.path('records'))).toThrow(/EEXIST/);
    expect(readBack(folder.path('records')).entries).toHaveLength(1);
  });
});

test('the merged blocks of several files come in the order of their times, none missing', () => {
  const someTimes = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 10 });
  fc.assert(
    fc.property(fc.array(someTimes, { maxLength: 5 }), (files) => {
      using folder = recordsFolder();
      const names = new Names();
      let seq = 0;
      const sorted = files.map((times) => times.sort((a, b) => a - b));
      const streams = sorted.map((times, file) => {
        const path = folder.path(`records-${file}`);
        using records = new RecordWriter(path);
        for (const timeUs of times) records.delivered(timeUs, [plainLike(seq++)]);
        return readRecords(path, names, () => undefined);
      });
      const merged: [timeUs: number, seq: number][] = [];
      for (const { timeUs, seq: seqAt } of mergeByTime(streams)) merged.push([timeUs, seqAt(0)]);
      const times = merged.map(([timeUs]) => timeUs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(merged.map(([, one]) => one).sort((a, b) => a - b)).toEqual(
        Array.from({ length: seq }, (_, one) => one),
      );
      // Within a file the order is the one written, also where times are equal.
      let first = 0;
      for (const { length } of sorted) {
        const own = merged.map(([, one]) => one).filter((s) => s >= first && s < first + length);
        expect(own).toEqual(Array.from({ length }, (_, index) => first + index));
        first += length;
      }
    }),
  );
});
