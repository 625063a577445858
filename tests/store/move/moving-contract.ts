/** What moves have to do on every engine. Each engine's test calls `testMoves` once. */
import { describe, expect, test } from 'vitest';
import {
  type MoveWish,
  readSlotMap,
  resumeMove,
  rollBackMove,
  startMove,
} from '../../../store/move/index.ts';
import { BACK_STEPS, MOVE_STEPS, type MoveStep } from '../../../store/move/steps.ts';
import { openStore, type StoreOptions } from '../../../store/open-store.ts';
import { shardsOfPost } from '../../../store/slot-map.ts';
import { countingInto, HOT, stopAfter } from './stopped-moves.ts';

export interface MovesUnderTest extends AsyncDisposable {
  /** Of a store that is not there yet. */
  readonly options: StoreOptions;
}

const LIMIT_MS = 120_000;
const ORDER: readonly MoveStep[] = MOVE_STEPS;

/** `steps` after which moves are stopped: all unless told. */
export function testMoves(
  name: string,
  begin: () => Promise<MovesUnderTest>,
  steps: readonly MoveStep[] = MOVE_STEPS,
): void {
  describe(`a move on ${name}`, () => {
    test(
      'that stops after any step goes on, with likes counted meanwhile and after',
      async () => {
        await using subject = await begin();
        const { options } = subject;
        await using writer = await openStore({ ...options, shards: 3 } as StoreOptions);
        const { likes, check } = countingInto(options);
        await writer.apply(likes(1_500));
        for (const step of steps) {
          let isStopped = false;
          for (const shards of [5, 3]) {
            const wish: MoveWish = { kind: 'shards', shards };
            const watched = isStopped ? undefined : step;
            if (await stopAfter(watched, (watch) => startMove(options, wish, watch))) {
              isStopped = true;
              // Behind the fence this waits for the move to go on.
              const counted = writer.apply(likes(50));
              if (step !== 'finished') await resumeMove(options);
              await counted;
            }
            await check(shards);
          }
          expect([step, isStopped]).toEqual([step, true]);
        }
      },
      LIMIT_MS,
    );

    test(
      'goes back from any step before the switch, and the way back goes on from any',
      async () => {
        await using subject = await begin();
        const { options } = subject;
        await using writer = await openStore({ ...options, shards: 4 } as StoreOptions);
        const { likes, check } = countingInto(options);
        await writer.apply(likes(1_500));
        const wishes: MoveWish[] = [
          { kind: 'shards', shards: 5 },
          { kind: 'shards', shards: 2 },
          { kind: 'isolate', post: HOT },
          { kind: 'post', post: HOT, shards: [1, 2] },
        ];
        const before = steps.filter((step) => ORDER.indexOf(step) < ORDER.indexOf('switched'));
        const backs = [...BACK_STEPS, undefined];
        for (const [turn, step] of [...before, ...before].entries()) {
          const wish = wishes[turn % wishes.length]!;
          if (!(await stopAfter(step, (watch) => startMove(options, wish, watch)))) {
            // Only who adds a shard makes one, and only slots are copied ahead.
            expect(['shard made', 'counts copied']).toContain(step);
            await startMove(options, { kind: 'take back', post: HOT });
            await startMove(options, { kind: 'shards', shards: 4 });
            continue;
          }
          const counted = writer.apply(likes(30));
          const back = backs[turn % backs.length];
          if (await stopAfter(back, (watch) => rollBackMove(options, watch))) {
            if (back !== 'finished') await resumeMove(options);
          }
          await counted;
          await check(4);
          expect((await readSlotMap(options)).shards).toBe(4);
        }
      },
      LIMIT_MS,
    );

    test(
      'of a post isolates it, splits it, and takes it back, while others read it',
      async () => {
        await using subject = await begin();
        const { options } = subject;
        await using writer = await openStore({ ...options, shards: 3 } as StoreOptions);
        await using reader = await openStore(options);
        const { likes, check } = countingInto(options);
        await writer.apply(likes(3_000));
        const expected = await reader.countOf(HOT);
        const top = await reader.topPosts(20);
        const ownersOfHot = async () => shardsOfPost(await readSlotMap(options), HOT);
        const [home] = await ownersOfHot();
        const move = async (wish: MoveWish, owners: readonly number[]) => {
          const reads: Promise<void>[] = [];
          const { moved } = await startMove(options, wish, () => {
            reads.push(
              reader.countOf(HOT).then((count) => expect(count).toEqual(expected)),
              reader.topPosts(20).then((posts) => expect(posts).toEqual(top)),
            );
          });
          await Promise.all(reads);
          expect(await ownersOfHot()).toEqual(owners);
          expect(await reader.countOf(HOT)).toEqual(expected);
          return moved;
        };
        // A shard of its own is a new one.
        const moved = await move({ kind: 'isolate', post: HOT }, [3]);
        expect(moved).toEqual({ posts: 1, likes: expected.likes, unlikes: expected.unlikes });
        // The count stays in the first slice, and only marks go, to the shards with fewest slots.
        expect((await move({ kind: 'split', post: HOT, slices: 3 }, [3, 1, 2])).posts).toBe(0);
        await move({ kind: 'post', post: HOT, shards: [0, 1] }, [0, 1]);
        await move({ kind: 'take back', post: HOT }, [home!]);
        await writer.apply(likes(2_000));
        await check(4);
        // The shard of its own is still there, and owns nothing: it is what is taken next time.
        expect((await startMove(options, { kind: 'isolate', post: HOT })).title).toContain(
          'shard 3',
        );
        await check(4);
      },
      LIMIT_MS,
    );
  });
}
