import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measureWitness } from '../../../lab/audit/witness.ts';
import { measureLatencies } from '../../../lab/measure-latency.ts';
import { measureRates } from '../../../lab/measure-rates.ts';
import { RecordWriter } from '../../../lab/record-writer.ts';
import { madeLike } from '../../store/made-likes.ts';
import { recordsFolder } from '../trial-fixture.ts';

interface Sent {
  readonly waitUs: number;
  readonly inSystemUs: number;
  readonly isSentAgain: boolean;
}

const like = (seq: number) => madeLike('gateway-1', seq);
const INTERVAL_US = 10_000;

/** Like after like, due every 10 ms, sent and acknowledged and visible one by one. */
function write(folder: ReturnType<typeof recordsFolder>, sent: readonly Sent[]) {
  const paths = { producer: folder.path('producer'), consumer: folder.path('consumer') };
  const sends = sent.map(({ waitUs, isSentAgain }, seq) => {
    const us = 1_000 + seq * INTERVAL_US + waitUs;
    return { us, seq, lateUs: waitUs, isSentAgain };
  });
  {
    using records = new RecordWriter(paths.producer);
    for (const { us, seq, lateUs, isSentAgain } of sends) {
      records.attempted(us, [like(seq)], [lateUs]);
      records.outcome(us + 500, [like(seq)], 'ok');
      if (!isSentAgain) continue;
      records.attempted(us + 600, [like(seq)], [0]);
      records.outcome(us + 700, [like(seq)], 'ok');
    }
  }
  const visible = sent
    .map(({ inSystemUs }, seq) => ({ us: 1_000 + seq * INTERVAL_US + inSystemUs, seq }))
    .sort((a, b) => a.us - b.us);
  {
    using records = new RecordWriter(paths.consumer);
    for (const { us, seq } of visible) {
      records.delivered(us - 10, [like(seq)]);
      records.stored(us, [like(seq)], []);
    }
  }
  return {
    producerRecords: [paths.producer],
    consumerRecords: [paths.consumer],
    likes: sent.length,
  };
}

const anySends = fc.array(
  fc.record({
    waitUs: fc.integer({ min: 0, max: 5_000 }),
    inSystemUs: fc.integer({ min: 6_000, max: 90_000 }),
    isSentAgain: fc.boolean(),
  }),
  { minLength: 30, maxLength: 80 },
);

test('rates are those of lab/measure-rates.ts, by another way', () => {
  fc.assert(
    fc.property(anySends, fc.boolean(), (sent, together) => {
      using folder = recordsFolder();
      const input = { ...write(folder, sent), together };
      const rates = measureRates(input);
      const witness = measureWitness(input);
      const names = witness.rates.map(({ name }) => name);
      expect(names).toEqual(['published', together ? 'sustained' : 'counted']);
      for (const { name, likes, spanS, likesWithWarmUp } of witness.rates) {
        expect(likes / spanS).toBeCloseTo(rates[`${name}LikesPerS`]!, 6);
        expect(likesWithWarmUp).toBeGreaterThan(likes);
      }
    }),
    { numRuns: 20 },
  );
});

test('what is in the system is rate times latency, of likes that nothing joins one by one', () => {
  fc.assert(
    fc.property(anySends, (sent) => {
      using folder = recordsFolder();
      const warmUpS = (5 * INTERVAL_US) / 1e6;
      const input = { ...write(folder, sent), together: true, warmUpS };
      const { inSystem } = measureWitness(input);
      const fromUs = sent[0] === undefined ? 0 : 1_000 + warmUpS * 1e6;
      const toUs = 1_000 + (sent.length - 1) * INTERVAL_US;
      const inside = sent.map(({ inSystemUs }, seq) => {
        const dueUs = 1_000 + seq * INTERVAL_US;
        return dueUs < fromUs ? 0 : Math.min(dueUs + inSystemUs, toUs) - dueUs;
      });
      const expected = inside.reduce((sum, us) => sum + us, 0) / (toUs - fromUs);
      expect(inSystem?.likes).toBeCloseTo(expected, 6);
      // And so by Little's law, but for the ends.
      const { dueToVisible } = measureLatencies(input)!;
      const ends = (90_000 * 9) / (toUs - fromUs);
      const byLaw = (inSystem!.duePerS * dueToVisible.meanUs) / 1e6;
      expect(Math.abs(byLaw - inSystem!.likes)).toBeLessThan(0.1 * byLaw + 2 * ends);
    }),
    { numRuns: 20 },
  );
});

test('the longest pause in a rate is found, and the warm-up is no part of it', () => {
  using folder = recordsFolder();
  const sent = Array.from({ length: 100 }, (_, seq) => ({
    waitUs: 0,
    // The last tenth comes two seconds late.
    inSystemUs: seq >= 90 ? 2_000_000 : 6_000,
    isSentAgain: false,
  }));
  const witness = measureWitness({ ...write(folder, sent), together: true });
  const sustained = witness.rates.find(({ name }) => name === 'sustained')!;
  expect(sustained.longestGapS).toBeCloseTo(2.004, 6);
  expect(sustained.fromS).toBeCloseTo(0.1, 6);
  expect(witness.rates[0]?.longestGapS).toBeLessThan(0.011);
});

test('a trial in which nothing was sent has no rate', () => {
  using folder = recordsFolder();
  expect(measureWitness({ ...write(folder, []), together: true }).rates).toEqual([]);
});
