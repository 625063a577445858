import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareCounts, compareStores } from '../../store/compare-stores.ts';
import { openStore } from '../../store/open-store.ts';
import { madeLike, madeLikes, modelCounts } from './made-likes.ts';

const counted = fc.record({ likes: fc.nat(3), unlikes: fc.nat(3) });
const counts = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), counted));

describe('compareCounts', () => {
  test('finds exactly the posts whose likes or unlikes differ, the largest first', () => {
    fc.assert(
      fc.property(counts, counts, (some, others) => {
        const [was, is] = [new Map(some), new Map(others)];
        const { posts, differences } = compareCounts(was, is);
        const names = [...new Set([...was.keys(), ...is.keys()])];
        expect(posts).toBe(names.length);
        const zero = { likes: 0, unlikes: 0 };
        const wanted = names.filter((post) => {
          return JSON.stringify(was.get(post) ?? zero) !== JSON.stringify(is.get(post) ?? zero);
        });
        expect(differences.map(({ post }) => post).sort()).toEqual(wanted.sort());
        const sizes = differences.map(
          (one) =>
            Math.abs(one.was.likes - one.is.likes) + Math.abs(one.was.unlikes - one.is.unlikes),
        );
        expect(sizes).toEqual(sizes.toSorted((one, other) => other - one));
      }),
    );
  });
});

describe('compareStores', () => {
  test('is by post, however many shards each store has', async () => {
    await using was = await openStore({ engine: 'memory', shards: 4 });
    await using is = await openStore({ engine: 'memory', shards: 1 });
    const likes = madeLikes('a', 500);
    await was.apply(likes);
    await is.apply(likes.toReversed());
    const { length: posts } = modelCounts(likes);
    expect(await compareStores(was, is)).toEqual({ posts, differences: [] });
    await is.apply([
      madeLike('b', 0, { post: 'new', action: 'unlike' }),
      madeLike('b', 1, { post: 'post-0', action: 'like' }),
    ]);
    const { differences } = await compareStores(was, is);
    expect(differences.map(({ post }) => post)).toEqual(['new', 'post-0']);
    expect(differences[0]).toMatchObject({ was: { unlikes: 0 }, is: { likes: 0, unlikes: 1 } });
  });
});
