/** Moves on real files. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { rollBackMove, startMove } from '../../../store/move/index.ts';
import { openStore, shardPath } from '../../../store/open-store.ts';
import { temporaryFolder } from '../store-folder.ts';
import { testMoves } from './moving-contract.ts';
import { stopAfter } from './stopped-moves.ts';

testMoves('files', async () => {
  const temporary = temporaryFolder();
  return {
    options: { folder: temporary.folder, synchronous: 'OFF' },
    async [Symbol.asyncDispose]() {
      temporary[Symbol.dispose]();
    },
  };
});

describe('the files of a store', () => {
  test('come with a shard that is added, and go with one that is drained', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await (await openStore({ folder, shards: 2 }))[Symbol.asyncDispose]();
    const isThere = (index: number) => existsSync(shardPath(folder, index));
    const wish = { kind: 'shards', shards: 3 } as const;
    await stopAfter('received', (watch) => startMove({ folder }, wish, watch));
    expect(isThere(2)).toBe(true);
    await rollBackMove({ folder });
    expect(isThere(2)).toBe(false);
    await startMove({ folder }, wish);
    expect(isThere(2)).toBe(true);
    await startMove({ folder }, { kind: 'shards', shards: 1 });
    expect([isThere(0), isThere(1), isThere(2)]).toEqual([true, false, false]);
  });
});
