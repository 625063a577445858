import { describe, expect, test } from 'vitest';
import { openCountReader, type ServedCount } from '../../store/count-reader.ts';
import { openStore } from '../../store/open-store.ts';
import { madeLike } from './made-likes.ts';
import { VirtualTime } from './virtual-time.ts';

/** A store whose counts are the time at which they were read; a query takes `queryMs`. */
function clockStore(time: VirtualTime, queryMs: number) {
  const queries: { posts: readonly string[]; beganMs: number }[] = [];
  return {
    queries,
    async countsOf(posts: readonly string[]) {
      const likes = time.nowMs;
      queries.push({ posts, beganMs: likes });
      await time.pause(queryMs);
      return posts.map((post) => ({ post, likes, unlikes: 0 }));
    },
  };
}

function madeReader({
  queryMs = 10,
  maxStalenessMs = 100,
  backlogOf = async () => 7,
  ...more
}: Partial<Parameters<typeof openCountReader>[1]> & { queryMs?: number } = {}) {
  const time = new VirtualTime();
  const store = clockStore(time, queryMs);
  const nowMs = () => time.nowMs;
  const reader = openCountReader(store, { backlogOf, maxStalenessMs, nowMs, ...more });
  return { time, store, reader };
}

/** The answer, once the clock has gone on far enough for it. */
async function asked<Answer>(time: VirtualTime, answer: Promise<Answer>): Promise<Answer> {
  await time.run();
  return answer;
}

describe('a count', () => {
  test('comes from the cache as long as it is new enough, and then from the store', async () => {
    const { time, store, reader } = madeReader();
    const [first] = await asked(time, reader.countsOf(['a']));
    expect(first).toEqual({ post: 'a', likes: 0, unlikes: 0, ageMs: 10, missingAtMost: 7 });
    time.nowMs = 100;
    const [cached] = await asked(time, reader.countsOf(['a']));
    expect(cached).toMatchObject({ likes: 0, ageMs: 100 });
    time.nowMs = 101;
    const [again] = await asked(time, reader.countsOf(['a']));
    expect(again).toMatchObject({ likes: 101 });
    expect(store.queries).toHaveLength(2);
    expect(reader.facts).toMatchObject({ requests: 3, posts: 3, postsCached: 1, queries: 2 });
    expect(reader.facts.requestsCached).toBe(1);
  });

  test('that is asked for exactly is read after the request was made', async () => {
    const { time, store, reader } = madeReader();
    await asked(time, reader.countsOf(['a']));
    const options = { consistency: 'exact', maxStalenessMs: 1_000 } as const;
    const [exact] = await asked(time, reader.countsOf(['a'], options));
    expect(exact).toMatchObject({ likes: 10 });
    expect(store.queries).toHaveLength(2);
  });

  test('is zero for a post that was never counted, and in the order asked for', async () => {
    await using store = await openStore({ engine: 'memory' });
    await store.apply([madeLike('s', 0, { post: 'b', action: 'unlike' })]);
    const reader = openCountReader(store, { backlogOf: async () => 0, maxStalenessMs: 0 });
    const posts = ['never', 'b', 'never', '__proto__'];
    const counts = await reader.countsOf(posts);
    expect(counts.map(({ post, likes, unlikes }) => ({ post, likes, unlikes }))).toEqual(
      posts.map((post) => ({ post, likes: 0, unlikes: Number(post === 'b') })),
    );
    expect(await reader.countsOf([])).toEqual([]);
  });
});

describe('a hot post', () => {
  test('has one query for all who ask at once', async () => {
    const { time, store, reader } = madeReader({ maxStalenessMs: 0 });
    const all = Array.from({ length: 500 }, () => reader.countsOf(['hot', 'hot']));
    await asked(time, Promise.all(all));
    expect(store.queries.map(({ posts }) => posts)).toEqual([['hot']]);
    expect(reader.facts).toMatchObject({ requests: 500, posts: 1_000, postsShared: 999 });
  });

  test('has one query at a time: who comes too late for it shares the next', async () => {
    const { time, store, reader } = madeReader({ maxStalenessMs: 0, queryMs: 10 });
    const all: Promise<ServedCount[]>[] = [];
    for (let atMs = 0; atMs < 30; atMs++) {
      await time.run(atMs);
      time.nowMs = atMs;
      all.push(reader.countsOf(['hot']));
    }
    const answers = await asked(time, Promise.all(all));
    expect(store.queries.map(({ beganMs }) => beganMs)).toEqual([0, 10, 20, 30]);
    for (const [atMs, [count]] of answers.entries()) {
      expect(count!.likes).toBeGreaterThanOrEqual(atMs);
    }
  });

  test('is joined under way by whoever takes counts of that age', async () => {
    const { time, store, reader } = madeReader({ queryMs: 50 });
    const first = reader.countsOf(['hot']);
    await time.run(40);
    time.nowMs = 40;
    const second = reader.countsOf(['hot'], { maxStalenessMs: 40 });
    const third = reader.countsOf(['hot'], { maxStalenessMs: 39 });
    const [[one], [two], [three]] = await asked(time, Promise.all([first, second, third]));
    expect([one!.likes, two!.likes, three!.likes]).toEqual([0, 0, 50]);
    expect(store.queries).toHaveLength(2);
  });

  test('holds up no other post', async () => {
    const { time, store, reader } = madeReader({ maxStalenessMs: 0, queryMs: 1_000 });
    const all = [reader.countsOf(['hot'])];
    await time.run(1);
    time.nowMs = 1;
    all.push(reader.countsOf(['hot']), reader.countsOf(['calm']));
    await time.run(1);
    expect(store.queries.map(({ posts }) => posts)).toEqual([['hot'], ['calm']]);
    await asked(time, Promise.all(all));
  });
});

describe('a store that fails', () => {
  test('fails all who share the query, and none who come after', async () => {
    const time = new VirtualTime();
    const store = clockStore(time, 10);
    let isAway = true;
    const reader = openCountReader(
      {
        async countsOf(posts) {
          const counts = await store.countsOf(posts);
          if (isAway) throw new Error('away');
          return counts;
        },
      },
      { backlogOf: async () => 0, maxStalenessMs: 1_000, nowMs: () => time.nowMs },
    );
    const both = [reader.countsOf(['a', 'b']), reader.countsOf(['b'])];
    const ended = Promise.allSettled(both);
    await time.run();
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isAway = false;
    expect(await asked(time, reader.countsOf(['b']))).toHaveLength(1);
  });
});

describe('what a reader keeps and asks for is bounded', () => {
  test('the cache drops what was read longest ago', async () => {
    const { time, store, reader } = madeReader({ postsCachedMax: 3, maxStalenessMs: 1e9 });
    for (const post of ['a', 'b', 'c', 'd']) await asked(time, reader.countsOf([post]));
    await asked(time, reader.countsOf(['b', 'c', 'd']));
    expect(store.queries).toHaveLength(4);
    await asked(time, reader.countsOf(['a']));
    expect(store.queries).toHaveLength(5);
  });

  test('a thousand posts are one query, and one more is refused', async () => {
    const { time, store, reader } = madeReader();
    const posts = Array.from({ length: 1_000 }, (_, place) => `post-${place}`);
    const counts = await asked(time, reader.countsOf(posts));
    expect(counts.map(({ post }) => post)).toEqual(posts);
    expect(store.queries).toHaveLength(1);
    const more = reader.countsOf([...posts, 'one more']);
    await expect(more).rejects.toMatchObject({ code: 'READ_TOO_LARGE' });
  });

  test('queries under way are few, and the posts that wait go together', async () => {
    const { time, store, reader } = madeReader({ queryMs: 100 });
    const all: Promise<unknown>[] = [];
    for (let atMs = 0; atMs < 50; atMs++) {
      await time.run(atMs);
      time.nowMs = atMs;
      all.push(reader.countsOf([`post-${atMs}`]));
    }
    await asked(time, Promise.all(all));
    expect(store.queries.map(({ posts }) => posts.length)).toEqual([1, 1, 1, 1, 46]);
  });

  test('the server is asked for its backlog once an interval, however many read', async () => {
    const time = new VirtualTime();
    const askedMs: number[] = [];
    const backlogOf = async () => {
      askedMs.push(time.nowMs);
      return 1;
    };
    const nowMs = () => time.nowMs;
    const options = { backlogOf, maxStalenessMs: 0, backlogIntervalMs: 100, nowMs };
    const reader = openCountReader(clockStore(time, 0), options);
    for (let atMs = 0; atMs < 1_000; atMs += 7) {
      time.nowMs = atMs;
      const [count] = await asked(time, reader.countsOf(['a']));
      expect(count!.ageMs).toBeLessThan(200);
    }
    const pauses = askedMs.slice(1).map((ms, place) => ms - askedMs[place]!);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(100);
    expect(askedMs.length).toBeGreaterThanOrEqual(9);
  });
});

describe('the backlog', () => {
  test('that nobody tells leaves the bound open, and an old one makes counts older', async () => {
    const time = new VirtualTime();
    let isAway = true;
    const backlogOf = async () => {
      if (isAway) throw new Error('away');
      return 3;
    };
    const nowMs = () => time.nowMs;
    const options = { backlogOf, maxStalenessMs: 0, backlogIntervalMs: 100, nowMs };
    const reader = openCountReader(clockStore(time, 10), options);
    const read = async (atMs: number) => {
      time.nowMs = atMs;
      return (await asked(time, reader.countsOf(['a'])))[0]!;
    };
    expect(await read(0)).toMatchObject({ missingAtMost: undefined, ageMs: 10 });
    isAway = false;
    expect(await read(1_000)).toMatchObject({ missingAtMost: 3, ageMs: 10 });
    isAway = true;
    expect(await read(5_000)).toMatchObject({ likes: 5_000, missingAtMost: 3, ageMs: 4_010 });
  });
});

test.each([
  [{ consistency: 'replica' }, /^consistency replica: no reader promises that yet/],
  [{ consistency: 'read-your-writes', token: 't' }, /^a token: .* ask for cached or exact/],
  [{ token: 't' }, /^a token: /],
] as const)('%j is refused until there is something that can keep it', async (options, message) => {
  const { reader } = madeReader();
  const read = reader.countsOf(['a'], options);
  await expect(read).rejects.toMatchObject({ code: 'CONSISTENCY_UNKNOWN' });
  await expect(read).rejects.toThrow(message);
});
