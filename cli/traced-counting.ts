/** What `count` does with a batch: counts it, and tells each step to whoever traces. */
import type { TracesBatches } from '../lab/consume.ts';
import type { HandleLikes } from '../likes/like.ts';
import type { CommitObserver, CountStore } from '../store/count-store.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { openTracingOf, type TracingFlags } from './tracing-options.ts';

/** The spans of this process and whoever makes them; undefined where nobody asked for any. */
export async function openBatchTracing(
  flags: TracingFlags,
  queue: { readonly system: string; readonly destination: string; readonly database: string },
): Promise<{ readonly tracing: Tracing; readonly tracer: TracesBatches } | undefined> {
  const tracing = await openTracingOf(flags, 'like-counter');
  if (tracing === undefined) return undefined;
  const { BatchTracer } = await import('../tracing/batch-tracer.ts');
  return { tracing, tracer: new BatchTracer(tracing, queue) };
}

export function countInto(
  store: Pick<CountStore, 'apply'>,
  tracer: TracesBatches | undefined,
  committed: (likes: Parameters<HandleLikes>[0], commit: Parameters<CommitObserver>[0]) => void,
): HandleLikes {
  return async (likes, placeOf, headersOf) => {
    const trace = tracer?.delivered(likes, headersOf);
    const told: CommitObserver = (commit) => {
      trace?.committed([...commit.fresh, ...commit.seen]);
      committed(likes, commit);
    };
    try {
      await store.apply(likes, told, placeOf, undefined, trace && ((part) => trace.begins(part)));
    } finally {
      trace?.ended();
    }
  };
}
