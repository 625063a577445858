import { describe, expect, test } from 'vitest';
import { describeGaps, judgeRebuild } from '../../cli/rebuild-judgement.ts';

const REST = { uncounted: 0, hasGrown: false, isShort: false };

/** One post, of which the store has some likes and the log others. */
function differing(was: number, is: number, unlikes: [number, number] = [0, 0]) {
  const counted = (likes: number, of: number) => ({ likes, unlikes: unlikes[of]! });
  return { posts: 9, differences: [{ post: 'a', was: counted(was, 0), is: counted(is, 1) }] };
}

describe('judgeRebuild', () => {
  test('equal counts are right, whatever happened meanwhile', () => {
    const equal = { posts: 1_800, differences: [] };
    const busy = { uncounted: 7, hasGrown: true, isShort: true };
    for (const circumstances of [REST, busy]) {
      const text = 'all 1,800 posts have the counts of the log';
      expect(judgeRebuild(equal, circumstances)).toEqual({ code: 0, text });
    }
  });

  test.each([
    ['less', differing(4, 5)],
    ['more', differing(5, 4)],
    ['less unlikes', differing(4, 4, [1, 2])],
  ])('%s than the log, while all rests, is wrong', (_what, comparison) => {
    expect(judgeRebuild(comparison, REST)).toMatchObject({
      code: 1,
      text: expect.stringMatching(/^1 of 9 posts differ for no reason/),
    });
  });

  test.each<[string, ReturnType<typeof differing>, Partial<typeof REST>, number]>([
    ['less, while likes wait', differing(4, 5), { uncounted: 3 }, 2],
    ['more, while likes wait', differing(5, 4), { uncounted: 3 }, 1],
    ['more, and likes came', differing(5, 4), { hasGrown: true }, 2],
    ['less, and likes came', differing(4, 5), { hasGrown: true }, 1],
    ['more, and the log is short', differing(5, 4), { isShort: true }, 2],
    ['less, and the log is short', differing(4, 5), { isShort: true }, 1],
    ['more likes and less unlikes, of a short log', differing(5, 4, [1, 2]), { isShort: true }, 1],
    ['both, explained by both', differing(5, 4, [1, 2]), { isShort: true, uncounted: 1 }, 2],
  ])('what explains a difference leaves it open: %s', (_what, comparison, more, code) => {
    expect(judgeRebuild(comparison, { ...REST, ...more }).code).toBe(code);
  });

  test.each(['uncounted', 'hasGrown', 'isShort'] as const)(
    'under states %s leaves any difference open, since an unlike takes a like away',
    (circumstance) => {
      const more = { ...REST, [circumstance]: circumstance === 'uncounted' ? 1 : true };
      for (const comparison of [differing(4, 5), differing(5, 4)]) {
        expect(judgeRebuild(comparison, more, 'states').code).toBe(2);
        expect(judgeRebuild(comparison, REST, 'states').code).toBe(1);
      }
    },
  );

  test('says why it is open, and what to do', () => {
    const open = judgeRebuild(differing(4, 5), { ...REST, uncounted: 3 });
    expect(open.text).toBe(
      '1 of 9 posts differ, perhaps since 3 likes of the queue are not counted yet; ' +
        'do it again while nobody sends and nothing waits',
    );
    const short = judgeRebuild(differing(5, 4), { ...REST, isShort: true });
    expect(short.text).toMatch(/since the log has lost its beginning; nobody can tell$/);
  });

  test('counts those that nothing explains among those that something may', () => {
    const { posts, differences } = differing(5, 4);
    const both = { posts, differences: [...differences, ...differing(4, 5).differences] };
    const text = judgeRebuild(both, { ...REST, hasGrown: true }).text;
    expect(text).toMatch(/^2 of 9 posts differ, 1 of them for no reason/);
  });
});

test('describeGaps names each lane, and how to count what is left', () => {
  const gaps = [
    { lane: 0, begins: 'offset 1200', gone: 1_200 },
    { lane: 3, begins: 'entry 5-0', gone: undefined },
  ];
  expect(describeGaps(gaps)).toBe(
    'the log begins at lane 0 at offset 1200 (1,200 gone), lane 3 at entry 5-0 (not told how ' +
      'many): older likes are gone, a rebuild would be short; --partial counts what is left',
  );
});
