/** Ctrl-C: the first one ends the work in order, the second one ends the process at once. */
import { EXIT } from './usage-error.ts';

/** Aborted by the first SIGINT or SIGTERM. On the second the servers end with this process. */
export function watchInterrupt(
  log: (line: string) => void,
  kept = 'what was measured is kept',
): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT.unknown);
      log(`stopping: ${kept}; once more ends at once`);
      controller.abort();
    });
  }
  return controller.signal;
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}
