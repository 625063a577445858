import { describe, expect, test } from 'vitest';
import { gapOf, type LaneFacts, progressOf } from '../../brokers/redis-streams-log.ts';

const LANE: LaneFacts = {
  entries: 3,
  first: '5-0',
  last: '9-2',
  added: undefined,
  position: '9-2',
  pending: undefined,
};

describe('a lane’s log', () => {
  test('is whole when as many entries are there as were ever added', () => {
    expect(gapOf(0, { ...LANE, added: 3 }, false)).toBeUndefined();
    expect(gapOf(0, { ...LANE, added: 3, position: '0-0' }, true)).toBeUndefined();
  });

  test('is short by what was added and is not there, whatever its consumers were told', () => {
    const gap = { lane: 2, begins: 'entry 5-0', gone: 4 };
    expect(gapOf(2, { ...LANE, added: 7 }, false)).toEqual(gap);
    expect(gapOf(2, { ...LANE, added: 7 }, true)).toEqual(gap);
    const empty = { ...LANE, entries: 0, first: undefined, last: undefined, added: 7 };
    expect(gapOf(2, empty, false)).toEqual({ lane: 2, begins: 'nothing', gone: 7 });
  });

  test('before Redis 7 is whole only where nobody trims it, or nobody was given any', () => {
    expect(gapOf(0, LANE, true)).toBeUndefined();
    expect(gapOf(0, { ...LANE, position: '0-0' }, false)).toBeUndefined();
    expect(gapOf(1, LANE, false)).toEqual({ lane: 1, begins: 'entry 5-0', gone: undefined });
  });

  test.each<[string, Partial<LaneFacts>, boolean]>([
    ['nothing was given out yet', { position: '0-0' }, false],
    ['the last entry was not given out', { position: '9-1' }, false],
    ['the last entry was given out and is pending', { pending: '9-2' }, false],
    ['an entry before the last one is pending', { pending: '5-0' }, false],
    ['all was given out and acknowledged', {}, true],
    ['only what came later is pending', { position: '10-0', pending: '9-3' }, true],
    ['ids are compared as numbers', { position: '10-0' }, true],
    ['the group is not there', { position: undefined }, false],
  ])('is read again when all of it is acknowledged: %s', (_what, now, isDone) => {
    expect(progressOf([LANE], [{ ...LANE, ...now }])).toMatchObject({ isDone });
    const empty = { ...LANE, entries: 0, first: undefined, last: undefined };
    expect(progressOf([empty, LANE], [empty, { ...LANE, ...now }])).toMatchObject({ isDone });
  });

  test('has grown or shrunk when its last or first entry is another', () => {
    const still = { hasGrown: false, hasShrunk: false };
    expect(progressOf([LANE], [LANE])).toMatchObject(still);
    expect(progressOf([LANE], [{ ...LANE, last: '9-3' }])).toMatchObject({ hasGrown: true });
    expect(progressOf([LANE], [{ ...LANE, first: '6-0' }])).toMatchObject({ hasShrunk: true });
    const gone = { ...LANE, entries: 0, first: undefined, last: undefined };
    expect(progressOf([LANE], [gone])).toMatchObject({ hasShrunk: true });
    expect(progressOf([gone], [LANE])).toMatchObject({ hasGrown: true, hasShrunk: false });
  });
});
