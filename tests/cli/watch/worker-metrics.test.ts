import { expect, test } from 'vitest';
import { WorkerMetrics, type WorkerMetricsOptions } from '../../../cli/watch/worker-metrics.ts';
import type { Like } from '../../../likes/like.ts';
import { openStore } from '../../../store/open-store.ts';
import { madeLook } from '../../monitoring/served-metrics.ts';
import { servedValues } from './served-values.ts';

const SHARDS = 3;
const QUEUE = 'messaging_destination_name="likes",messaging_system="made"';

function openMetrics(options: Partial<WorkerMetricsOptions> = {}) {
  return new WorkerMetrics({
    ...{ system: 'made', destination: 'likes', shards: SHARDS },
    watch: { newest: async () => madeLook },
    ...options,
  });
}

function madeLikes(posts: readonly string[], fromSeq = 0): Like[] {
  return posts.map((post, place) => {
    const seq = fromSeq + place;
    const who = { source: 's', user: `u-${seq}`, version: 1, likedAtMs: 0 };
    return { ...who, seq, post, action: 'like' };
  });
}

async function count(metrics: WorkerMetrics, batches: readonly (readonly Like[])[]) {
  await using store = await openStore({ engine: 'memory', shards: SHARDS });
  for (const likes of batches) {
    await metrics.timed(likes, () =>
      store.apply(likes, (commit) => metrics.committed(likes, commit)),
    );
  }
}

test('what came, what was new and what each shard did add up', async () => {
  using metrics = openMetrics();
  const first = madeLikes(['a', 'b', 'a', 'c', 'd', 'a']);
  await count(metrics, [first, [...first.slice(3), ...madeLikes(['e'], 10)]]);
  const values = await servedValues(metrics.registry);
  const of = (name: string, ...more: string[]) => {
    return values.get(`${name}{${[...QUEUE.split(','), ...more].sort()}}`);
  };
  const operation = (name: string) => `messaging_operation_name="${name}"`;
  expect(of('messaging_client_consumed_messages_total', operation('receive'))).toBe(10);
  expect(of('likes_counted_total')).toBe(7);
  expect(of('likes_seen_again_total')).toBe(3);
  // Five posts, of which `a` was changed once, by one commit.
  expect(of('likes_store_count_updates_total')).toBe(5);
  const shards = Array.from({ length: SHARDS }, (_, shard) =>
    of('likes_shard_likes_total', `shard="${shard}"`),
  );
  expect(shards.reduce((sum: number, likes) => sum + likes!, 0)).toBe(10);
  expect(of('messaging_process_duration_seconds_count', operation('process'))).toBe(2);
});

test('a shard without any work is told as well, or the mean would leave it out', async () => {
  using metrics = openMetrics({ shards: 2 });
  const values = await servedValues(metrics.registry);
  for (const shard of [0, 1]) {
    expect(values.get(`likes_shard_likes_total{${QUEUE},shard="${shard}"}`)).toBe(0);
    expect(values.get(`likes_store_transactions_total{${QUEUE},shard="${shard}"}`)).toBe(0);
  }
});

test('a batch that fails is told with the code of its error, and never with its text', async () => {
  using metrics = openMetrics();
  const outage = Object.assign(new Error('no row for user u-1'), { code: 'STORE_UNAVAILABLE' });
  const failing = metrics.timed(madeLikes(['a']), () => Promise.reject(outage));
  await expect(failing).rejects.toBe(outage);
  const text = await metrics.registry.metrics();
  expect(text).toContain('error_type="STORE_UNAVAILABLE"');
  expect(text).not.toContain('u-1');
});

test('only posts that stand out of many likes have a series of their own', async () => {
  const posts = Array.from({ length: 500 }, (_, place) => (place % 2 === 0 ? 'hot' : `p-${place}`));
  using metrics = openMetrics();
  await count(metrics, [madeLikes(posts)]);
  const many = await servedValues(metrics.registry);
  const told = [...many.keys()].filter((name) => name.startsWith('likes_window_post_likes'));
  expect(told).toEqual([`likes_window_post_likes{${QUEUE},post="hot"}`]);
  expect(many.get(told[0]!)).toBe(250);
  expect(many.get(`likes_window_likes{${QUEUE}}`)).toBe(500);
  expect(many.get(`likes_hot_post_border_ratio{${QUEUE}}`)).toBeCloseTo(1 / 2);

  using calm = openMetrics();
  await count(calm, [madeLikes(['alone', 'alone', 'other'])]);
  const few = await servedValues(calm.registry);
  expect([...few.keys()].filter((name) => name.startsWith('likes_window_post'))).toEqual([]);
});

test('where somebody looks for hot posts already, nobody looks a second time', async () => {
  const window = { total: 200, posts: [{ post: 'p', likes: 80, error: 0 }], unlistedMax: 0 };
  using metrics = openMetrics({ seen: () => ({ ...window, windowMs: 700 }) });
  await count(metrics, [madeLikes(['a', 'b'])]);
  const values = await servedValues(metrics.registry);
  expect(values.get(`likes_window_likes{${QUEUE}}`)).toBe(200);
  expect(values.get(`likes_window_post_likes{${QUEUE},post="p"}`)).toBe(80);
});

test('of a path whose server does not answer nothing is told, rather than 0', async () => {
  let isThere = true;
  using metrics = openMetrics({ watch: { newest: async () => (isThere ? madeLook : undefined) } });
  const there = await servedValues(metrics.registry);
  expect(there.get(`likes_counter_drift{${QUEUE}}`)).toBe(0);
  expect(there.get(`likes_pipeline_age_seconds{${QUEUE}}`)).toBe(0.5);
  expect(there.get(`likes_backlog{${QUEUE},state="parked"}`)).toBe(3);
  expect(there.get(`likes_ledger_total{${QUEUE},state="published"}`)).toBe(10);
  isThere = false;
  const away = [...(await servedValues(metrics.registry)).keys()].join('\n');
  expect(away).not.toMatch(/likes_(counter_drift|pipeline_age|backlog|ledger)/);
  isThere = true;
  const again = await servedValues(metrics.registry);
  expect(again.get(`likes_ledger_total{${QUEUE},state="published"}`)).toBe(10);
});
