import { expect, test } from 'vitest';
import { doubtsOfHotSpot } from '../../lab/judge-hot-spot.ts';
import { hotSpotResult } from '../experiments/made-hot-spots.ts';

/** Viral from 10 to 20 s; `p99Ms` of all other posts in the seconds before. */
function factsWith(p99Ms: (second: number) => number | null) {
  const { hotSpot } = hotSpotResult({ cures: [], share: 0.5, post: 9_000, neighbours: 9_000 });
  const others = hotSpot!.seconds.others;
  const changed = others.p99Ms.map((ms, second) => (second < 10 ? p99Ms(second) : ms));
  return { ...hotSpot!, seconds: { ...hotSpot!.seconds, others: { ...others, p99Ms: changed } } };
}

test('a post that makes everybody late raises no doubt where nobody was late before', () => {
  expect(doubtsOfHotSpot(factsWith(() => 40))).toEqual([]);
  expect(doubtsOfHotSpot(undefined)).toEqual([]);
});

test('a machine that was behind before raises one, and a slow start or one pause does not', () => {
  expect(doubtsOfHotSpot(factsWith((second) => 300 * second))[0]).toMatch(
    /^likes were 2,100 ms late \(p99\) before any post was viral/,
  );
  expect(doubtsOfHotSpot(factsWith((second) => (second < 4 ? 5_000 : 30)))).toEqual([]);
  expect(doubtsOfHotSpot(factsWith((second) => (second === 8 ? 5_000 : 30)))).toEqual([]);
});

test('where no post goes viral, the time before what is measured is looked at', () => {
  const late = { ...factsWith(() => 40), flash: undefined, measured: { fromS: 20, toS: 30 } };
  expect(doubtsOfHotSpot(late)).toEqual([]);
  const seconds = {
    ...late.seconds,
    others: { ...late.seconds.others, p99Ms: Array(30).fill(900) },
  };
  expect(doubtsOfHotSpot({ ...late, seconds })).toHaveLength(1);
  expect(doubtsOfHotSpot(factsWith(() => null))).toEqual([]);
});
