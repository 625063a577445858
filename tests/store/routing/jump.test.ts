import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jump } from '../../../store/routing/jump.ts';

describe('jump', () => {
  // Of implementations by others (Guava, jedisct1's): keys of 64 bits, up to 100,001 shards.
  test.each([
    [10_863_919_174_838_991n, 11, 6],
    [2_016_238_256_797_177_309n, 11, 3],
    [1_673_758_223_894_951_030n, 11, 5],
    [2n, 100_001, 80_343],
    [2_201n, 100_001, 22_152],
    [2_202n, 100_001, 15_018],
  ])('finds for key %s of %i shards the one that others find: %i', (key, shards, shard) => {
    expect(jump(key, shards)).toBe(shard);
  });

  test('moves a key to the new shard or nowhere', () => {
    const key = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(key, fc.integer({ min: 1, max: 500 }), (one, shards) => {
        expect([jump(one, shards), shards]).toContain(jump(one, shards + 1));
      }),
    );
  });
});
