import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openRouting } from '../../../store/routing/index.ts';
import { ROUTING_NAMES, type RoutingName } from '../../../store/routing/routing.ts';
import { slotOf } from '../../../store/slot.ts';
import { evenSlotMap } from '../../../store/slot-map.ts';

const IDS_SEEN = 1_000;

/** Never edit these: a store that was filled by a routing finds its posts by them. */
const VECTORS: readonly (readonly [RoutingName, readonly (readonly [string, number[]])[]])[] = [
  [
    'letters',
    [
      ['Cat', [0, 0, 4]],
      ['m-1', [0, 2, 29]],
      ['Zoe', [1, 4, 61]],
      ['smith-00999', [1, 3, 44]],
      ['2kyS6SvSYSE', [0, 0, 0]],
      ['_x', [0, 0, 0]],
      ['é', [0, 0, 0]],
      ['', [0, 0, 0]],
    ],
  ],
  [
    'ids',
    [
      ['p00000', [0, 0, 0]],
      ['p00500', [1, 2, 32]],
      ['smith-00999', [1, 4, 63]],
      ['smith-01000', [1, 4, 63]],
      ['p99999', [1, 4, 63]],
      ['a', [0, 0, 0]],
      ['', [0, 0, 0]],
    ],
  ],
  [
    'modulo',
    [
      ['', [1, 3, 11]],
      ['a', [1, 0, 51]],
      ['2kyS6SvSYSE', [1, 0, 43]],
      ['dQw4w9WgXcQ', [0, 0, 48]],
      ['é', [1, 3, 7]],
    ],
  ],
  [
    'jump',
    [
      ['', [1, 1, 49]],
      ['a', [0, 0, 52]],
      ['2kyS6SvSYSE', [1, 1, 56]],
      ['dQw4w9WgXcQ', [0, 0, 8]],
      ['é', [1, 4, 4]],
    ],
  ],
  [
    'rendezvous',
    [
      ['', [0, 0, 43]],
      ['a', [1, 1, 43]],
      ['2kyS6SvSYSE', [0, 4, 61]],
      ['dQw4w9WgXcQ', [0, 4, 4]],
      ['é', [0, 0, 43]],
    ],
  ],
  [
    'slots',
    [
      ['', [1, 3, 48]],
      ['a', [0, 0, 6]],
      ['2kyS6SvSYSE', [1, 3, 39]],
      ['dQw4w9WgXcQ', [1, 2, 32]],
      ['é', [0, 2, 27]],
    ],
  ],
];

const posts = (count: number) => Array.from({ length: count }, (_, at) => `post-${at}`);

/** Posts of each shard over the mean. */
function spread(name: RoutingName, shards: number): number[] {
  const routing = openRouting({ name });
  const found = new Array<number>(shards).fill(0);
  const all = posts(40_000);
  for (const post of all) found[routing.shardOf(post, shards)]!++;
  return found.map((count) => (count * shards) / all.length);
}

/** The share of posts that stand elsewhere once there is one shard more. */
function shareMoved(name: RoutingName, shards: number): number {
  const routing = openRouting({ name, idsSeen: IDS_SEEN });
  const all = posts(20_000);
  const after = (post: string) =>
    routing.afterOneMore?.(post, shards) ?? routing.shardOf(post, shards + 1);
  const moved = all.filter((post) => after(post) !== routing.shardOf(post, shards));
  return moved.length / all.length;
}

describe.each(VECTORS)('the routing %s', (name, vectors) => {
  const routing = openRouting({ name, idsSeen: IDS_SEEN });

  test.each(vectors)('has %j in shards %j of 2, 5 and 64 for ever', (post, found) => {
    expect([2, 5, 64].map((shards) => routing.shardOf(post, shards))).toEqual(found);
  });

  test('is known by its name', () => {
    expect(routing.name).toBe(name);
  });

  test('finds one of the shards for any text, and the same one each time', () => {
    const shards = fc.integer({ min: 1, max: 1_024 });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), shards, (post, count) => {
        const shard = routing.shardOf(post, count);
        expect(Number.isInteger(shard) && shard >= 0 && shard < count).toBe(true);
        expect(routing.shardOf(post, count)).toBe(shard);
        const after = routing.afterOneMore?.(post, count);
        if (after !== undefined) expect([shard, count]).toContain(after);
      }),
    );
  });

  test('has everything in the only shard of one', () => {
    fc.assert(fc.property(fc.string(), (post) => routing.shardOf(post, 1) === 0));
  });
});

test('every routing has its vectors', () => {
  expect(VECTORS.map(([name]) => name)).toEqual([...ROUTING_NAMES]);
});

describe('routings by a hash', () => {
  const hashed = ['modulo', 'jump', 'rendezvous', 'slots'] as const;

  test.each(hashed)('%s gives each shard about as many posts as any other', (name) => {
    // The standard deviation of 2,500 is 50, so 2 %; the slots of a shard differ by one in 256.
    for (const share of spread(name, 16)) expect(Math.abs(share - 1)).toBeLessThan(0.1);
  });

  test.each([
    ['modulo', 16 / 17],
    ['jump', 1 / 17],
    ['rendezvous', 1 / 17],
    ['slots', 1 / 17],
  ] as const)('%s moves the share that is expected when one of 17 is new', (name, share) => {
    expect(shareMoved(name, 16)).toBeCloseTo(share, 2);
  });
});

describe('ranges', () => {
  test('of letters are in the order of the alphabet, and as equal as 26 letters allow', () => {
    const routing = openRouting({ name: 'letters' });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 26 }), (shards) => {
        const found = [...'abcdefghijklmnopqrstuvwxyz'].map((one) => routing.shardOf(one, shards));
        expect(found).toEqual(found.toSorted((one, other) => one - other));
        const letters = Array.from({ length: shards }, (_, shard) => {
          return found.filter((one) => one === shard).length;
        });
        expect(Math.max(...letters) - Math.min(...letters)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('of ids take a number from the end, and all that came later goes to the last shard', () => {
    const routing = openRouting({ name: 'ids', idsSeen: 100 });
    const found = ['x-0', 'x24', '25', 'x-00049', '50', '99', '100', 'x123456789'].map((post) =>
      routing.shardOf(post, 4),
    );
    expect(found).toEqual([0, 0, 1, 1, 2, 3, 3, 3]);
    expect(() => openRouting({ name: 'ids' })).toThrow('needs idsSeen');
  });
});

test('the routing slots is the map that a new store has', () => {
  const routing = openRouting({ name: 'slots' });
  for (const shards of [1, 3, 16, 64]) {
    const map = evenSlotMap(shards);
    for (const post of posts(500)) {
      expect(routing.shardOf(post, shards)).toBe(map.shardOfSlot[slotOf(post)]);
    }
  }
});
