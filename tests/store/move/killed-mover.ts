/** A store under load whose mover is killed, and what is left when somebody has ended the move. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { add, countWrong } from '../../../cli/resharding/measure.ts';
import { Writers } from '../../../cli/resharding/writers.ts';
import type { PostCount } from '../../../store/count-store.ts';
import type { MoveWish } from '../../../store/move/index.ts';
import type { MoveStep } from '../../../store/move/steps.ts';
import { openStore, type StoreOptions } from '../../../store/open-store.ts';
import type { MoverOrder } from './mover-process.ts';

const MOVER = fileURLToPath(new URL('mover-process.ts', import.meta.url));
const WRITERS = 2;
const LIKES_PER_S = 5_000;
/** Longer than a like takes to be delivered again. */
const BESIDE_MS = 1_100;
/** So long nobody ends the move: likes that wait meanwhile are refused, and sent again. */
const DEAD_MS = 150;

/** Resolves with how it ended: an exit code, or the signal. */
async function runMover(order: MoverOrder): Promise<number | NodeJS.Signals> {
  const mover = spawn(process.execPath, [MOVER, JSON.stringify(order)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code, signal] = (await once(mover, 'close')) as [number | null, NodeJS.Signals | null];
  return code ?? signal!;
}

/** What all likes of a store must come to, round by round. */
export class LoadedStore {
  readonly options: StoreOptions;
  readonly #expected = new Map<string, PostCount>();
  #rounds = 0;

  /** The store must be there. */
  constructor(options: StoreOptions) {
    this.options = options;
  }

  /**
   * Moves under load. The mover is killed after `dieAfter`, if that step comes at all, and another
   * one ends the move. Then every count is compared. Resolves with whether the step came.
   */
  async move(
    wish: MoveWish,
    dieAfter?: MoveStep,
    ending: 'resume' | 'roll back' = 'resume',
  ): Promise<boolean> {
    const store = this.options;
    const round = `round-${this.#rounds++}`;
    const plan = { store, writers: WRITERS, likesPerS: LIKES_PER_S, seed: 7, round };
    await using writers = await Writers.start(plan);
    await wait(BESIDE_MS);
    const ended = await runMover({ store, task: wish, ...(dieAfter && { dieAfter }) });
    if (ended === 'SIGKILL') {
      await wait(DEAD_MS);
      // After the last step there is nothing left to end.
      if (dieAfter !== 'finished') expect(await runMover({ store, task: ending })).toBe(0);
    } else expect(ended).toBe(0);
    await wait(BESIDE_MS);
    const { made, expected } = await writers.stop();
    expect(made).toBeGreaterThan(0);
    for (const count of expected.values()) add(this.#expected, count);
    await this.#check();
    return ended === 'SIGKILL';
  }

  async #check(): Promise<void> {
    await using store = await openStore(this.options);
    expect(await countWrong(store, this.#expected)).toBe(0);
    expect(await store.findProblems()).toEqual([]);
  }
}
