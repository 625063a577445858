import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Broker } from '../../../brokers/broker.ts';
import { openSums } from '../../../cli/watch/path-sums.ts';
import { openWatchedCounting } from '../../../cli/watch/watched-counting.ts';
import type { Like } from '../../../likes/like.ts';
import { openStore } from '../../../store/open-store.ts';
import { temporaryFolder } from '../../brokers/servers/temporary-folder.ts';

const broker = {
  name: 'made',
  backlog: async () => ({ waiting: 3, unacknowledged: 0, parked: 0 }),
} as Partial<Broker> as Broker;

const LIKES: Like[] = [0, 1, 2].map((seq) => {
  const who = { source: 's', user: `u-${seq}`, version: 1, likedAtMs: 0 };
  return { ...who, seq, post: 'p', action: 'like' };
});

/** One after the other counts the same three likes. */
async function openCounting(metricsPort: number | undefined) {
  const folder = await temporaryFolder();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const path = join(folder.path, 'store');
  const store = await openStore({ folder: path, rule: 'states' });
  onTestFinished(() => store[Symbol.asyncDispose]());
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const options = { broker, queue: 'q', store, folder: path, hot: undefined, metricsPort, log };
  return { path, lines, open: () => openWatchedCounting(options) };
}

test('with metrics, what is counted is told where it says', async () => {
  const { path, lines, open } = await openCounting(0);
  await using gateway = await openSums(path, { system: 'made', destination: 'q' });
  gateway.add({ published: 8 });
  await using counting = await open();
  let told = 0;
  await counting.apply(LIKES, ({ fresh }) => {
    told += fresh.length;
  });
  expect(told).toBe(3);
  await counting.backlog();
  const url = /^metrics at (\S+)$/.exec(lines[0]!)![1]!;
  const text = await (await fetch(url)).text();
  const labels = 'messaging_system="made",messaging_destination_name="q"';
  expect(text).toContain(`likes_counted_total{${labels}} 3`);
  // Eight were acknowledged; three are counted, three wait, two are missing.
  expect(text).toContain(`likes_counter_drift{${labels}} 2`);
});

test('without metrics nothing listens, and the sums are kept for whoever tells them', async () => {
  const { lines, open } = await openCounting(undefined);
  {
    await using counting = await open();
    await counting.apply(LIKES);
    expect(await counting.backlog()).toMatchObject({ waiting: 3 });
  }
  expect(lines).toEqual([]);
});
