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
