import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { openClock } from '../../../lab/clock.ts';
import type { PlannedRequest } from '../../../lab/path/request-load.ts';
import { type RequestOutcome, readRequests } from '../../../lab/path/request-records.ts';
import { sendRequests } from '../../../lab/path/send-requests.ts';
import { madePort } from '../made-port.ts';
import { recordsFolder } from '../trial-fixture.ts';

const REQUESTS = 20;
const LOAD: PlannedRequest[] = Array.from({ length: REQUESTS }, (_, place) => ({
  ...{ dueUs: place * 1_000, post: 'p', user: `u-${place}`, action: 'like', version: 1 },
}));

test('the schedule waits for no answer, and each request is recorded when it has one', async () => {
  using folder = recordsFolder();
  const recordsPath = folder.path('requests');
  const port = madePort();
  const answers: ((outcome: RequestOutcome) => void)[] = [];
  const client = {
    post: () => new Promise<RequestOutcome>((resolve) => answers.push(resolve)),
  };
  const clock = openClock();
  const sending = sendRequests({ recordsPath }, { load: LOAD, client, clock, port });
  await port.until('ready');
  expect(answers).toHaveLength(0);
  port.command({ kind: 'start' });
  await expect.poll(() => answers.length, { interval: 1 }).toBe(REQUESTS);
  expect(port.told.map(({ kind }) => kind)).toEqual(['ready']);
  // The last is answered first, as no queue before a gateway would do it.
  for (const [place, answer] of [...answers.entries()].reverse()) {
    answer(place === 3 ? { kind: 'limited' } : { kind: 'accepted', source: 'g', seq: place });
  }
  await sending;
  const { report } = await port.until('client-done');
  expect(report).toMatchObject({ requests: REQUESTS, requestsAtOnceMax: REQUESTS });
  expect(report.priority).toBe(getPriority());
  const requests = readRequests(recordsPath);
  expect(requests.map(({ place }) => place)).toEqual(LOAD.map((_, place) => place).reverse());
  expect(requests.find(({ place }) => place === 3)!.outcome).toEqual({ kind: 'limited' });
  const first = requests.at(-1)!;
  for (const { place, dueUs, sentUs, answeredUs, outcome } of requests) {
    expect(Math.abs(dueUs - first.dueUs - place * 1_000)).toBeLessThanOrEqual(1);
    expect(sentUs).toBeGreaterThanOrEqual(dueUs - 1);
    expect(answeredUs).toBeGreaterThanOrEqual(sentUs);
    if (outcome.kind === 'accepted') expect(outcome.seq).toBe(place);
  }
});

test('a client without any request is done at once', async () => {
  using folder = recordsFolder();
  const port = madePort();
  port.command({ kind: 'start' });
  const client = { post: () => Promise.reject(new Error('nobody asks')) };
  const tools = { load: [], client, clock: openClock(), port };
  await sendRequests({ recordsPath: folder.path('requests') }, tools);
  expect((await port.until('client-done')).report.requests).toBe(0);
});
