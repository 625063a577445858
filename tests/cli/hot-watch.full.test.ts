import { expect, test } from 'vitest';
import { openWorkload } from '../../likes/workloads/workload.ts';
import { openStore } from '../../store/open-store.ts';
import { readStoreFile } from '../../store/store-file.ts';
import { LabProcess } from './lab-process.ts';
import { useServer } from './queue-fixture.ts';

const FLASH_LIKES = 60_000;
const PER_S = 2_000;

const redis = useServer('redis');

test('a watch finds what goes viral over two consumers, cures it, takes that back', async () => {
  const queue = 'flash';
  const folder = redis.storeFolder(queue);
  const count = `count --brokers redis-streams --queue ${queue} --store ${folder} --hot-posts`;
  await using first = redis.lab(`${count} --create`);
  await first.says(/^0 likes\/s · 0 counted .* · lag 0 /m, 'stdout');
  await using _second = redis.lab(count);
  await using watch = new LabProcess(['hot', 'watch', '--store', folder]);
  await watch.says(/^watching /m, 'stdout');
  const likes = `--likes ${FLASH_LIKES} --workload flash --rate ${PER_S}`;
  await using producer = redis.lab(`produce --brokers redis-streams --queue ${queue} ${likes}`);
  const { flash } = openWorkload('flash', { likes: FLASH_LIKES, seed: 1 });
  await watch.says(new RegExp(`^post ${flash!.post} is hot`, 'm'), 'stdout');
  await watch.says(new RegExp(`^post ${flash!.post}: split done`, 'm'), 'stdout');
  expect(readStoreFile(folder).slotMap.exceptions.get(flash!.post)!.length).toBeGreaterThan(1);
  await watch.says(new RegExp(`^post ${flash!.post}: take-back done`, 'm'), 'stdout');
  expect(readStoreFile(folder).slotMap.exceptions.size).toBe(0);
  expect((await producer.ended()).code).toBe(0);
  await first.says(/ lag 0 /, 'stdout');

  await using store = await openStore({ folder, readOnly: true });
  const counts = new Map<string, number>();
  const seen = new Set<number>();
  for (const { seq, post } of openWorkload('flash', { likes: FLASH_LIKES, seed: 1 }).stream()) {
    if (seen.has(seq)) continue;
    seen.add(seq);
    counts.set(post, (counts.get(post) ?? 0) + 1);
  }
  const exact = [...counts].map(([post, own]) => ({ post, likes: own, unlikes: 0 }));
  // The last batch of the other consumer may be on its way.
  for (let looks = 0; looks < 100 && (await store.totals()).marks < FLASH_LIKES; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await store.countsOf(exact.map(({ post }) => post))).toEqual(exact);
  expect(await store.findProblems()).toEqual([]);
}, 240_000);
