import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measureBacklog, trendOf } from '../../lab/measure-backlog.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import { madeLike } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

const samples = (backlogAt: (place: number) => number) =>
  Array.from({ length: 61 }, (_, place) => Math.round(backlogAt(place)));
/** 60 samples over 3 s. */
const EVERY_S = 0.05;

describe('a backlog', () => {
  test('grows when more is offered than is taken, by as much as that', () => {
    // 1,000/s offered and 900/s taken.
    const { growthLikesPerS, grows } = trendOf(
      samples((place) => 20 + place * 5),
      EVERY_S,
      1_000,
    );
    expect(growthLikesPerS).toBeCloseTo(100, 9);
    expect(grows).toBe(true);
  });

  test('does not grow when it is steady, shrinks, or only rises and falls with each batch', () => {
    expect(
      trendOf(
        samples(() => 30),
        EVERY_S,
        1_000,
      ).grows,
    ).toBe(false);
    expect(
      trendOf(
        samples((place) => 500 - 5 * place),
        EVERY_S,
        1_000,
      ).grows,
    ).toBe(false);
    expect(
      trendOf(
        samples((place) => (place % 7) * 40),
        EVERY_S,
        1_000,
      ).grows,
    ).toBe(false);
  });

  test('does not grow for one pause, early or late, that is caught up with', () => {
    for (const at of [2, 30, 56]) {
      const pause = (place: number) => (place >= at && place < at + 4 ? 900 : 25 + (place % 3));
      expect(trendOf(samples(pause), EVERY_S, 1_000).grows).toBe(false);
    }
  });

  test('that rises by less than ten likes or 2 % of the rate does not count as growing', () => {
    expect(
      trendOf(
        samples((place) => place * 0.15),
        EVERY_S,
        100,
      ).grows,
    ).toBe(false);
    expect(
      trendOf(
        samples((place) => place * 9),
        EVERY_S,
        10_000,
      ).grows,
    ).toBe(false);
    expect(
      trendOf(
        samples((place) => place * 11),
        EVERY_S,
        10_000,
      ).grows,
    ).toBe(true);
  });

  test('of a queue that falls behind by a tenth is found under any even noise below that', () => {
    const rate = fc.integer({ min: 200, max: 100_000 });
    fc.assert(
      fc.property(
        rate,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (at, noise) => {
          const scatter = at * 0.02;
          const behind = (place: number) =>
            place * EVERY_S * at * 0.1 + noise.next().value! * scatter;
          expect(trendOf(samples(behind), EVERY_S, at).grows).toBe(true);
          const steady = () => noise.next().value! * scatter;
          expect(trendOf(samples(steady), EVERY_S, at).grows).toBe(false);
        },
      ),
    );
  });

  test('of one sample or none has no trend', () => {
    expect(trendOf([], EVERY_S, 1_000)).toEqual({ growthLikesPerS: 0, grows: false });
    expect(trendOf([7], EVERY_S, 1_000)).toEqual({ growthLikesPerS: 0, grows: false });
  });
});

describe('a backlog from records', () => {
  const LIKES = 400;
  const likeAt = (seq: number) => madeLike('gateway-1', seq);

  /** A like is due each ms from 1 ms on, sent when it is due, and visible `delayMs(seq)` later. */
  function measured(delayMs: (seq: number) => number, warmUpS = 0.1) {
    using folder = recordsFolder();
    const [producer, consumer] = [folder.path('producer'), folder.path('consumer')];
    {
      using sends = new RecordWriter(producer);
      using counts = new RecordWriter(consumer);
      for (let seq = 0; seq < LIKES; seq++) {
        // Half of them are sent 1 ms late, which makes none of them due later.
        const late = seq % 2 === 0 ? 0 : 1_000;
        sends.attempted((seq + 1) * 1_000 + late, [likeAt(seq)], [late]);
        // A client's retry is no other like.
        if (seq % 50 === 49) sends.attempted((seq + 1) * 1_000 + late, [likeAt(seq - 9)], [0]);
      }
      for (let seq = 0; seq < LIKES; seq++) {
        counts.stored((seq + 1 + delayMs(seq)) * 1_000, [likeAt(seq)], []);
      }
    }
    const records = { producerRecords: [producer], consumerRecords: [consumer] };
    return measureBacklog({ ...records, likesPerS: 1_000, warmUpS })!;
  }

  test('is as long as likes take, by the law of Little', () => {
    const { likes, grows, growthLikesPerS } = measured(() => 20.5);
    // 1,000 likes/s that take 20.5 ms each: 20 or 21 of them at a time.
    for (const sample of likes) expect(sample).toBeGreaterThanOrEqual(20);
    for (const sample of likes) expect(sample).toBeLessThanOrEqual(22);
    expect({ grows, growthLikesPerS: Math.round(growthLikesPerS) }).toMatchObject({ grows: false });
  });

  test('grows when each like takes longer than the one before it', () => {
    // Visible at 1.25 ms a like: 800/s of the 1,000/s that are due.
    const { growthLikesPerS, grows } = measured((seq) => 0.5 + seq * 0.25);
    expect(grows).toBe(true);
    expect(growthLikesPerS).toBeGreaterThan(180);
    expect(growthLikesPerS).toBeLessThan(220);
  });

  test('is not looked at before the warm-up is over, and then holds what it left behind', () => {
    const { likes } = measured((seq) => (seq < 100 ? 400 - seq : 0.5), 0.2);
    expect(likes[0]).toBeGreaterThanOrEqual(100);
    expect(likes).toHaveLength(61);
    expect(measured(() => 1, 9)).toBeUndefined();
  });
});
