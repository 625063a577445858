/** A tracer that fails takes its spans along, and no like. */
import { reasonOf } from './circuit.ts';
import type { RequestTrace, RequestTracer } from './request-trace.ts';

/** Whatever the tracer throws is told once and goes no further. */
export function guardedTracer(tracer: RequestTracer, log: (line: string) => void): RequestTracer {
  let hasFailed = false;
  const guard = <Told>(tell: () => Told): Told | undefined => {
    try {
      return tell();
    } catch (error) {
      if (!hasFailed) log(`requests are not traced as they should be: ${reasonOf(error)}`);
      hasFailed = true;
      return undefined;
    }
  };
  return {
    received(headers) {
      const trace = guard(() => tracer.received(headers));
      return trace && guardedTrace(trace, guard);
    },
  };
}

function guardedTrace(
  trace: RequestTrace,
  guard: <Told>(tell: () => Told) => Told | undefined,
): RequestTrace {
  return {
    waits: () => guard(() => trace.waits()),
    sends: (number, likes) => guard(() => trace.sends(number, likes)),
    settles: (outcome) => guard(() => trace.settles(outcome)),
    answered: (status) => guard(() => trace.answered(status)),
  };
}
