/** The wait until a server itself says that nothing is left in a queue. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from '../brokers/broker.ts';
import type { Crew } from './crew.ts';
import { DrainProgress } from './drain-progress.ts';

/** How often the server is asked whether the queue is drained. */
const DRAIN_POLL_MS = 100;
/** Without any progress for this long, the queue counts as stuck. Twice the longest time that a
 * consumer may need to notice that another one, or the server, was gone: 30 s on Kafka. */
const DRAIN_STALL_MS = 60_000;

/** Resolves with what is left: 0, or more when nothing has moved for too long. */
export async function untilDrained(
  broker: Broker,
  queue: string,
  crew: Crew,
  signal: AbortSignal,
): Promise<number> {
  const progress = new DrainProgress();
  let movedAtMs = performance.now();
  let emptySinceMs: number | undefined;
  for (;;) {
    const backlog = await crew.whileAlive(broker.backlog(queue), signal);
    const { waiting, unacknowledged } = backlog;
    const nowMs = performance.now();
    const isEmpty = waiting === 0 && unacknowledged === 0;
    emptySinceMs = isEmpty ? (emptySinceMs ?? nowMs) : undefined;
    const emptyMs = emptySinceMs === undefined ? -1 : nowMs - emptySinceMs;
    if (emptyMs >= (broker.drainedTimeMs ?? 0)) return 0;
    if (progress.see(backlog, crew.counted) || isEmpty) movedAtMs = nowMs;
    if (nowMs - movedAtMs > DRAIN_STALL_MS) return waiting + unacknowledged;
    await crew.whileAlive(sleep(DRAIN_POLL_MS, undefined, { signal }), signal);
  }
}
