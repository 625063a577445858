import { test } from 'vitest';
import { expectNoAlarm } from './expect-no-alarm.ts';

/** Ten million likes in all. */
const LIKES_PER_TRIAL = 250_000;
const SEEDS = Array.from({ length: 40 }, (_, index) => 1_000 + index);

test.each(SEEDS)('a busy trial without a fault raises no alarm (seed %i)', async (seed) => {
  await expectNoAlarm({ likes: LIKES_PER_TRIAL, seed });
});
