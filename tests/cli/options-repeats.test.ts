import { expect, test } from 'vitest';
import { repeatsOf } from '../../cli/options.ts';

test('repeats are what the user says, else what the profile says', () => {
  const chosen = { repeats: 5, repeatsChosen: true };
  expect(repeatsOf({ repeats: 5, profile: 'full' })).toEqual(chosen);
  expect(repeatsOf({ profile: 'quick' })).toEqual({ repeats: 1, repeatsChosen: false });
});

test('only in the profile full do comparisons go on until they are decided', () => {
  const { repeats, repeatsUndecided } = repeatsOf({ profile: 'full' });
  expect(repeats).toBe(6);
  expect(repeatsUndecided).toBeGreaterThan(repeats);
});
