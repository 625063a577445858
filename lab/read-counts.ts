/**
 * A reader's part of a trial: it looks at the counts of a few posts again and again, as a page that
 * shows them would, and writes down when it saw which count. It knows nothing of the records.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './clock.ts';
import { LatencyRecorder } from './latency-histogram.ts';
import { SightingWriter } from './sightings.ts';
import { openUsageMeter } from './usage-meter.ts';
import type { WorkerPort } from './worker-messages.ts';

/** Often enough to tell a late count, seldom enough to leave the two cores to what is measured. */
export const POLL_MS = 20;

interface Counted {
  readonly likes: number;
  readonly unlikes: number;
}

/** What a reader reads from; store/count-store.ts has it. */
export interface ReadsCounts {
  countOf(post: string): Counted | Promise<Counted>;
}

/** Tells `ready`, polls until `stop`, looks once more at every post, and reports. */
export async function readCounts(
  options: { readonly recordsPath: string; readonly posts: readonly string[] },
  tools: { store: ReadsCounts; clock: Clock; port: WorkerPort },
): Promise<void> {
  const { store, clock, port } = tools;
  const { posts } = options;
  using sightings = new SightingWriter(options.recordsPath, posts);
  const seen = posts.map(() => ({ likes: 0, unlikes: 0, beforeUs: 0 }));
  const intervals = new LatencyRecorder();
  let pollUs: number | undefined;
  let polls = 0;

  async function poll(isLast: boolean): Promise<void> {
    const nowUs = clock.nowUs();
    if (pollUs !== undefined) intervals.record(nowUs - pollUs);
    pollUs = nowUs;
    polls++;
    for (const [place, post] of posts.entries()) {
      const last = seen[place]!;
      const fromUs = clock.nowUs();
      const { likes, unlikes } = await store.countOf(post);
      const toUs = clock.nowUs();
      const isNew = likes !== last.likes || unlikes !== last.unlikes;
      const { beforeUs } = last;
      if (isNew || isLast) sightings.add({ place, likes, unlikes, beforeUs, fromUs, toUs });
      seen[place] = { likes, unlikes, beforeUs: fromUs };
    }
  }

  await port.tell({ kind: 'ready' });
  const meter = openUsageMeter(clock);
  const stop = new AbortController();
  const stopped = untilStop(port).then(() => stop.abort());
  while (!stop.signal.aborted) {
    await poll(false);
    await sleep(POLL_MS, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  await stopped;
  // Whoever tells it to stop has stopped the consumers before: all that will be visible is now.
  await poll(true);
  sightings.flush();
  const { p99Us, maxUs } = intervals.summary()!;
  // The histogram rounds up.
  const pollIntervalUsP99 = Math.min(p99Us, maxUs);
  const report = { usage: meter.read(), polls, pollIntervalUsP99, pollIntervalUsMax: maxUs };
  await port.tell({ kind: 'reader-done', report });
}

async function untilStop(port: WorkerPort): Promise<void> {
  while ((await port.nextCommand()).kind !== 'stop');
}
