import { describe, expect, test } from 'vitest';
import { progressOf } from '../../brokers/kafka-reread.ts';

const BEFORE = [
  { partition: 0, from: 0n, to: 10n },
  { partition: 1, from: 0n, to: 0n },
];
const EMPTY = { partition: 1, first: 0n, committed: 0n, end: 0n };

describe('a second reading', () => {
  test.each<[string, Partial<{ first: bigint; committed: bigint; end: bigint }>, object]>([
    ['nothing is committed', { committed: 0n }, { isDone: false }],
    ['all but the last is committed', { committed: 9n }, { isDone: false }],
    ['all is committed', {}, { isDone: true, hasGrown: false, hasShrunk: false }],
    ['more has come', { end: 11n }, { isDone: true, hasGrown: true }],
    ['the beginning is gone meanwhile', { first: 3n }, { isDone: true, hasShrunk: true }],
  ])('is told by offsets: %s', (_what, now, wanted) => {
    const position = { partition: 0, first: 0n, committed: 10n, end: 10n, ...now };
    expect(progressOf(BEFORE, [EMPTY, position])).toMatchObject(wanted);
  });

  test('of a partition that is not there any more is never done', () => {
    const gone = { isDone: false, hasGrown: true, hasShrunk: true };
    expect(progressOf(BEFORE, [EMPTY])).toEqual(gone);
  });
});
