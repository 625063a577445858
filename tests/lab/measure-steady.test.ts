import { describe, expect, test } from 'vitest';
import { doubtsOfSteady, measureSteady, type SteadySeries } from '../../lab/measure-steady.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import { WINDOWS } from '../../lab/steady-state.ts';
import { TRIAL_MODES, type TrialMode } from '../../lab/trial-plan.ts';
import { madeLike } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

/** A trial of so many likes, each due, sent, acknowledged, delivered and visible when told. */
function series(
  mode: TrialMode,
  likes: number,
  timesOf: (seq: number) => { dueUs: number; okUs: number; visibleUs: number },
  warmUpS = 0,
): SteadySeries[] {
  using folder = recordsFolder();
  const [producer, consumer] = [folder.path('producer'), folder.path('consumer')];
  {
    using sends = new RecordWriter(producer);
    using counts = new RecordWriter(consumer);
    for (let seq = 0; seq < likes; seq++) {
      const like = [madeLike('gateway-1', seq)];
      const { dueUs, okUs, visibleUs } = timesOf(seq);
      sends.attempted(dueUs, like, [0]);
      sends.outcome(okUs, like, 'ok');
      counts.delivered(visibleUs, like);
      counts.stored(visibleUs, like, []);
    }
  }
  const paths = { producerRecords: [producer], consumerRecords: [consumer] };
  return measureSteady({ ...paths, mode, likes, warmUpS });
}

/** 1,000 likes a second, for two seconds. */
const LIKES = 2_000;
const evenly = (latencyUs: (seq: number) => number) => (seq: number) => {
  const dueUs = 1_000_000 + seq * 1_000;
  return { dueUs, okUs: dueUs + 100, visibleUs: dueUs + latencyUs(seq) };
};

describe('the windows of a paced trial', () => {
  test('hold every like that is due after the warm-up, with p50 and p99 of each', () => {
    const [found, ...rest] = series(
      'paced',
      LIKES,
      evenly((seq) => (seq % 50 === 0 ? 9_000 : 3_000)),
      1,
    );
    expect(rest).toEqual([]);
    expect(found!.samples!.reduce((sum, count) => sum + count, 0)).toBe(1_000);
    expect(found).toMatchObject({ figure: 'p50 latency', unit: 'ms', verdict: 'settled' });
    expect(found!.windowS).toBeCloseTo(0.0999, 6);
    expect(found!.values).toHaveLength(WINDOWS);
    for (const ms of found!.values) expect(ms).toBeCloseTo(3, 1);
    for (const ms of found!.p99!) expect(ms).toBeCloseTo(9, 1);
  });

  test('show a rate above capacity: each like waits longer than the one before it', () => {
    const found = series(
      'paced',
      LIKES,
      evenly((seq) => 2_000 + 200 * seq),
    );
    expect(found[0]!.verdict).toBe('never settles');
    expect(doubtsOfSteady(found).doubts.join()).toMatch(/^never settles: p50 latency rises by 3/);
    expect(doubtsOfSteady(found).notes).toEqual([]);
  });

  test('show a slow warm-up that is longer than the one left out, and name it', () => {
    const found = series(
      'paced',
      LIKES,
      evenly((seq) => 3_000 + 40_000 * Math.exp(-seq / 500)),
    );
    expect(found[0]!.verdict).toBe('trend named');
    const { doubts, notes } = doubtsOfSteady(found);
    expect(doubts).toEqual([]);
    expect(notes.join()).toMatch(/^not steady: p50 latency falls by/);
    // With a warm-up as long as that, nothing is left to be named.
    const later = series(
      'paced',
      LIKES,
      evenly((seq) => 3_000 + 40_000 * Math.exp(-seq / 100)),
      1,
    );
    expect(doubtsOfSteady(later)).toEqual({ doubts: [], notes: [] });
  });

  test('are too few where likes are, and none where nothing is due after the warm-up', () => {
    expect(
      series(
        'paced',
        30,
        evenly(() => 3_000),
      )[0]!.verdict,
    ).toBe('too short');
    expect(
      series(
        'paced',
        LIKES,
        evenly(() => 3_000),
        60,
      ),
    ).toEqual([]);
  });
});

describe('the rates of a closed loop', () => {
  const rate = (perS: (share: number) => number) => {
    let us = 1_000_000;
    return (seq: number) => {
      us += 1e6 / perS(seq / LIKES);
      return { dueUs: us, okUs: us, visibleUs: us };
    };
  };

  test('are those of what was acknowledged and of what was counted, after the first tenth', () => {
    const found = series(
      'publish-then-count',
      LIKES,
      rate(() => 1_000),
    );
    expect(found.map(({ figure }) => figure)).toEqual(['published rate', 'counted rate']);
    for (const { values, verdict, windowS } of found) {
      expect(verdict).toBe('settled');
      expect(windowS).toBeCloseTo(0.175, 3);
      for (const value of values) expect(Math.abs(value - 1_000)).toBeLessThan(10);
    }
    expect(
      series(
        'sustained',
        LIKES,
        rate(() => 1_000),
      ).map(({ figure }) => figure),
    ).toEqual(['counted rate']);
  });

  test('never settle when they fall until the end, and are named when they rise', () => {
    const falling = series(
      'sustained',
      LIKES,
      rate((share) => 2_000 * (1 - 0.9 * share)),
    );
    expect(doubtsOfSteady(falling).doubts.join()).toMatch(/^never settles: counted rate falls by/);
    const rising = series(
      'sustained',
      LIKES,
      rate((share) => 500 + 2_000 * share),
    );
    expect(doubtsOfSteady(rising)).toEqual({
      doubts: [],
      notes: [expect.stringMatching(/^not steady: counted rate rises by/)],
    });
  });

  test('are not told of a trial that is over at once, nor of one that is struck', () => {
    expect(
      series(
        'sustained',
        10,
        rate(() => 1_000_000),
      ),
    ).toEqual([]);
    for (const mode of TRIAL_MODES.filter((one) => one === 'crash' || one === 'faults')) {
      expect(
        series(
          mode,
          LIKES,
          rate(() => 1_000),
        ),
      ).toEqual([]);
    }
  });
});
