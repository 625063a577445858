/** Measures what a worker process uses, from when the meter is opened until it is read. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from './clock.ts';
import type { WorkerUsage } from './worker-messages.ts';

/** How often resident memory is sampled, to see whether it grows. */
const MEMORY_SAMPLE_MS = 500;
/** How often the event loop's delay is sampled; also the delay of an idle loop, taken off. */
const SAMPLE_MS = 10;

export interface UsageMeter {
  /** Until further notice, what is used counts up to now. */
  mark(): void;
  /** What was used from opening the meter to the last mark, or to now without any. */
  read(): WorkerUsage;
}

export function openUsageMeter(clock: Clock): UsageMeter {
  const look = () => ({ cpu: process.cpuUsage(), us: clock.nowUs() });
  const started = look();
  let marked: typeof started | undefined;
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  delay.enable();
  const memory: number[] = [process.memoryUsage.rss()];
  setInterval(() => memory.push(process.memoryUsage.rss()), MEMORY_SAMPLE_MS).unref();
  return {
    mark() {
      marked = look();
    },
    read() {
      const ended = marked ?? look();
      memory.push(process.memoryUsage.rss());
      const middle = Math.ceil(memory.length / 2);
      const used = (kind: 'user' | 'system') => ended.cpu[kind] - started.cpu[kind];
      return {
        cpuUs: used('user') + used('system'),
        memoryBytesMax: process.resourceUsage().maxRSS * 1024,
        memoryBytesMaxByHalf: [
          Math.max(...memory.slice(0, middle)),
          Math.max(...memory.slice(middle)),
        ],
        // Without a single sample the histogram answers 0 or NaN; a delay below 0 is noise.
        eventLoopDelayMsP99: Math.max(0, delay.percentile(99) / 1e6 - SAMPLE_MS) || 0,
        wallUs: ended.us - started.us,
      };
    },
  };
}
