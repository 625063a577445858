import { describe, expect, test } from 'vitest';
import { floorOf, loadTables, moveTables } from '../../experiments/sharding-calculated.ts';
import { calculated } from './made-loads.ts';

const ROUTINGS = { letters: { likes: 1.5 }, slots: { likes: 1.25, worst: 3 } };

describe('the tables of loads', () => {
  test('have a row for each routing, and what the top post alone makes', () => {
    const topPost = { share: 0.21, shareWorstTenth: 0.22 };
    const expected = { expectedShare: 0.2, expectedShareMost: 0.2 };
    const of = { topPost: { ...topPost, ...expected }, lettersExpected: [1.25, 1.3, 2, 2, 3, 6] };
    const [whole, worst] = loadTables([calculated('zipf 1.2', ROUTINGS, of)]);
    expect(whole!.rows.map((row) => [row[1], row[4], row[7]])).toEqual([
      ['letters', '1.50', '1.50'],
      ['slots', '1.25', '1.25'],
      ['(expected: top post × shards)', '1.60', '12.80'],
      ['(and its part of the rest)', '2.40', '13.60'],
      ['(expected: letters of surnames)', '2.00', '6.00'],
    ]);
    // The same share all the time: a tenth would only be the whole with more chance in it.
    expect(worst!.rows).toEqual([]);
  });

  test('show the worst tenth where one post has more for a while', () => {
    const [, worst] = loadTables([calculated('flash', ROUTINGS)]);
    expect(worst!.rows.map((row) => [row[1], row[4]])).toEqual([
      ['letters', '1.50'],
      ['slots', '3.00'],
      // Counted, since there is no closed form.
      ['(top post × shards)', '4.00'],
      ['(and its part of the rest)', '4.50'],
    ]);
  });

  test('say over how many likes', () => {
    const [{ notes } = { notes: [] }] = loadTables([calculated('flash', ROUTINGS)]);
    expect(notes[0]).toContain('flash 1,000 likes on 90 posts');
  });
});

test('the table of moves has what was counted, and what was expected', () => {
  const moves = {
    keys: 1_000,
    shardsBefore: [4, 8, 16, 32],
    routings: [{ routing: 'modulo', moved: [0.801, 0.9, 0.94, 0.97], expected: [0.8, 1, 1, 1] }],
  };
  const [table] = moveTables([calculated('newest', ROUTINGS, { moves })]);
  expect(table!.rows).toEqual([
    ['modulo', '80.1 (80.0)', '90.0 (100.0)', '94.0 (100.0)', '97.0 (100.0)'],
  ]);
  expect(table!.notes[0]).toContain('1,000 keys');
  expect(moveTables([calculated('newest', ROUTINGS)])).toEqual([]);
});

test('one post of all likes makes its shard as large as can be, and nothing makes it less', () => {
  expect(floorOf(1, 8)).toBe(8);
  expect(floorOf(0.01, 8)).toBe(1);
});
