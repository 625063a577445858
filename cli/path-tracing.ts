/**
 * What traces a worker of a trial over HTTP: spans and counts, in files beside its records. Spans
 * go to an OTLP receiver as well where the environment names one.
 */

import type { RequestTracer } from '../gateway/request-trace.ts';
import type { Clock } from '../lab/clock.ts';
import type { TracesBatches } from '../lab/consume.ts';
import type { TracesRequests } from '../lab/path/send-requests.ts';
import type { WorkerSetup } from '../lab/worker-process.ts';
import { FlowCounter, writeFlow } from '../lab/write-path/flow-counter.ts';
import { flowPath, spansPath } from '../lab/write-path/trace-files.ts';
import { isOtlpInEnvironment } from './tracing-options.ts';

export interface PathTracing extends AsyncDisposable {
  readonly client: TracesRequests;
  gateway(system: string, destination: string): RequestTracer;
  readonly worker: TracesBatches;
}

/** Undefined in trials that nothing is traced in, and then OpenTelemetry is not even loaded. */
export async function openPathTracing(
  setup: WorkerSetup,
  clock: Clock,
): Promise<PathTracing | undefined> {
  const every = setup.path?.traces?.every;
  if (every === undefined) return undefined;
  const [{ openTracing }, { ClientTracer }, { RequestTracer }, { BatchTracer }] = await Promise.all(
    [
      import('../tracing/tracing.ts'),
      import('../tracing/client-tracer.ts'),
      import('../tracing/request-tracer.ts'),
      import('../tracing/batch-tracer.ts'),
    ],
  );
  const flow = new FlowCounter(clock);
  const tracing = openTracing({
    service: `like-${setup.role}`,
    clock: { nowUs: () => clock.nowUs(), epochUs: epochUsOf(clock) },
    file: spansPath(setup.recordsPath),
    // Which requests are traced the client says, and nobody else begins a trace.
    share: setup.role === 'client' ? 1 : 0,
    otlp: isOtlpInEnvironment() ? 'environment' : undefined,
  });
  const { count } = flow;
  const { broker: system, queue: destination, store } = setup;
  return {
    client: new ClientTracer(tracing, { every, count }),
    gateway: (name, queue) =>
      new RequestTracer(tracing, { system: name, destination: queue, count }),
    worker: new BatchTracer(tracing, { system, destination, database: databaseOf(store), count }),
    async [Symbol.asyncDispose]() {
      await tracing[Symbol.asyncDispose]();
      const exported = tracing.exported();
      writeFlow(flowPath(setup.recordsPath), flow.file({ ...(exported && { exported }) }));
    },
  };
}

/** The processes of a machine agree about it to within some µs, unless its time is being set. */
function epochUsOf(clock: Clock): number {
  return (performance.timeOrigin + performance.now()) * 1_000 - clock.nowUs();
}

function databaseOf({ engine }: WorkerSetup['store']): string {
  return engine === 'postgres' ? 'postgresql' : String(engine ?? 'sqlite');
}
