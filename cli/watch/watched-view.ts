/** The live view of a run, of which Prometheus hears as well where that was asked for. */
import type { LiveView } from '../live-view.ts';
import type { LabMetrics } from './lab-metrics.ts';

export interface WatchedView extends AsyncDisposable {
  readonly view: LiveView;
}

/** @throws UsageError when it cannot listen at that port */
export async function openWatchedView(
  view: LiveView,
  metricsPort: number | undefined,
): Promise<WatchedView> {
  if (metricsPort === undefined) return { view, async [Symbol.asyncDispose]() {} };
  // Loaded here, since most runs are watched by nobody.
  const { LabMetrics } = await import('./lab-metrics.ts');
  const { openMetricsServer } = await import('./metrics-server.ts');
  await using opened = new AsyncDisposableStack();
  const metrics = opened.use(new LabMetrics());
  const { url } = opened.use(await openMetricsServer(metricsPort, metrics.registry));
  view.log(`metrics at ${url}/metrics`);
  const kept = opened.move();
  return { view: watchedBy(metrics, view), [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function watchedBy(metrics: LabMetrics, view: LiveView): LiveView {
  return {
    ...view,
    trial(event) {
      metrics.begin(event.job);
      view.trial(event);
    },
    progress(progress, job) {
      metrics.progress(progress, job);
      view.progress(progress, job);
    },
    result(result, job) {
      metrics.result(result, job);
      view.result(result, job);
    },
  };
}
