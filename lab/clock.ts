/**
 * One clock for all processes of a host: `process.hrtime` reads the machine's monotonic clock,
 * which has the same zero for every process, so all that is passed around is the second to count
 * from.
 */
export interface Clock {
  /** The second of the monotonic clock at which µs 0 lies; hand it to every other process. */
  readonly originS: number;
  /** µs since the origin, with fractions down to the clock's ns. */
  nowUs(): number;
}

/** Steps that are looked at, and readings after which a clock that does not step is given up. */
const STEPS_SEEN = 100;
const READINGS_MAX = 1_000_000;

/** The smallest step between two readings that differ, µs; undefined when none ever differ. */
export function resolutionUs(clock: Pick<Clock, 'nowUs'>): number | undefined {
  let least = Number.POSITIVE_INFINITY;
  let beforeUs = clock.nowUs();
  for (let steps = 0, readings = 0; steps < STEPS_SEEN && readings < READINGS_MAX; readings++) {
    const nowUs = clock.nowUs();
    if (nowUs === beforeUs) continue;
    least = Math.min(least, Math.abs(nowUs - beforeUs));
    beforeUs = nowUs;
    steps++;
  }
  return Number.isFinite(least) ? least : undefined;
}

/** A clock that starts now, or one that runs with a clock of another process. */
export function openClock(originS: number = process.hrtime()[0]): Clock {
  return {
    originS,
    nowUs() {
      const [seconds, nanoseconds] = process.hrtime();
      return (seconds - originS) * 1_000_000 + nanoseconds / 1_000;
    },
  };
}
