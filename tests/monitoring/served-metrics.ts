/** What gateways, workers and runs of the lab really tell at /metrics. */

import { LabMetrics } from '../../cli/watch/lab-metrics.ts';
import { addPathMetrics } from '../../cli/watch/path-metrics.ts';
import type { PathLook } from '../../cli/watch/path-watch.ts';
import { WorkerMetrics } from '../../cli/watch/worker-metrics.ts';
import { openMadeGateway } from '../gateway/gateway-fixture.ts';

export interface ServedMetric {
  readonly name: string;
  readonly kind: string;
  readonly help: string;
}

export const madeLook: PathLook = {
  backlog: { waiting: 1, unacknowledged: 2, parked: 3 },
  sums: { published: 10, unknown: 1, settled: 4 },
  ageS: 0.5,
  drift: 0,
};

/** By whoever tells it. Those of Node's process, which every program has, are left out. */
export async function servedMetrics(): Promise<Record<string, ServedMetric[]>> {
  const watch = { newest: async () => madeLook };
  const { gateway } = await openMadeGateway();
  addPathMetrics(gateway.metrics.registry, watch);
  const response = await fetch(`${gateway.url}/metrics`);
  using worker = new WorkerMetrics({ system: 'made', destination: 'likes', shards: 2, watch });
  using lab = new LabMetrics();
  return {
    gateway: metricsIn(await response.text()),
    count: metricsIn(await worker.registry.metrics()),
    lab: metricsIn(await lab.registry.metrics()),
  };
}

function metricsIn(text: string): ServedMetric[] {
  const metrics = [...text.matchAll(/^# HELP (\w+) (.*)\n# TYPE \w+ (\w+)$/gm)];
  return metrics
    .map(([, name, help, kind]) => ({ name: name!, kind: kind!, help: help! }))
    .filter(({ name }) => !/^(?:process|nodejs)_/.test(name));
}
