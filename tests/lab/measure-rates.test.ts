import { expect, test } from 'vitest';
import { measureRates } from '../../lab/measure-rates.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { Like } from '../../likes/like.ts';
import { madeLike } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

const S = 1_000_000;

/** The likes with seqs from `from` to one below `to`. */
function range(from: number, to: number): Like[] {
  return Array.from({ length: to - from }, (_, index) => madeLike('gateway-1', from + index));
}

type Folder = ReturnType<typeof recordsFolder>;

function producer(
  folder: Folder,
  sends: readonly { at: number; ok: number; likes: Like[] }[],
): string[] {
  const path = folder.path('producer');
  using records = new RecordWriter(path);
  const events = sends.flatMap(({ at, ok, likes }) => [
    { us: at, write: () => records.attempted(at, likes) },
    { us: ok, write: () => records.outcome(ok, likes, 'ok') },
  ]);
  for (const { write } of events.sort((a, b) => a.us - b.us)) write();
  return [path];
}

function consumer(
  folder: Folder,
  name: string,
  commits: readonly { at: number; fresh: Like[]; seen?: Like[] }[],
): string {
  const path = folder.path(name);
  using records = new RecordWriter(path);
  for (const { at, fresh, seen = [] } of commits) {
    records.delivered(at - 1, [...fresh, ...seen]);
    records.stored(at, fresh, seen);
  }
  return path;
}

/**
 * 100 likes, so seqs 0 to 9 are warm-up; sent at 1 s, 2 s, 3 s and answered half a second later.
 */
const SENDS = [
  { at: 1 * S, ok: 1.5 * S, likes: range(0, 10) },
  { at: 2 * S, ok: 2.5 * S, likes: range(10, 60) },
  { at: 3 * S, ok: 3.5 * S, likes: range(60, 100) },
];

test('published: likes after the warm-up, from the first of them sent to the last answer', () => {
  using folder = recordsFolder();
  const producerRecords = producer(folder, SENDS);
  const rates = measureRates({ producerRecords, consumerRecords: [], likes: 100, together: false });
  // 90 likes from 2 s to 3.5 s.
  expect(rates).toEqual({
    publishedLikesPerS: 60,
    countedLikesPerS: undefined,
    sustainedLikesPerS: undefined,
    drainS: undefined,
    publishedPerSecond: [10, 50, 40],
    countedPerSecond: [],
  });
});

test('published: a send on both sides of the border starts the clock, and counts in part', () => {
  using folder = recordsFolder();
  const sends = [
    { at: 1 * S, ok: 1.5 * S, likes: range(0, 8) },
    { at: 2 * S, ok: 2.5 * S, likes: range(8, 60) },
    { at: 3 * S, ok: 4 * S, likes: range(60, 100) },
  ];
  const producerRecords = producer(folder, sends);
  const rates = measureRates({ producerRecords, consumerRecords: [], likes: 100, together: false });
  // The 50 likes of the second send that are past the warm-up were sent at 2 s: 90 in 2 s.
  expect(rates.publishedLikesPerS).toBe(45);
});

test("published: clients' retries count, those of likes of the warm-up do not", () => {
  using folder = recordsFolder();
  const [warm, first, second] = SENDS;
  const sends = [warm!, first!, { ...second!, likes: [...range(60, 100), ...range(57, 60)] }];
  const late = { at: 3.2 * S, ok: 3.5 * S, likes: range(0, 5) };
  const producerRecords = producer(folder, [...sends, late]);
  const rates = measureRates({ producerRecords, consumerRecords: [], likes: 100, together: false });
  expect(rates.publishedLikesPerS).toBe(93 / 1.5);
});

test('counted: from the commit that ends the warm-up to the last one, over both consumers', () => {
  using folder = recordsFolder();
  const consumerRecords = [
    consumer(folder, 'consumer-0', [
      { at: 11 * S, fresh: range(0, 6) },
      { at: 13 * S, fresh: range(20, 60) },
      // Likes that had been counted before are no work done.
      { at: 99 * S, fresh: [], seen: range(0, 6) },
    ]),
    consumer(folder, 'consumer-1', [
      { at: 12 * S, fresh: range(6, 20) },
      { at: 14 * S, fresh: range(60, 100) },
    ]),
  ];
  const producerRecords = producer(folder, SENDS);
  const rates = measureRates({ producerRecords, consumerRecords, likes: 100, together: false });
  // The first 10 are counted at 12 s, where 20 are; the other 80 in the 2 s up to 14 s.
  expect(rates.countedLikesPerS).toBe(40);
  expect(rates.sustainedLikesPerS).toBeUndefined();
  expect(rates.drainS).toBe(14 - 3.5);
  expect(rates.countedPerSecond.slice(9)).toEqual([0, 6, 14, 40, 40]);
});

test('sustained: likes after the warm-up, from the first of them sent to the last counted', () => {
  using folder = recordsFolder();
  const consumerRecords = [
    consumer(folder, 'consumer-0', [
      { at: 1.2 * S, fresh: range(0, 10) },
      { at: 2.7 * S, fresh: range(10, 60) },
      { at: 4 * S, fresh: range(60, 100) },
    ]),
  ];
  const producerRecords = producer(folder, SENDS);
  const rates = measureRates({ producerRecords, consumerRecords, likes: 100, together: true });
  // 90 likes from 2 s to 4 s.
  expect(rates.sustainedLikesPerS).toBe(45);
  expect(rates.countedLikesPerS).toBeUndefined();
  expect(rates.drainS).toBe(0.5);
  expect(rates.countedPerSecond).toEqual([10, 50, 0, 40]);
});

test('a trial in which nothing happened has no rate, rather than 0 or infinity', () => {
  using folder = recordsFolder();
  const none = { producerRecords: producer(folder, []), likes: 100, together: true };
  const consumerRecords = [consumer(folder, 'consumer-0', [])];
  expect(measureRates({ ...none, consumerRecords })).toEqual({
    publishedLikesPerS: undefined,
    countedLikesPerS: undefined,
    sustainedLikesPerS: undefined,
    drainS: undefined,
    publishedPerSecond: [],
    countedPerSecond: [],
  });
});
