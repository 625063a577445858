/** Measures what a worker process uses, from when it is made. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from './clock.ts';
import type { WorkerUsage } from './worker-messages.ts';

/** How often resident memory is sampled, to see whether it grows. */
const MEMORY_SAMPLE_MS = 500;
/** How often the event loop's delay is sampled; also the delay of an idle loop, taken off. */
const SAMPLE_MS = 10;

export function openUsageMeter(clock: Clock): { read(): WorkerUsage } {
  const started = { cpu: process.cpuUsage(), us: clock.nowUs() };
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  delay.enable();
  const memory: number[] = [process.memoryUsage.rss()];
  setInterval(() => memory.push(process.memoryUsage.rss()), MEMORY_SAMPLE_MS).unref();
  return {
    read() {
      memory.push(process.memoryUsage.rss());
      const middle = Math.ceil(memory.length / 2);
      const { user, system } = process.cpuUsage(started.cpu);
      return {
        cpuUs: user + system,
        memoryBytesMax: process.resourceUsage().maxRSS * 1024,
        memoryBytesMaxByHalf: [
          Math.max(...memory.slice(0, middle)),
          Math.max(...memory.slice(middle)),
        ],
        // Without a single sample the histogram answers 0 or NaN; a delay below 0 is noise.
        eventLoopDelayMsP99: Math.max(0, delay.percentile(99) / 1e6 - SAMPLE_MS) || 0,
        wallUs: clock.nowUs() - started.us,
      };
    },
  };
}
