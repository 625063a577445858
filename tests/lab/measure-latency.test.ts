import { expect, test } from 'vitest';
import { measureLatencies } from '../../lab/measure-latency.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { Like } from '../../likes/like.ts';
import { madeLike } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

function likesOf(...seqs: number[]): Like[] {
  return seqs.map((seq) => madeLike('gateway-1', seq));
}

type Folder = ReturnType<typeof recordsFolder>;

function written(folder: Folder, name: string, write: (records: RecordWriter) => void): string[] {
  const path = folder.path(name);
  using records = new RecordWriter(path);
  write(records);
  return [path];
}

/**
 * Likes 0 to 3 are due at 1,000, 1,100, 1,200 and 1,300 µs; 0 and 1 are sent at 1,150, 2 and 3 at
 * 1,310; like 0 is sent again at 2,000, delivered again, and found to be counted.
 */
function fourLikes(folder: Folder) {
  const producerRecords = written(folder, 'producer', (records) => {
    records.attempted(1_150, likesOf(0, 1), [150, 50]);
    records.attempted(1_310, likesOf(2, 3), [110, 10]);
    records.outcome(1_450, likesOf(0, 1), 'ok');
    records.outcome(1_500, likesOf(2, 3), 'ok');
    records.attempted(2_000, likesOf(0), [0]);
    records.outcome(2_100, likesOf(0), 'ok');
  });
  const consumerRecords = written(folder, 'consumer', (records) => {
    records.delivered(1_350, likesOf(0, 1));
    records.stored(1_600, likesOf(0, 1), []);
    records.delivered(1_700, likesOf(2));
    records.delivered(1_710, likesOf(3));
    records.stored(1_800, likesOf(2, 3), []);
    records.delivered(2_050, likesOf(0));
    records.stored(2_500, [], likesOf(0));
  });
  return { producerRecords, consumerRecords, likes: 4, warmUpS: 0 };
}

test('latencies are those of the hand-computed example, and a retry makes no like younger', () => {
  using folder = recordsFolder();
  const found = measureLatencies(fourLikes(folder))!;
  expect(found.likesDue).toBe(4);
  // 600, 500, 600, 500 from due to visible, and so on.
  expect(found.dueToVisible).toMatchObject({ samples: 4, meanUs: 550, maxUs: 600, notPositive: 0 });
  expect(found.dueToSent).toMatchObject({ samples: 4, meanUs: 80, maxUs: 150 });
  expect(found.sentToDelivered).toMatchObject({ samples: 4, meanUs: 297.5, maxUs: 400 });
  expect(found.deliveredToVisible).toMatchObject({ samples: 4, meanUs: 172.5, maxUs: 250 });
  expect(found.sentToAcknowledged).toMatchObject({ samples: 4, meanUs: 245, maxUs: 300 });
});

test('the parts add up to the whole', () => {
  using folder = recordsFolder();
  const { dueToVisible, dueToSent, sentToDelivered, deliveredToVisible } = measureLatencies(
    fourLikes(folder),
  )!;
  const parts = dueToSent.meanUs + sentToDelivered.meanUs + deliveredToVisible.meanUs;
  expect(parts).toBeCloseTo(dueToVisible.meanUs, 9);
});

test('likes due in the warm-up are no samples; the others are, also when sent together', () => {
  using folder = recordsFolder();
  const found = measureLatencies({ ...fourLikes(folder), warmUpS: 0.000_15 })!;
  expect(found.likesDue).toBe(2);
  expect(found.dueToVisible).toMatchObject({ samples: 2, meanUs: 550 });
  expect(found.dueToSent).toMatchObject({ samples: 2, meanUs: 60 });
});

test('a delivery before its own acknowledgement, or at the time of its send, is kept', () => {
  using folder = recordsFolder();
  const producerRecords = written(folder, 'producer', (records) => {
    records.attempted(1_000, likesOf(0, 1), [0, 0]);
    records.outcome(9_000, likesOf(0, 1), 'ok');
  });
  const consumerRecords = written(folder, 'consumer', (records) => {
    records.delivered(990, likesOf(0));
    records.delivered(1_000, likesOf(1));
    records.stored(1_500, likesOf(0, 1), []);
  });
  const found = measureLatencies({ producerRecords, consumerRecords, likes: 2, warmUpS: 0 })!;
  expect(found.sentToDelivered).toMatchObject({ samples: 2, notPositive: 2, meanUs: -5 });
  expect(found.dueToSent).toMatchObject({ samples: 2, notPositive: 2, maxUs: 0 });
});

test('a like that never became visible is due and no sample, so the numbers differ', () => {
  using folder = recordsFolder();
  const input = fourLikes(folder);
  const consumerRecords = written(folder, 'other consumer', (records) => {
    records.delivered(1_350, likesOf(0, 1, 2));
    records.stored(1_600, likesOf(0, 1), []);
  });
  const found = measureLatencies({ ...input, consumerRecords })!;
  expect(found.likesDue).toBe(4);
  expect(found.dueToVisible.samples).toBe(2);
  expect(found.sentToDelivered.samples).toBe(3);
});

test('there are no latencies where nothing became visible, or all of it was warm-up', () => {
  using folder = recordsFolder();
  const input = fourLikes(folder);
  const nobody = written(folder, 'nobody', () => undefined);
  expect(measureLatencies({ ...input, consumerRecords: nobody })).toBeUndefined();
  expect(measureLatencies({ ...input, warmUpS: 1 })).toBeUndefined();
});

test('the records of several consumers are one trial', () => {
  using folder = recordsFolder();
  const { producerRecords } = fourLikes(folder);
  const consumerRecords = [
    ...written(folder, 'consumer-0', (records) => {
      records.delivered(1_400, likesOf(0, 2));
      records.stored(1_700, likesOf(0, 2), []);
    }),
    // Delivered first to this one, which died before it counted.
    ...written(folder, 'consumer-1', (records) => records.delivered(1_350, likesOf(0))),
  ];
  const found = measureLatencies({ producerRecords, consumerRecords, likes: 4, warmUpS: 0 })!;
  expect(found.sentToDelivered).toMatchObject({ samples: 2, meanUs: (200 + 90) / 2 });
  expect(found.dueToVisible).toMatchObject({ samples: 2, meanUs: 600 });
});
