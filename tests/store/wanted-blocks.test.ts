import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wantedBlocks } from '../../store/wanted-blocks.ts';
import { madeLike } from './made-likes.ts';

/** Names whose order by UTF-16 and by bytes differs. */
const SOURCES = ['b', 'a', 'a\0', '\uff5e', '\u{1f44d}', 'é'];

const someLikes = fc.array(
  fc
    .tuple(fc.constantFrom(...SOURCES), fc.constantFrom(0, 4_095, 4_096, 2 ** 32, 2 ** 53 - 1))
    .map(([source, seq]) => madeLike(source, seq)),
);

test('every source and block of the places is wanted once, in the order of the bytes', () => {
  fc.assert(
    fc.property(someLikes, fc.func(fc.boolean()), (likes, isMeant) => {
      const places = [...likes.keys()].filter((place) => isMeant(place));
      const wanted = wantedBlocks(likes, places);
      const found = wanted.flatMap(({ name, blocks }) => blocks.map((block) => [name, block]));
      const model = new Set(
        places.map((place) => {
          const { source, seq } = likes[place]!;
          return JSON.stringify([source, Math.floor(seq / 4_096)]);
        }),
      );
      expect(found.map((pair) => JSON.stringify(pair)).sort()).toEqual([...model].sort());
      for (const { name, key, blocks } of wanted) {
        expect(key.toString()).toBe(name);
        expect(blocks).toEqual(blocks.toSorted((one, other) => one - other));
      }
      const keys = wanted.map(({ key }) => key);
      expect(keys).toEqual(keys.toSorted(Buffer.compare));
    }),
  );
});
