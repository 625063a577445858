import { expect, test } from 'vitest';
import type { CountsLikes } from '../../../lab/consume.ts';
import { withSingleUpdates } from '../../../lab/path/single-updates.ts';
import { type Like, RefusedLikesError } from '../../../likes/like.ts';
import { openStore } from '../../../store/open-store.ts';
import { madeLike } from '../../store/made-likes.ts';
import { recordsFolder } from '../trial-fixture.ts';

const LIKES = 6;

test('a batch becomes a transaction a like, each with its place in the batch', async () => {
  using folder = recordsFolder();
  await using store = await openStore({ folder: folder.path('store'), shards: 2 });
  const single = withSingleUpdates(store);
  const batch = Array.from({ length: LIKES }, (_, seq) => madeLike('g', seq));
  const commits: { fresh: readonly number[]; seen: readonly number[] }[] = [];
  await single.apply(batch, (commit) => commits.push(commit));
  expect(commits.map(({ fresh }) => fresh)).toEqual(batch.map((_, place) => [place]));
  await single.apply(batch.slice(4), (commit) => commits.push(commit));
  expect(commits.slice(LIKES).map(({ seen }) => seen)).toEqual([[0], [1]]);
  expect((await store.totals()).marks).toBe(LIKES);
});

function storeOf(apply: (like: Like) => void): CountsLikes {
  return {
    async apply([like], committed) {
      apply(like!);
      committed({ fresh: [0], seen: [] });
    },
    settings: () => ({}),
  };
}

test('what is refused is named by its place, and the rest is stored', async () => {
  const stored: number[] = [];
  const single = withSingleUpdates(
    storeOf(({ seq }) => {
      if (seq % 2 === 1) throw new RefusedLikesError([{ index: 0, reason: `no ${seq}` }]);
      stored.push(seq);
    }),
  );
  const batch = Array.from({ length: LIKES }, (_, seq) => madeLike('g', seq));
  const error = await single.apply(batch, () => undefined).catch((cause: unknown) => cause);
  expect((error as RefusedLikesError).refusals).toEqual(
    [1, 3, 5].map((index) => ({ index, reason: `no ${index}` })),
  );
  expect(stored).toEqual([0, 2, 4]);
});

test('an outage ends the batch and is no refusal', async () => {
  const tried: number[] = [];
  const single = withSingleUpdates(
    storeOf(({ seq }) => {
      tried.push(seq);
      if (seq === 1) throw new Error('away');
    }),
  );
  const batch = Array.from({ length: LIKES }, (_, seq) => madeLike('g', seq));
  await expect(single.apply(batch, () => undefined)).rejects.toThrow('away');
  expect(tried).toEqual([0, 1]);
});
