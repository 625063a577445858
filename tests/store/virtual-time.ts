/** A clock that tests turn, and pauses on it: the order of all events follows from the numbers. */

export class VirtualTime {
  nowMs = 0;
  #next = 0;
  readonly #alarms: { readonly atMs: number; readonly order: number; readonly ring: () => void }[] =
    [];

  /** Resolves when the clock stands there; of those at one moment, in the order asked for. */
  pause(ms: number): Promise<void> {
    return new Promise((ring) => {
      this.#alarms.push({ atMs: this.nowMs + ms, order: this.#next++, ring });
    });
  }

  /** Turns the clock from alarm to alarm, and lets everything happen in between, to the end. */
  async run(untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    await settled();
    for (;;) {
      this.#alarms.sort((one, other) => one.atMs - other.atMs || one.order - other.order);
      const [first] = this.#alarms;
      if (first === undefined || first.atMs > untilMs) return;
      this.#alarms.shift();
      this.nowMs = first.atMs;
      first.ring();
      await settled();
    }
  }
}

/** Resolves when every promise that could go on has. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
