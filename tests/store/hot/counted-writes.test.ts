import { expect, test } from 'vitest';
import { CoalescingStore } from '../../../store/hot/coalesce.ts';
import { CountedWrites } from '../../../store/hot/counted-writes.ts';
import { likesOn, MadeStore } from './made-store.ts';

test('a transaction and a row count once, however many likes they are for', async () => {
  const written = new CountedWrites(new MadeStore(1));
  await written.apply(likesOn(['a', 'a', 'b']));
  await written.apply(likesOn(['a', 'a', 'b']));
  expect(written.writes).toEqual({ transactions: 2, countUpdates: 2, likes: 3 });
  const coalescing = new CoalescingStore(written);
  coalescing.hold(['hot'], { lingerMs: 1, likesMax: 100 });
  await Promise.all([
    coalescing.apply(likesOn(['hot'], 10)),
    coalescing.apply(likesOn(['hot'], 11)),
  ]);
  expect(written.writes).toEqual({ transactions: 3, countUpdates: 3, likes: 5 });
});
