/** A mover that is killed under load after each step in turn, and gone on with, or back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { measureResharding } from '../../../cli/resharding/measure.ts';
import { MOVE_STEPS, type MoveStep } from '../../../store/move/steps.ts';
import { openStore, type StoreOptions } from '../../../store/open-store.ts';
import { temporaryFolder } from '../store-folder.ts';
import { LoadedStore } from './killed-mover.ts';
import { type PostgresForMoves, startPostgres } from './postgres-moves.ts';

const LIMIT_MS = 1_200_000;
const PAUSE_MS_MAX = 200;
const PAUSE_LIMIT_MS = 120_000;

let postgres: PostgresForMoves;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
});

const ENGINES = ['sqlite', 'postgres'] as const;

function freshStore(engine: (typeof ENGINES)[number]): Disposable & { options: StoreOptions } {
  if (engine === 'postgres') {
    return { options: postgres.freshStore(), [Symbol.dispose]() {} };
  }
  const temporary = temporaryFolder();
  return {
    options: { folder: temporary.folder },
    [Symbol.dispose]: () => temporary[Symbol.dispose](),
  };
}

describe.each(ENGINES)('a mover of %s', (engine) => {
  test(
    'that is killed after any step, is gone on with: exact each time',
    async () => {
      using fresh = freshStore(engine);
      await using _made = await openStore({ ...fresh.options, shards: 4 } as StoreOptions);
      const store = new LoadedStore(fresh.options);
      for (const step of MOVE_STEPS) {
        const hasDied = [
          await store.move({ kind: 'shards', shards: 5 }, step),
          await store.move({ kind: 'shards', shards: 3 }, step),
        ];
        expect([step, hasDied.includes(true)]).toEqual([step, true]);
      }
    },
    LIMIT_MS,
  );

  test(
    'that is killed before the switch, is gone back from: exact each time',
    async () => {
      using fresh = freshStore(engine);
      await using _made = await openStore({ ...fresh.options, shards: 4 } as StoreOptions);
      const store = new LoadedStore(fresh.options);
      const steps: readonly MoveStep[] = MOVE_STEPS.slice(0, MOVE_STEPS.indexOf('switched'));
      for (const step of steps) {
        expect(await store.move({ kind: 'shards', shards: 5 }, step, 'roll back')).toBe(true);
      }
      await store.move({ kind: 'shards', shards: 5 });
      await store.move({ kind: 'isolate', post: 'p00000' }, 'received', 'roll back');
      await store.move({ kind: 'split', post: 'p00000', slices: 3 }, 'received', 'roll back');
      await store.move({ kind: 'split', post: 'p00000', slices: 3 });
      await store.move({ kind: 'take back', post: 'p00000' }, 'received', 'roll back');
    },
    LIMIT_MS,
  );

  test(
    `lets likes wait less than ${PAUSE_MS_MAX} ms at 5,000 likes/s`,
    async () => {
      using fresh = freshStore(engine);
      const results = await measureResharding({
        store: { ...fresh.options, shards: 4 } as StoreOptions,
        wishes: [
          { kind: 'shards', shards: 5 },
          { kind: 'shards', shards: 3 },
        ],
        likesBefore: 200_000,
        likesPerS: 5_000,
        writers: 2,
        seed: 11,
        log: () => {},
      });
      for (const { title, pauseMs, writerPauseMs, wrongPosts, problems } of results) {
        console.log(
          `${engine}, ${title}: ${pauseMs.toFixed()} ms, writers ${writerPauseMs.toFixed()}`,
        );
        expect({ wrongPosts, problems }).toEqual({ wrongPosts: 0, problems: [] });
        expect(writerPauseMs).toBeLessThan(PAUSE_MS_MAX);
      }
    },
    PAUSE_LIMIT_MS,
  );
});
