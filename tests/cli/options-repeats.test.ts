import { expect, test } from 'vitest';
import { repeatsOf } from '../../cli/options.ts';
import { noise } from '../../experiments/noise.ts';
import { throughput } from '../../experiments/throughput.ts';

test('repeats are what the user says, else what the experiment says, else the profile', () => {
  expect(repeatsOf({ repeats: 5, profile: 'full' }, [throughput])).toEqual({ repeats: 5 });
  expect(repeatsOf({ repeats: 5, profile: 'full' }, [noise])).toEqual({ repeats: 5 });
  expect(repeatsOf({ profile: 'quick' }, [noise]).repeats).toBe(noise.repeats);
  expect(repeatsOf({ profile: 'quick' }, [throughput])).toEqual({ repeats: 1 });
});

test('only in the profile full do comparisons go on until they are decided', () => {
  const { repeats, repeatsUndecided } = repeatsOf({ profile: 'full' }, [throughput]);
  expect(repeats).toBe(6);
  expect(repeatsUndecided).toBeGreaterThan(repeats);
});
