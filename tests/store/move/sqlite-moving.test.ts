/** Moves on real files: stopped after every step, gone on and back, counted into all the while. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type MoveWish, resumeMove, rollBackMove, startMove } from '../../../store/move/index.ts';
import { BACK_STEPS, MOVE_STEPS } from '../../../store/move/steps.ts';
import { openStore, shardPath } from '../../../store/open-store.ts';
import { shardsOfPost } from '../../../store/slot-map.ts';
import { readStoreFile } from '../../../store/store-file.ts';
import { temporaryFolder } from '../store-folder.ts';
import { countingInto, HOT, stopAfter } from './stopped-moves.ts';

describe('a move on files', () => {
  test('that stops after any step goes on, with likes counted meanwhile and after', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using writer = await openStore({ folder, shards: 3, synchronous: 'OFF' });
    const { likes, check } = countingInto(folder);
    await writer.apply(likes(1_500));
    for (const step of MOVE_STEPS) {
      let isStopped = false;
      for (const shards of [5, 3]) {
        const wish: MoveWish = { kind: 'shards', shards };
        const watched = isStopped ? undefined : step;
        if (await stopAfter(watched, (watch) => startMove({ folder }, wish, watch))) {
          isStopped = true;
          // Behind the fence this waits for the move to go on.
          const counted = writer.apply(likes(50));
          if (step !== 'finished') await resumeMove({ folder });
          await counted;
        }
        await check(shards);
      }
      expect([step, isStopped]).toEqual([step, true]);
    }
  }, 120_000);

  test('goes back from any step before the switch, and the way back goes on from any', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using writer = await openStore({ folder, shards: 4, synchronous: 'OFF' });
    const { likes, check } = countingInto(folder);
    await writer.apply(likes(1_500));
    const before = readStoreFile(folder).slotMap;
    const wishes: MoveWish[] = [
      { kind: 'shards', shards: 5 },
      { kind: 'shards', shards: 2 },
      { kind: 'isolate', post: HOT },
      { kind: 'post', post: HOT, shards: [1, 2] },
    ];
    const steps = MOVE_STEPS.slice(0, MOVE_STEPS.indexOf('switched'));
    const backs = [...BACK_STEPS, undefined];
    for (const [turn, step] of [...steps, ...steps].entries()) {
      const wish = wishes[turn % wishes.length]!;
      if (!(await stopAfter(step, (watch) => startMove({ folder }, wish, watch)))) {
        // Only who adds a shard makes one, and only slots are copied ahead.
        expect(['shard made', 'counts copied']).toContain(step);
        await startMove({ folder }, { kind: 'take back', post: HOT });
        await startMove({ folder }, { kind: 'shards', shards: 4 });
        continue;
      }
      const counted = writer.apply(likes(30));
      const back = backs[turn % backs.length];
      if (await stopAfter(back, (watch) => rollBackMove({ folder }, watch))) {
        if (back !== 'finished') await resumeMove({ folder });
      }
      await counted;
      await check(4);
      expect(existsSync(shardPath(folder, 4))).toBe(false);
    }
    expect(readStoreFile(folder).slotMap.shardOfSlot.length).toBe(before.shardOfSlot.length);
  }, 120_000);

  test('of a post isolates it, splits it, and takes it back, while others read it', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await using writer = await openStore({ folder, shards: 3, synchronous: 'OFF' });
    await using reader = await openStore({ folder });
    const { likes, check } = countingInto(folder);
    await writer.apply(likes(3_000));
    const expected = await reader.countOf(HOT);
    const top = await reader.topPosts(20);
    const ownersOfHot = () => shardsOfPost(readStoreFile(folder).slotMap, HOT);
    const home = ownersOfHot()[0]!;
    const move = async (wish: MoveWish, owners: readonly number[]) => {
      const reads: Promise<void>[] = [];
      const { moved } = await startMove({ folder }, wish, () => {
        reads.push(
          reader.countOf(HOT).then((count) => expect(count).toEqual(expected)),
          reader.topPosts(20).then((posts) => expect(posts).toEqual(top)),
        );
      });
      await Promise.all(reads);
      expect(ownersOfHot()).toEqual(owners);
      expect(await reader.countOf(HOT)).toEqual(expected);
      return moved;
    };
    // A shard of its own is a new one.
    const moved = await move({ kind: 'isolate', post: HOT }, [3]);
    expect(moved).toEqual({ posts: 1, likes: expected.likes, unlikes: expected.unlikes });
    // The count stays in the first slice, and only marks go: to the shards with the fewest slots.
    expect((await move({ kind: 'split', post: HOT, slices: 3 }, [3, 1, 2])).posts).toBe(0);
    await move({ kind: 'post', post: HOT, shards: [0, 1] }, [0, 1]);
    await move({ kind: 'take back', post: HOT }, [home]);
    await writer.apply(likes(2_000));
    await check(4);
    // The shard of its own is still there, and owns nothing: it is what is taken next time.
    expect((await startMove({ folder }, { kind: 'isolate', post: HOT })).title).toContain(
      'shard 3',
    );
    await check(4);
  }, 60_000);
});
