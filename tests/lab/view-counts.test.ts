import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { readBoundSamples } from '../../lab/bound-samples.ts';
import { openClock } from '../../lab/clock.ts';
import { type ServesCounts, viewCounts } from '../../lab/view-counts.ts';
import { openCountReader } from '../../store/count-reader.ts';
import { openStore } from '../../store/open-store.ts';
import { madeLike } from '../store/made-likes.ts';
import { madePort } from './made-port.ts';
import { recordsFolder } from './trial-fixture.ts';

const REQUESTS = [
  ['a', 'b'],
  ['b', 'c'],
];

async function viewed(source: ServesCounts, measureS = 0.2) {
  using folder = recordsFolder();
  const port = madePort();
  const recordsPath = folder.path('bounds');
  const options = { recordsPath, requests: REQUESTS, seed: 1, warmUpS: 0.01, measureS };
  const done = viewCounts(options, { source, clock: openClock(), port });
  await port.until('ready');
  port.command({ kind: 'start' });
  const told = await Promise.race([port.until('viewer-done'), done.then(() => undefined)]);
  port.command({ kind: 'stop' });
  await done;
  return { report: told!.report, samples: readBoundSamples(recordsPath) };
}

describe('a viewer', () => {
  test('of a store tells how many requests and how late, and of no age', async () => {
    let underWay = 0;
    let underWayMax = 0;
    const { report, samples } = await viewed({
      async countsOf(posts) {
        underWayMax = Math.max(underWayMax, ++underWay);
        await sleep(2);
        underWay--;
        return posts.map((post) => ({ post, likes: 1, unlikes: 0 }));
      },
    });
    expect(underWayMax).toBeGreaterThanOrEqual(report.requestsAtOnce);
    // Each of those that are always under way takes 2 ms at least.
    expect(report.requestsPerS).toBeGreaterThan(0);
    expect(report.requestsPerS).toBeLessThanOrEqual((report.requestsAtOnce * 1_000) / 2);
    expect(report.offeredPerS).toBeCloseTo(report.requestsPerS / 2);
    expect(report.latency!.p50Us).toBeGreaterThanOrEqual(1_900);
    expect(report).toMatchObject({ queriesPerRequest: 1, usage: expect.any(Object) });
    expect(report.age).toBeUndefined();
    expect(report.missing).toBeUndefined();
    expect(samples).toEqual([]);
  });

  test('of a reader tells the age of the oldest count, the bound, and what is cached', async () => {
    await using store = await openStore({ engine: 'memory' });
    await store.apply([madeLike('s', 0, { post: 'b' })]);
    const options = { backlogOf: async () => 5, maxStalenessMs: 10_000 };
    const { report, samples } = await viewed(openCountReader(store, options));
    expect(report.missing).toEqual({ p50: 5, p99: 5, max: 5 });
    expect(report.age!.samples).toBe(report.latency!.samples);
    // Read once in the warm-up, and never again: as old as the loops are long.
    expect(report.age!.maxUs).toBeGreaterThan(100_000);
    expect(report).toMatchObject({ postsCachedShare: 1, requestsCachedShare: 1 });
    expect(report.queriesPerRequest).toBe(0);
    expect(samples.length).toBeGreaterThan(0);
    for (const { post, counted, missingAtMost } of samples) {
      expect(counted).toBe(post === 'b' ? 1 : 0);
      expect(missingAtMost).toBe(5);
    }
  });

  test('that is refused an answer says so', async () => {
    const refused = viewed({ countsOf: () => Promise.reject(new Error('away')) });
    await expect(refused).rejects.toThrow('away');
  });
});
