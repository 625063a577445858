import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeLike, gatherMessages, type Like, RefusedLikesError } from '../../likes/like.ts';

const LIMITS = { messagesMax: 5, lingerMs: 1 };

function textOf(seq: number): string {
  const like: Like = {
    source: 'a',
    seq,
    post: 'p',
    user: 'u',
    action: 'like',
    version: 1,
    likedAtMs: 0,
  };
  return encodeLike(like);
}

describe('gathered messages', () => {
  test('that come side by side are stored in one call, in the order they came', async () => {
    const calls: number[][] = [];
    const arrive = gatherMessages(async (likes) => {
      calls.push(likes.map(({ seq }) => seq));
    }, LIMITS);
    await Promise.all([arrive([textOf(0)]), arrive([textOf(1), textOf(2)]), arrive([textOf(3)])]);
    expect(calls).toEqual([[0, 1, 2, 3]]);
  });

  test('that come while a batch is being stored go together in the next one', async () => {
    const calls: number[][] = [];
    const first = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const arrive = gatherMessages(async (likes) => {
      calls.push(likes.map(({ seq }) => seq));
      begun.resolve();
      if (calls.length === 1) await first.promise;
    }, LIMITS);
    const stored = [arrive([textOf(0)])];
    await begun.promise;
    stored.push(arrive([textOf(1)]), arrive([textOf(2)]));
    first.resolve();
    await Promise.all(stored);
    expect(calls).toEqual([[0], [1, 2]]);
  });

  test('reject together on an outage, and the next ones are stored all the same', async () => {
    let isAway = true;
    const arrive = gatherMessages(async () => {
      if (isAway) throw new Error('the store is away');
    }, LIMITS);
    const failed = await Promise.allSettled([arrive([textOf(0)]), arrive([textOf(1)])]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isAway = false;
    expect(await arrive([textOf(0)])).toEqual([]);
  });

  test('keep to the largest batch, and each arrival hears of its own refusals only', async () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(arrivals, async (sizes) => {
        const seen: number[] = [];
        const isRefused = (seq: number) => seq % 3 === 0;
        const arrive = gatherMessages(async (likes) => {
          if (likes.length > LIMITS.messagesMax) expect(sizes).toContain(likes.length);
          seen.push(...likes.map(({ seq }) => seq));
          const refusals = [...likes.entries()]
            .filter(([, { seq }]) => isRefused(seq))
            .map(([index, { seq }]) => ({ index, reason: String(seq) }));
          if (refusals.length > 0) throw new RefusedLikesError(refusals);
        }, LIMITS);
        let next = 0;
        const groups = sizes.map((size) => Array.from({ length: size }, () => next++));
        const answers = await Promise.all(groups.map((group) => arrive(group.map(textOf))));
        for (const [place, group] of groups.entries()) {
          const refused = answers[place]!.map(({ index, reason }) => [group[index], reason]);
          expect(refused).toEqual(group.filter(isRefused).map((seq) => [seq, String(seq)]));
        }
        expect(seen).toEqual(Array.from({ length: next }, (_, seq) => seq));
      }),
    );
  });
});
