import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measureStates, STATES_LIKES_MAX, type States } from '../../lab/measure-states.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { Like } from '../../likes/like.ts';
import { openWorkload, type PlannedLike, type Workload } from '../../likes/workloads/workload.ts';
import { recordsFolder } from './trial-fixture.ts';

/** One delivery: which like, to which consumer. Each takes place later than the one before. */
interface Arrival {
  readonly seq: number;
  readonly consumer: number;
}

/** `alice`: like, unlike, like. `bob`: like. */
const PRESSES = [
  { user: 'alice', post: 'a', action: 'like', version: 1 },
  { user: 'alice', post: 'a', action: 'unlike', version: 2 },
  { user: 'bob', post: 'a', action: 'like', version: 1 },
  { user: 'alice', post: 'a', action: 'like', version: 3 },
] as const;

function workloadOf(presses: readonly Omit<PlannedLike, 'seq' | 'retry'>[]): Workload {
  const likes = presses.map((press, seq) => ({ ...press, seq, retry: false }));
  return {
    name: 'toggles',
    seed: 1,
    likes: likes.length,
    posts: [],
    postsAtStart: 0,
    retryShare: 0,
    doublePressShare: 0,
    expectedCounts: () => undefined,
    // A retry is one more send of the same press, never one of its own.
    stream: () => [...likes, ...likes.slice(0, 1).map((like) => ({ ...like, retry: true }))],
  };
}

function measured(workload: Workload, arrivals: readonly Arrival[]): States {
  using folder = recordsFolder();
  const likes = [...workload.stream()].filter(({ retry }) => !retry);
  const consumers = Math.max(0, ...arrivals.map(({ consumer }) => consumer + 1));
  const paths = Array.from({ length: consumers }, (_, index) => folder.path(`consumer-${index}`));
  const writers = paths.map((path) => new RecordWriter(path));
  for (const [index, { seq, consumer }] of arrivals.entries()) {
    const { retry: _, ...fields } = likes[seq]!;
    const like: Like = { source: 'gateway-1', likedAtMs: 0, ...fields };
    writers[consumer]!.delivered(10 * (index + 1), [like]);
    // What was counted, and in which order, is another witness, and not asked here.
    writers[consumer]!.stored(10 * (index + 1) + 1, [{ ...like, seq: 0 }], []);
  }
  for (const writer of writers) writer[Symbol.dispose]();
  return measureStates({ workload, consumerRecords: paths })!;
}

function inOrder(...seqs: number[]): Arrival[] {
  return seqs.map((seq) => ({ seq, consumer: 0 }));
}

describe('the states of four presses', () => {
  const workload = workloadOf(PRESSES);
  const wrong = (byArrival: number, byFirstArrival: number, byVersion: number) => {
    const [wrongByArrival, wrongByFirstArrival] = [byArrival, byFirstArrival];
    return { states: 2, wrongByArrival, wrongByFirstArrival, wrongByVersion: byVersion };
  };

  test('are right by every rule when all arrive in order', () => {
    expect(measured(workload, inOrder(0, 1, 2, 3))).toEqual(wrong(0, 0, 0));
  });

  test('are wrong by arrival when an older press comes last, and right by version', () => {
    expect(measured(workload, inOrder(0, 3, 2, 1))).toEqual(wrong(1, 1, 0));
  });

  test('are wrong by last arrival only when an older press comes once more', () => {
    expect(measured(workload, inOrder(0, 1, 2, 3, 1))).toEqual(wrong(1, 0, 0));
  });

  test('may be right by chance: what came last has the action of the newest press', () => {
    expect(measured(workload, inOrder(3, 1, 2, 0))).toEqual(wrong(0, 0, 0));
  });

  test('are wrong by every rule where nothing arrived, or not the newest press', () => {
    expect(measured(workload, inOrder(2))).toEqual(wrong(1, 1, 1));
    expect(measured(workload, inOrder(0, 1, 2))).toEqual(wrong(1, 1, 1));
    expect(measured(workload, [])).toEqual(wrong(2, 2, 2));
  });

  test('follow the times of the deliveries, over the files of all consumers', () => {
    const arrivals = [0, 1, 2, 3].map((seq) => ({ seq, consumer: seq % 2 }));
    expect(measured(workload, arrivals)).toEqual(wrong(0, 0, 0));
    expect(measured(workload, arrivals.toReversed())).toEqual(wrong(0, 0, 0));
    const [first, second, third, fourth] = arrivals;
    expect(measured(workload, [first!, fourth!, third!, second!])).toEqual(wrong(1, 1, 0));
  });
});

test('states are those of the naive rules, whatever arrives how often in which order', () => {
  const some = fc.integer({ min: 1, max: 60 }).chain((likes) =>
    fc.record({
      likes: fc.constant(likes),
      seed: fc.nat(1_000),
      arrivals: fc.array(fc.record({ seq: fc.nat(likes - 1), consumer: fc.nat(2) }), {
        maxLength: 120,
      }),
    }),
  );
  fc.assert(
    fc.property(some, ({ likes, seed, arrivals }) => {
      const workload = openWorkload('toggles', { likes, seed, posts: 3 });
      expect(measured(workload, arrivals)).toEqual(naiveStates(workload, arrivals));
    }),
    { numRuns: 60 },
  );
});

test('by version every state is right once all likes have arrived, in whatever order', () => {
  const some = fc.array(fc.nat(2), { minLength: 40, maxLength: 40 }).chain((consumers) => {
    const arrivals = consumers.map((consumer, seq) => ({ seq, consumer }));
    return fc.shuffledSubarray(arrivals, { minLength: 40, maxLength: 40 });
  });
  fc.assert(
    fc.property(some, fc.nat(1_000), (arrivals, seed) => {
      const workload = openWorkload('toggles', { likes: 40, seed, posts: 2 });
      const found = measured(workload, arrivals);
      expect(found.wrongByVersion).toBe(0);
      // Without a second delivery the two rules by arrival are one.
      expect(found.wrongByArrival).toBe(found.wrongByFirstArrival);
      const bySeq = arrivals.toSorted((one, other) => one.seq - other.seq);
      expect(measured(workload, bySeq).wrongByArrival).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('states of a workload that does not fit memory are not worked out', () => {
  const workload = { ...workloadOf(PRESSES), likes: STATES_LIKES_MAX + 1 };
  expect(measureStates({ workload, consumerRecords: [] })).toBeUndefined();
});

/** Each user's post as a set of stores would hold it, told without any table. */
function naiveStates(workload: Workload, arrivals: readonly Arrival[]): States {
  const presses = [...workload.stream()].filter(({ retry }) => !retry);
  const nameOf = ({ user, post }: PlannedLike) => JSON.stringify([user, post]);
  const arrived = arrivals.map(({ seq }) => presses[seq]!);
  const firsts = arrived.filter((press, place) => arrived.indexOf(press) === place);
  const newest = (all: readonly PlannedLike[]) =>
    all.toSorted((one, other) => one.version - other.version).at(-1)?.action;
  const names = [...new Set(presses.map(nameOf))];
  const wrong = (actionOf: (name: string) => string | undefined) =>
    names.filter((name) => {
      return actionOf(name) !== newest(presses.filter((press) => nameOf(press) === name));
    }).length;
  const of = (all: readonly PlannedLike[], name: string) =>
    all.filter((press) => nameOf(press) === name);
  return {
    states: names.length,
    wrongByArrival: wrong((name) => of(arrived, name).at(-1)?.action),
    wrongByFirstArrival: wrong((name) => of(firsts, name).at(-1)?.action),
    wrongByVersion: wrong((name) => newest(of(arrived, name))),
  };
}
