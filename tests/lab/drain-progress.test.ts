import { expect, test } from 'vitest';
import { DrainProgress } from '../../lab/drain-progress.ts';

/** Whether each look saw progress: what waits, is unacknowledged and parked, and is counted. */
function seen(...looks: readonly (readonly [number, number, number, number])[]): boolean[] {
  const progress = new DrainProgress();
  return looks.map(([waiting, unacknowledged, parked, counted]) =>
    progress.see({ waiting, unacknowledged, parked }, counted),
  );
}

test('a like counted, a message parked and less left than before are progress', () => {
  expect(seen([9, 0, 0, 1], [9, 0, 0, 2], [9, 0, 1, 2], [8, 0, 1, 2])).toEqual(Array(4).fill(true));
});

test('a message that only goes back and forth between waiting and in hand is none', () => {
  expect(seen([1, 0, 0, 5], [0, 1, 0, 5], [1, 0, 0, 5], [0, 1, 0, 5])).toEqual([
    ...[true, false, false, false],
  ]);
});

test('more left than before is none, nor is the way back to what was there already', () => {
  expect(seen([3, 0, 0, 5], [7, 0, 0, 5], [3, 0, 0, 5], [2, 0, 0, 5])).toEqual([
    ...[true, false, false, true],
  ]);
});
