import { describe, expect, test } from 'vitest';
import { keepingPublished, keepingSettled } from '../../../cli/watch/kept-sums.ts';
import type { PathSums } from '../../../cli/watch/path-sums.ts';
import {
  type HeadersOf,
  type Like,
  type LikeProducer,
  RefusedLikesError,
  SendError,
} from '../../../likes/like.ts';
import { openStore } from '../../../store/open-store.ts';

class MadeSums {
  readonly sums = { published: 0, unknown: 0, settled: 0 };

  add(change: Partial<PathSums>): void {
    for (const [name, more] of Object.entries(change)) {
      this.sums[name as keyof PathSums] += more;
    }
  }
}

function madeLikes(seqs: readonly number[], source = 'own'): Like[] {
  return seqs.map((seq) => {
    return {
      ...{ source, seq, post: `p-${seq % 3}`, user: `u-${seq}`, version: 1 },
      ...{ action: 'like', likedAtMs: 0 },
    };
  });
}

describe('what is published', () => {
  function madeProducer(send: (likes: readonly Like[]) => Promise<void>) {
    const sums = new MadeSums();
    const calls: (HeadersOf | undefined)[] = [];
    const made: LikeProducer = {
      send(likes, headersOf) {
        calls.push(headersOf);
        return send(likes);
      },
      async [Symbol.asyncDispose]() {},
    };
    return { sums, calls, producer: keepingPublished(made, sums, (source) => source === 'own') };
  }

  test('is what was acknowledged, in a send that failed in part too', async () => {
    let outcome: 'ok' | Error = 'ok';
    const { sums, producer } = madeProducer(async () => {
      if (outcome !== 'ok') throw outcome;
    });
    await producer.send(madeLikes([0, 1, 2]));
    outcome = new SendError(['ok', 'fail', 'unknown'], undefined);
    await expect(producer.send(madeLikes([3, 4, 5]))).rejects.toBe(outcome);
    expect(sums.sums).toEqual({ published: 4, unknown: 1, settled: 0 });
    outcome = new Error('of which nothing more is known');
    await expect(producer.send(madeLikes([6, 7]))).rejects.toBe(outcome);
    expect(sums.sums).toEqual({ published: 4, unknown: 3, settled: 0 });
  });

  test('goes on with its headers', async () => {
    const { calls, producer } = madeProducer(async () => undefined);
    const headersOf = (index: number) => ({ traceparent: `of ${index}` });
    await producer.send(madeLikes([0, 1]), headersOf);
    expect(calls).toEqual([headersOf]);
  });

  test('leaves out likes that were sent before, here or elsewhere', async () => {
    const { sums, producer } = madeProducer(async () => undefined);
    await producer.send(madeLikes([0, 1]));
    await producer.send(madeLikes([1, 2]));
    await producer.send(madeLikes([7], 'of another gateway'));
    expect(sums.sums.published).toBe(3);
  });
});

describe('what is settled', () => {
  test('under tally is each like once, however often it comes', async () => {
    await using store = await openStore({ engine: 'memory', rule: 'tally' });
    const sums = new MadeSums();
    const counting = keepingSettled(store, 'tally', sums);
    let told = 0;
    await counting.apply(madeLikes([0, 1, 2]), ({ fresh }) => {
      told += fresh.length;
    });
    await counting.apply(madeLikes([1, 2, 3]));
    expect(sums.sums.settled).toBe(4);
    expect(told).toBe(3);
  });

  test('under states is every like of a batch that was stored, overtaken or not', async () => {
    await using store = await openStore({ engine: 'memory', rule: 'states' });
    const sums = new MadeSums();
    const counting = keepingSettled(store, 'states', sums);
    const late = madeLikes([0]).map((like) => ({ ...like, seq: 9, version: 2 }));
    await counting.apply(late);
    await counting.apply(madeLikes([0, 1]));
    expect(sums.sums.settled).toBe(3);
  });

  test('under states is nothing of a batch that failed, and all but what was refused', async () => {
    const sums = new MadeSums();
    const refused = new RefusedLikesError([{ index: 1, reason: 'no' }]);
    const errors: (Error | undefined)[] = [new Error('an outage'), refused, undefined];
    const failing = {
      async apply() {
        const error = errors.shift();
        if (error !== undefined) throw error;
      },
    };
    const counting = keepingSettled(failing, 'states', sums);
    await expect(counting.apply(madeLikes([0, 1, 2]))).rejects.toThrow('an outage');
    expect(sums.sums.settled).toBe(0);
    await expect(counting.apply(madeLikes([0, 1, 2]))).rejects.toBe(refused);
    expect(sums.sums.settled).toBe(2);
    await counting.apply(madeLikes([3]));
    expect(sums.sums.settled).toBe(3);
  });
});
