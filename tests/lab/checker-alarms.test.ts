import { test } from 'vitest';
import { expectNoAlarm } from './expect-no-alarm.ts';

const LIKES_PER_TRIAL = 250_000;

test.each([1, 2])('a busy trial without a fault raises no alarm (seed %i)', async (seed) => {
  await expectNoAlarm({ likes: LIKES_PER_TRIAL, seed });
});
