/** A counting process between its queue and its store: keeps the path's sums, tells its metrics. */
import type { Backlog, Broker } from '../../brokers/broker.ts';
import type { CommitObserver, CountStore } from '../../store/count-store.ts';
import type { AppliesLikes } from '../../store/hot/apply-parts.ts';
import type { WindowSummary } from '../../store/hot/hot-window.ts';
import { keepingSettled } from './kept-sums.ts';
import { openSums, readSums } from './path-sums.ts';
import { PathWatch } from './path-watch.ts';

export interface WatchedCountingOptions {
  readonly broker: Broker;
  readonly queue: string;
  readonly store: CountStore;
  /** The store's own. */
  readonly folder: string;
  /** What stands before the store, and what it has seen. */
  readonly hot: (AppliesLikes & { seen(): WindowSummary }) | undefined;
  /** Undefined: no metrics. The sums are kept all the same, since they are the whole path's. */
  readonly metricsPort: number | undefined;
  readonly log: (line: string) => void;
}

export interface WatchedCounting extends AppliesLikes, AsyncDisposable {
  /** The server's own word, which the metrics hear as well. */
  backlog(): Promise<Backlog>;
}

/** @throws UsageError when it cannot listen at that port */
export async function openWatchedCounting(
  options: WatchedCountingOptions,
): Promise<WatchedCounting> {
  const { broker, queue, store, folder, hot } = options;
  const path = { system: broker.name, destination: queue };
  await using opened = new AsyncDisposableStack();
  const sums = opened.use(await openSums(folder, path));
  const watch = new PathWatch({
    backlogOf: () => broker.backlog(queue),
    sums: () => readSums(folder, path),
  });
  const counts = keepingSettled(hot ?? store, store.rule, sums);
  const metrics = await openMetrics(options, watch, opened);
  const kept = opened.move();
  return {
    apply(likes, committed, ...more) {
      if (metrics === undefined) return counts.apply(likes, committed, ...more);
      const told: CommitObserver = (commit) => {
        metrics.committed(likes, commit);
        committed?.(commit);
      };
      return metrics.timed(likes, () => counts.apply(likes, told, ...more));
    },
    backlog: () => watch.ask(),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function openMetrics(
  { broker, queue, store, hot, metricsPort, log }: WatchedCountingOptions,
  watch: PathWatch,
  opened: AsyncDisposableStack,
) {
  if (metricsPort === undefined) return undefined;
  // Loaded here, since nobody else needs them.
  const { WorkerMetrics } = await import('./worker-metrics.ts');
  const { openMetricsServer } = await import('./metrics-server.ts');
  const metrics = opened.use(
    new WorkerMetrics({
      ...{ system: broker.name, destination: queue, watch },
      shards: store.shards.length,
      seen: hot && (() => hot.seen()),
    }),
  );
  const { url } = opened.use(await openMetricsServer(metricsPort, metrics.registry));
  log(`metrics at ${url}/metrics`);
  return metrics;
}
