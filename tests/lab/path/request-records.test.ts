import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HandedOnWriter, readHandedOn } from '../../../lab/path/handed-on.ts';
import {
  type RequestOutcome,
  type RequestRecord,
  RequestWriter,
  readRequests,
} from '../../../lab/path/request-records.ts';
import { madeLike } from '../../store/made-likes.ts';
import { recordsFolder } from '../trial-fixture.ts';

const outcomes: fc.Arbitrary<RequestOutcome> = fc.oneof(
  fc.record({
    kind: fc.constant('accepted' as const),
    source: fc.string({ minLength: 1, maxLength: 8 }),
    seq: fc.nat(),
  }),
  fc.record({ kind: fc.constant('shed' as const), reason: fc.string({ maxLength: 8 }) }),
  fc.record({
    kind: fc.constantFrom('limited', 'refused', 'unknown', 'noAnswer', 'invalid' as const),
  }) as fc.Arbitrary<RequestOutcome>,
);
const requests: fc.Arbitrary<RequestRecord[]> = fc.array(
  fc.record({
    ...{ place: fc.nat(), dueUs: fc.nat(), sentUs: fc.nat(), answeredUs: fc.nat() },
    outcome: outcomes,
  }),
);

test('what was written of requests is read again', () => {
  fc.assert(
    fc.property(requests, (written) => {
      using folder = recordsFolder();
      const path = folder.path('requests');
      {
        using writer = new RequestWriter(path);
        for (const request of written) writer.write(request);
      }
      expect(readRequests(path)).toEqual(written);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['half a line', 'a 1 2'],
  ['a letter that means nothing', 'q 1 2 3 4'],
  ['a name that was never told', 'a 1 2 3 4 0 5'],
  ['words for numbers', 'l one 2 3 4'],
])('%s is not taken for a request', (_what, line) => {
  using folder = recordsFolder();
  const path = folder.path('requests');
  new RequestWriter(path)[Symbol.dispose]();
  appendFileSync(path, line);
  expect(() => readRequests(path)).toThrow(/holds a line that is no request/);
});

test('likes that were handed on are read in the order of their seqs', () => {
  using folder = recordsFolder();
  const path = folder.path('likes');
  {
    using writer = new HandedOnWriter(path, { keepsAtOnce: true });
    writer.write([madeLike('g', 2), madeLike('g', 3, { post: '"quoted"\n', action: 'unlike' })]);
    writer.write([madeLike('g', 0), madeLike('g', 1)]);
  }
  const read = readHandedOn(path);
  expect(read.map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
  expect(read[3]).toMatchObject({ post: '"quoted"\n', action: 'unlike', retry: false });
});

test('likes are on the disk at once where a gateway may be killed, else in time', () => {
  using folder = recordsFolder();
  using kept = new HandedOnWriter(folder.path('kept'), { keepsAtOnce: true });
  using buffered = new HandedOnWriter(folder.path('buffered'), { keepsAtOnce: false });
  for (const writer of [kept, buffered]) writer.write([madeLike('g', 0)]);
  expect(readHandedOn(folder.path('kept'))).toHaveLength(1);
  expect(readHandedOn(folder.path('buffered'))).toEqual([]);
  buffered.flush();
  expect(readHandedOn(folder.path('buffered'))).toHaveLength(1);
});

test('a line that a dead gateway did not finish is left out, and any other refused', () => {
  using folder = recordsFolder();
  const path = folder.path('likes');
  {
    using writer = new HandedOnWriter(path, { keepsAtOnce: true });
    writer.write([madeLike('g', 0)]);
  }
  appendFileSync(path, '[1,"post-1","us');
  expect(readHandedOn(path)).toHaveLength(1);
  appendFileSync(path, '\n');
  expect(() => readHandedOn(path)).toThrow(/holds a line that is no like/);
});
