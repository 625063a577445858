import { expect, test } from 'vitest';
import { guardedTracer } from '../../gateway/guarded-tracer.ts';
import type { RequestTrace } from '../../gateway/request-trace.ts';

const fails = (): never => {
  throw new Error('no span left');
};
const BROKEN: RequestTrace = { waits: fails, sends: fails, settles: fails, answered: fails };

test('what a tracer throws at any step is told once and hurts no request', () => {
  const lines: string[] = [];
  const tracer = guardedTracer({ received: () => BROKEN }, (line) => lines.push(line));
  const trace = tracer.received({})!;
  trace.waits();
  expect(trace.sends({ source: 'g', seq: 0 }, 1)).toBeUndefined();
  trace.settles('ok');
  trace.answered(202);
  expect(lines).toEqual(['requests are not traced as they should be: no span left']);
  expect(guardedTracer({ received: fails }, () => undefined).received({})).toBeUndefined();
});

test('what a tracer tells comes through, and a request that it leaves out stays left out', () => {
  const headers = { traceparent: '00-1-2-01' };
  const trace: RequestTrace = { ...BROKEN, sends: (_, likes) => (likes === 2 ? headers : {}) };
  const tracer = guardedTracer({ received: () => trace }, () => undefined);
  expect(tracer.received({})?.sends({ source: 'g', seq: 0 }, 2)).toEqual(headers);
  expect(guardedTracer({ received: () => undefined }, fails).received({})).toBeUndefined();
});
