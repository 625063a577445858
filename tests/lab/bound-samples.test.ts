import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type BoundSample,
  checkBounds,
  readBoundSamples,
  writeBoundSamples,
} from '../../lab/bound-samples.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import { madeLike } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

/** Three likes of one post and one of another, acknowledged at 1,000, 2,000, 3,000 and 2,500 µs. */
function checked(samples: readonly Partial<BoundSample>[]) {
  using folder = recordsFolder();
  const path = folder.path('producer');
  const likes = [
    madeLike('s', 0, { post: 'a' }),
    madeLike('s', 1, { post: 'a' }),
    madeLike('s', 2, { post: 'b' }),
    madeLike('s', 3, { post: 'a' }),
  ];
  {
    using records = new RecordWriter(path);
    records.attempted(500, likes);
    records.outcome(1_000, likes.slice(0, 1), 'ok');
    records.outcome(2_000, likes.slice(1, 2), 'ok');
    // A client's retry of the first one: it was there before.
    records.outcome(2_200, likes.slice(0, 1), 'ok');
    records.outcome(2_500, likes.slice(2, 3), 'ok');
    records.outcome(3_000, likes.slice(3), 'ok');
  }
  const whole = samples.map((sample) => {
    return { post: 'a', asOfUs: 2_100, counted: 2, missingAtMost: 0, ...sample };
  });
  writeBoundSamples(folder.path('bounds'), whole);
  const read = readBoundSamples(folder.path('bounds'));
  expect(read).toEqual(whole);
  return checkBounds(read, { producerRecords: [path], likes: likes.length });
}

describe('a bound', () => {
  test.each<[string, Partial<BoundSample>, number]>([
    ['all that was acknowledged before is counted', {}, 0],
    ['one is missing and the bound allows one', { counted: 1, missingAtMost: 1 }, 0],
    ['one is missing and the bound allows none', { counted: 1 }, 1],
    ['what was acknowledged later is not asked for', { asOfUs: 1_999, counted: 1 }, 0],
    ['at that very moment is not before it', { asOfUs: 2_000, counted: 1 }, 0],
    ['more is counted than was acknowledged', { counted: 3 }, 0],
    ['a post without likes', { post: 'never', counted: 0 }, 0],
    ['of another post', { post: 'b', asOfUs: 3_000, counted: 0 }, 1],
    ['all three are missing but two', { asOfUs: 9_000, counted: 0, missingAtMost: 2 }, 1],
  ])('is held against the acknowledgements of its post: %s', (_what, sample, broken) => {
    expect(checked([sample])).toEqual({ checked: 1, broken });
  });

  test('is counted for each sample', () => {
    expect(checked([{}, { counted: 0 }, { counted: 1 }, {}])).toEqual({ checked: 4, broken: 2 });
    expect(checked([])).toEqual({ checked: 0, broken: 0 });
  });

  test('of a file that holds none is named', () => {
    using folder = recordsFolder();
    writeFileSync(folder.path('bounds'), '[{"post": 1}]');
    expect(() => readBoundSamples(folder.path('bounds'))).toThrow(
      expect.objectContaining({ code: 'RECORDS_UNREADABLE' }),
    );
  });
});
