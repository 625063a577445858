/** A counting process that tells on the store's board what it sees, and obeys what stands there. */
import { randomUUID } from 'node:crypto';
import type { CountStore } from '../store/count-store.ts';
import type { Batch } from '../store/hot/apply-parts.ts';
import { boardNowMs, HotBoard } from '../store/hot/hot-board.ts';
import { HotPath } from '../store/hot/hot-path.ts';
import type { WindowSummary } from '../store/hot/hot-window.ts';

const TELL_INTERVAL_MS = 500;

/** Stands before the store. Disposing it takes its word off the board. */
export class HotReporter implements Disposable {
  readonly #path: HotPath;
  readonly #board: HotBoard;
  readonly #name = `${process.pid}-${randomUUID()}`;
  readonly #timer: NodeJS.Timeout;

  constructor(store: CountStore, folder: string) {
    this.#path = new HotPath(store, { nowMs: boardNowMs });
    this.#board = new HotBoard(folder);
    this.#obey();
    this.#timer = setInterval(() => this.#tell(), TELL_INTERVAL_MS);
  }

  apply(...batch: Batch): Promise<void> {
    return this.#path.apply(...batch);
  }

  seen(): WindowSummary {
    return this.#path.seen();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#board.forget(this.#name);
  }

  /** A full disk is no reason to stop counting: the store says so itself, when it cannot. */
  #tell(): void {
    try {
      this.#board.tell(this.#name, this.#path.seen());
    } catch {
      // What was told last is stale in a moment.
    }
    this.#obey();
  }

  #obey(): void {
    const order = this.#board.currentOrder();
    if (order !== undefined) this.#path.hold(order);
  }
}
