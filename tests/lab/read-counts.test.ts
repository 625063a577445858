import { expect, test } from 'vitest';
import { openClock } from '../../lab/clock.ts';
import { POLL_MS, readCounts } from '../../lab/read-counts.ts';
import { readSightings } from '../../lab/sightings.ts';
import { madePort } from './made-port.ts';
import { recordsFolder } from './trial-fixture.ts';

test('a reader writes down each new count once, looks once more at the end, reports', async () => {
  using folder = recordsFolder();
  const port = madePort();
  const counts = new Map([
    ['post-1', { likes: 0, unlikes: 0 }],
    ['post-2', { likes: 0, unlikes: 0 }],
  ]);
  let reads = 0;
  const store = {
    countOf(post: string) {
      reads++;
      return counts.get(post)!;
    },
  };
  const clock = openClock();
  const path = folder.path('sightings');
  const posts = [...counts.keys()];
  const ended = readCounts({ recordsPath: path, posts }, { store, clock, port });
  await port.until('ready');
  await expect.poll(() => reads, { interval: 1 }).toBeGreaterThanOrEqual(4);
  counts.set('post-2', { likes: 2, unlikes: 1 });
  const raisedAt = reads;
  await expect.poll(() => reads, { interval: 1 }).toBeGreaterThanOrEqual(raisedAt + 8);
  counts.set('post-1', { likes: 1, unlikes: 0 });
  // What came last is seen by the last look, however soon the stop comes.
  port.command({ kind: 'stop' });
  await ended;
  const { report } = await port.until('reader-done');
  expect(report.polls).toBe(reads / 2);
  expect(report.pollIntervalUsP99).toBeGreaterThanOrEqual((POLL_MS - 1) * 1_000);
  expect(report.usage.wallUs).toBeGreaterThan(0);
  const { posts: read, sightings } = readSightings(path);
  expect(read).toEqual(posts);
  expect(sightings.map(({ place, likes, unlikes }) => [place, likes, unlikes])).toEqual([
    [1, 2, 1],
    [0, 1, 0],
    [1, 2, 1],
  ]);
  for (const { beforeUs, fromUs, toUs } of sightings) {
    expect(beforeUs).toBeGreaterThan(0);
    expect(beforeUs).toBeLessThan(fromUs);
    expect(fromUs).toBeLessThanOrEqual(toUs);
  }
});
