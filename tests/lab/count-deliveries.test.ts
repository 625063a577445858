import { statSync, truncateSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { countAttempted, countDeliveries } from '../../lab/count-deliveries.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import { madeLike, madeLikes } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

describe('deliveries', () => {
  /** Two consumers; the second one is given some likes again, and some of another source. */
  function written(folder: ReturnType<typeof recordsFolder>): string[] {
    const paths = ['one', 'two'].map((name) => folder.path(name));
    using first = new RecordWriter(paths[0]!);
    using second = new RecordWriter(paths[1]!);
    first.delivered(10, madeLikes('gateway-1', 5));
    first.stored(11, madeLikes('gateway-1', 5), []);
    second.delivered(20, [madeLike('gateway-2', 3), madeLike('gateway-1', 4)]);
    second.delivered(21, [madeLike('gateway-1', 4)]);
    second.stored(22, [], [madeLike('gateway-1', 4), madeLike('gateway-1', 3)]);
    return paths;
  }

  const like = (source: string, seq: number, fromUs = 0) => ({ source, seq, fromUs });

  test('are counted over all files, of those likes alone that were asked for', () => {
    using folder = recordsFolder();
    const wanted = [
      like('gateway-1', 3),
      like('gateway-1', 4),
      like('gateway-2', 3),
      like('gateway-2', 9),
      like('nobody', 3),
    ];
    expect(countDeliveries(written(folder), wanted)).toEqual([1, 3, 1, 0, 0]);
  });

  test('are counted from a moment on, for each one that asks with a moment of its own', () => {
    using folder = recordsFolder();
    const wanted = [10, 11, 20, 21, 22].map((fromUs) => like('gateway-1', 4, fromUs));
    expect(countDeliveries(written(folder), wanted)).toEqual([3, 2, 2, 1, 0]);
  });

  test('are none where there are no files, and where nobody asks', () => {
    using folder = recordsFolder();
    expect(countDeliveries([], [like('gateway-1', 3)])).toEqual([0]);
    expect(countDeliveries(written(folder), [])).toEqual([]);
  });
});

describe('what a producer has attempted', () => {
  test('is each like once, however often it was sent and whatever became of it', () => {
    using folder = recordsFolder();
    const path = folder.path('producer');
    {
      using records = new RecordWriter(path);
      records.attempted(1, madeLikes('gateway-1', 7));
      records.outcome(2, madeLikes('gateway-1', 5), 'unknown');
      records.attempted(3, madeLikes('gateway-1', 5));
      records.outcome(4, madeLikes('gateway-1', 5), 'ok');
    }
    expect(countAttempted(path)).toBe(7);
  });

  test('is what stands in a file that ends in the middle of a record', () => {
    using folder = recordsFolder();
    const path = folder.path('producer');
    {
      using records = new RecordWriter(path);
      records.attempted(1, madeLikes('gateway-1', 7));
      records.flush();
      records.attempted(2, [madeLike('gateway-1', 7)]);
    }
    expect(countAttempted(path)).toBe(8);
    // An entry of an attempted like is 12 bytes long.
    truncateSync(path, statSync(path).size - 5);
    expect(countAttempted(path)).toBe(7);
  });
});
