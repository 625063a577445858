import { expect, test } from 'vitest';
import { writeBoundSamples } from '../../lab/bound-samples.ts';
import { LatencyRecorder } from '../../lab/latency-histogram.ts';
import { measureReads } from '../../lab/measure-reads.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { ViewerReport } from '../../lab/worker-messages.ts';
import { madeLike } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

const USAGE = {
  cpuUs: 1,
  memoryBytesMax: 1,
  memoryBytesMaxByHalf: [1, 1] as [number, number],
  eventLoopDelayMsP99: 0,
  wallUs: 1,
};

function viewer(): ViewerReport {
  const latency = new LatencyRecorder();
  latency.record(1_000);
  const figures = { requestsAtOnce: 8, requestsPerS: 100, offeredPerS: 50, queriesPerRequest: 1 };
  return { usage: USAGE, latency: latency.summary(), ...figures };
}

test('a bound that was broken strikes the numbers out, and one that held does not', () => {
  using folder = recordsFolder();
  const [producer, bounds] = [folder.path('producer'), folder.path('bounds')];
  {
    using records = new RecordWriter(producer);
    records.attempted(500, [madeLike('s', 0, { post: 'a' })]);
    records.outcome(1_000, [madeLike('s', 0, { post: 'a' })], 'ok');
  }
  const evidence = { viewer: viewer(), bounds: [bounds], producerRecords: [producer], likes: 1 };
  const sample = { post: 'a', asOfUs: 2_000, counted: 0 };
  writeBoundSamples(bounds, [{ ...sample, missingAtMost: 1 }]);
  expect(measureReads(evidence)).toMatchObject({
    reads: { requestsPerS: 100, bounds: { checked: 1, broken: 0 } },
    doubts: [],
  });
  writeBoundSamples(bounds, [{ ...sample, missingAtMost: 0 }]);
  const { reads, doubts } = measureReads(evidence);
  expect(reads!.bounds).toEqual({ checked: 1, broken: 1 });
  expect(doubts).toEqual(['1 of 1 counts missed more likes than their bound said']);
});

test('a trial without a viewer has none, and one without an answer says so', () => {
  const evidence = { viewer: undefined, bounds: [], producerRecords: [], likes: 1 };
  expect(measureReads(evidence)).toEqual({ reads: undefined, doubts: [] });
  const silent = { ...viewer(), latency: undefined };
  expect(measureReads({ ...evidence, viewer: silent }).doubts).toEqual(['no request was answered']);
});
