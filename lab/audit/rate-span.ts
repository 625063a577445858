/** The time of a rate, from the blocks of its records: its pauses and its windows. */

/** Tenths of the time from the first event to the last, as in lab/steady-state.ts. */
export const WINDOWS = 10;
/** Events are kept in steps of this long, so that memory grows with the time and not with likes. */
const STEP_US = 1_000;

/** The time from a first to a last event, and the longest pause in it. */
export class Span {
  fromUs: number | undefined;
  toUs: number | undefined;
  gapUs = 0;

  begin(us: number): void {
    this.fromUs ??= us;
    this.toUs ??= us;
  }

  event(us: number): void {
    if (this.toUs === undefined) return;
    this.gapUs = Math.max(this.gapUs, us - this.toUs);
    this.toUs = Math.max(this.toUs, us);
  }
}

export interface RateWindows {
  readonly windowS: number;
  /** One for each window. */
  readonly likes: number[];
  /** In how many blocks they came, all windows together: likes of one block are one to chance. */
  readonly blocks: number;
}

/**
 * What was done in each tenth of the time. A block at some time tells of the work since the block
 * before it, so that the first of them, whose work nobody timed, only begins the first window.
 */
export class Windows {
  #firstUs: number | undefined;
  readonly #steps: { likes: number; blocks: number }[] = [];

  /** In the order of time; the first event is the first that is past the warm-up. */
  event(us: number, likes: number, isPastWarmUp: boolean): void {
    if (this.#firstUs === undefined) {
      if (isPastWarmUp) this.#firstUs = us;
      return;
    }
    // A block on the border of two windows ends the work of the first of them.
    const step = Math.max(0, Math.ceil((us - this.#firstUs) / STEP_US) - 1);
    while (this.#steps.length <= step) this.#steps.push({ likes: 0, blocks: 0 });
    this.#steps[step]!.likes += likes;
    this.#steps[step]!.blocks++;
  }

  /** Undefined when the time is too short for steps in all of them. */
  windows(): RateWindows | undefined {
    const width = Math.floor(this.#steps.length / WINDOWS);
    if (width === 0) return undefined;
    const likes = Array.from({ length: WINDOWS }, (_, window) => {
      const steps = this.#steps.slice(window * width, (window + 1) * width);
      return steps.reduce((sum, step) => sum + step.likes, 0);
    });
    const counted = this.#steps.slice(0, WINDOWS * width);
    const blocks = counted.reduce((sum, step) => sum + step.blocks, 0);
    return { windowS: (width * STEP_US) / 1e6, likes, blocks };
  }
}
