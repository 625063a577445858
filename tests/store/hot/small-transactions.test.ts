import { describe, expect, test } from 'vitest';
import { SmallTransactions } from '../../../store/hot/small-transactions.ts';
import { likesOn, MadeStore, REFUSED_POST, tellingOf } from './made-store.ts';

const posts = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);

describe('small transactions', () => {
  test('cut a batch, and store no more parts at once than they may, over all batches', async () => {
    const store = new MadeStore();
    const small = new SmallTransactions(store, { likesMax: 3, atOnceMax: 2 });
    await Promise.all([small.apply(likesOn(posts(7))), small.apply(likesOn(posts(4), 20))]);
    expect(store.calls.map(({ length }) => length)).toEqual([3, 3, 1, 3, 1]);
    expect(store.underWayMost).toBe(2);
  });

  test('tell the batch of its own places', async () => {
    const small = new SmallTransactions(new MadeStore(), { likesMax: 2, atOnceMax: 4 });
    const likes = likesOn(['a', 'b', REFUSED_POST, 'c', 'd', REFUSED_POST]);
    const expected = { fresh: [0, 1, 3, 4], seen: [], refused: [2, 5] };
    expect(await tellingOf(small, likes)).toEqual(expected);
    expect(await tellingOf(small, likes)).toEqual({ ...expected, fresh: [], seen: expected.fresh });
  });

  test('fail with an outage when any part met one, and go on afterwards', async () => {
    const store = new MadeStore();
    const small = new SmallTransactions(store, { likesMax: 1, atOnceMax: 1 });
    store.isAway = true;
    const likes = likesOn(['a', REFUSED_POST, 'b']);
    expect(await tellingOf(small, likes)).toMatchObject({ outage: 'the store is away' });
    store.isAway = false;
    expect(await tellingOf(small, likes)).toEqual({ fresh: [0, 2], seen: [], refused: [1] });
  });
});
