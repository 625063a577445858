import { describe, expect, test } from 'vitest';
import { agreementOf } from '../../experiments/calibration-agreement.ts';
import { type AddedLatencyInput, measureAddedLatency } from '../../lab/measure-added-latency.ts';
import { poissonPace } from '../../lab/pace.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { Like } from '../../likes/like.ts';
import { type ServiceTime, serviceTimes } from '../../likes/workloads/service-times.ts';
import { madeLike } from '../store/made-likes.ts';
import { madePlan, madeResult } from './made-result.ts';
import { recordsFolder } from './trial-fixture.ts';

type Folder = ReturnType<typeof recordsFolder>;

const likeOf = (seq: number): Like => madeLike('gateway-1', seq);

function written(folder: Folder, name: string, write: (records: RecordWriter) => void): string[] {
  const path = folder.path(name);
  using records = new RecordWriter(path);
  write(records);
  return [path];
}

const FIXED: ServiceTime = { distribution: 'fixed', meanUs: 1_000, seed: 1 };

/**
 * Likes 0, 1 and 2 are due at 10,000, 10,400 and 13,000 µs, and like 1 is sent again at 12,000. A
 * service takes 1,000: by theory they are served until 11,000, 12,000 and 14,000 (the retry from
 * 12,000 to 13,000). They are delivered 300, 200 and 100 later, and visible another 50 later.
 */
function threeLikes(folder: Folder): AddedLatencyInput {
  const producerRecords = written(folder, 'producer', (records) => {
    records.attempted(10_100, [likeOf(0)], [100]);
    records.attempted(10_450, [likeOf(1)], [50]);
    records.attempted(12_010, [likeOf(1)], [10]);
    records.attempted(13_000, [likeOf(2)], [0]);
  });
  const consumerRecords = written(folder, 'consumer', (records) => {
    for (const [seq, us] of [
      [0, 11_300],
      [1, 12_200],
      [1, 13_200],
      [2, 14_100],
    ] as const) {
      records.delivered(us, [likeOf(seq)]);
      const isRetry = us === 13_200;
      records.stored(us + 50, isRetry ? [] : [likeOf(seq)], isRetry ? [likeOf(seq)] : []);
    }
  });
  return { producerRecords, consumerRecords, likes: 3, service: FIXED, likesPerS: 100 };
}

describe('what the lab adds', () => {
  test('is that of the hand-computed example, in which a retry is served as well', () => {
    using folder = recordsFolder();
    const { toDelivered, toVisible, queue } = measureAddedLatency(threeLikes(folder))!;
    expect(toDelivered).toMatchObject({ samples: 3, meanUs: 200, p50Us: 200, maxUs: 300 });
    expect(toVisible).toMatchObject({ samples: 3, meanUs: 250, maxUs: 350, notPositive: 0 });
    // 1,000, 1,600 and 1,000 by theory; 1,300, 1,800 and 1,100 as measured.
    expect(queue).toMatchObject({ load: 0.1, sameDraws: { meanUs: 1_200 } });
    expect(queue!.measured.meanUs).toBe(1_400);
    expect(queue!.longRun).toBeUndefined();
  });

  test('is all that is measured where the queue takes no time', () => {
    using folder = recordsFolder();
    const found = measureAddedLatency({ ...threeLikes(folder), service: undefined })!;
    expect(found.toDelivered).toMatchObject({ samples: 3, meanUs: 1_400, maxUs: 1_800 });
    expect(found.queue).toBeUndefined();
  });

  test('is not taken from likes due in the warm-up, which are served all the same', () => {
    using folder = recordsFolder();
    const trial = threeLikes(folder);
    const found = measureAddedLatency({ ...trial, warmUpS: 0.000_2 })!;
    expect(found.toDelivered).toMatchObject({ samples: 2, meanUs: 150 });
    expect(found.queue!.sameDraws.meanUs).toBe(1_300);
    expect(measureAddedLatency({ ...trial, warmUpS: 9 })).toBeUndefined();
  });
});

const LIKES_PER_S = 500;
const LIKES = 12_000;

/** A queue as theory has it, and a lab that adds `plantedUs` to each delivery. */
function trialWith(plantedUs: number, service: ServiceTime | undefined, folder: Folder) {
  const name = `${plantedUs}-${service?.distribution}`;
  const pace = poissonPace(1_000, LIKES_PER_S, 3);
  const takes = service ? serviceTimes(service) : () => 0;
  const due = Array.from({ length: LIKES }, (_, place) => pace.dueUs(place));
  const producerRecords = written(folder, `producer-${name}`, (records) => {
    for (const [seq, us] of due.entries()) records.attempted(us + 20, [likeOf(seq)], [20]);
  });
  const consumerRecords = written(folder, `consumer-${name}`, (records) => {
    let freeAtUs = 0;
    for (const [seq, us] of due.entries()) {
      freeAtUs = Math.max(us, freeAtUs) + takes();
      records.delivered(freeAtUs + plantedUs, [likeOf(seq)]);
      records.stored(freeAtUs + plantedUs + 300, [likeOf(seq)], []);
    }
  });
  const addedLatency = measureAddedLatency({
    ...{ producerRecords, consumerRecords, likes: LIKES, service, likesPerS: LIKES_PER_S },
    warmUpS: 1,
  })!;
  const plan = { ...madePlan('paced'), likesPerS: LIKES_PER_S, ...(service && { service }) };
  return madeResult({ experiment: 'calibration', broker: 'null', plan, addedLatency });
}

describe('a lab that adds 5 ms to each like', () => {
  test.each(['fixed', 'exponential'] as const)('is found out, %s services', (distribution) => {
    using folder = recordsFolder();
    const service: ServiceTime = { distribution, meanUs: 1_000, seed: 8 };
    const slow = trialWith(5_000, service, folder);
    const fast = trialWith(100, service, folder);
    const { toDelivered, toVisible } = slow.addedLatency!;
    for (const field of ['p50Us', 'p99Us', 'meanUs'] as const) {
      // A record keeps how late a send was in whole µs, a histogram three digits.
      expect(Math.abs(toDelivered[field] - 5_000)).toBeLessThan(6);
      expect(Math.abs(toVisible[field] - 5_300)).toBeLessThan(6);
      expect(Math.abs(fast.addedLatency!.toDelivered[field] - 100)).toBeLessThan(2);
    }
    const empty = trialWith(100, undefined, folder);
    for (const field of ['meanUs', 'p99Us'] as const) {
      expect(agreementOf(slow, [slow, empty], field), field).toBe('no');
      expect(agreementOf(fast, [fast, empty], field), field).not.toBe('no');
    }
    expect(agreementOf(fast, [fast, empty], 'meanUs')).toBe('yes');
    // Were the empty queue as slow, that is what the lab adds, and no disagreement with theory.
    expect(agreementOf(slow, [slow, trialWith(5_000, undefined, folder)], 'meanUs')).toBe('yes');
    expect(agreementOf(empty, [empty], 'meanUs')).toBeUndefined();
  });
});
