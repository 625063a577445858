import { describe, expect, test } from 'vitest';
import type { HotTold } from '../../lab/hot-spot-plan.ts';
import { HotDesk } from '../../lab/watch-hot-posts.ts';

function openDesk(...consumers: number[]) {
  const merged: unknown[][] = [];
  const desk = new HotDesk({ observe: (windows) => void merged.push([...windows]) });
  for (const consumer of consumers) desk.expect(consumer);
  return { desk, merged };
}

const told = (name: string, likes = 1): HotTold => ({
  atUs: likes,
  window: { name },
  writes: { transactions: likes, countUpdates: likes, likes },
});

describe('what consumers tell of hot posts', () => {
  test('is merged when each of them has told anew, and not before', () => {
    const { desk, merged } = openDesk(1, 2);
    desk.take(1, told('a'));
    expect(merged).toEqual([]);
    desk.take(2, told('b'));
    expect(merged).toEqual([[{ name: 'a' }, { name: 'b' }]]);
    desk.take(2, told('c'));
    desk.take(1, told('d'));
    expect(merged[1]).toEqual([{ name: 'd' }, { name: 'c' }]);
  });

  test('is merged without one that tells nothing, such as one that hangs', () => {
    const { desk, merged } = openDesk(1, 2);
    desk.take(1, told('a'));
    desk.take(1, told('b'));
    expect(merged).toEqual([[{ name: 'a' }]]);
  });

  test('adds up what they wrote', () => {
    const { desk } = openDesk(1, 2);
    desk.take(1, told('a', 5));
    desk.take(2, told('b', 7));
    expect(desk.writes).toEqual([{ atUs: 7, transactions: 12, countUpdates: 12, likes: 12 }]);
  });
});
