import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Better, type Call, callAt, crossoverOf, type WayRun } from '../../lab/crossover.ts';

const callOf = (likesPerS: number, better: Better): Call => ({
  ...{ likesPerS, better, isClaim: false },
});

const anyBetter = fc.constantFrom<Better>('direct', 'queue', 'tie', 'not told');
/** One call a rate, in any order. */
const anyCalls = fc
  .uniqueArray(fc.integer({ min: 1, max: 100_000 }), { maxLength: 12 })
  .chain((rates) =>
    fc
      .array(anyBetter, { minLength: rates.length, maxLength: rates.length })
      .map((all) => all.map((better, place) => callOf(rates[place]!, better))),
  );

const rateOf = ({ likesPerS }: Call) => likesPerS;
const ratesOf = (calls: readonly Call[], wanted: Better) =>
  calls.filter(({ better }) => better === wanted).map(rateOf);

test('a client that was late by more than two ways differ leaves them a tie', () => {
  const run = (p99Ms: number, clientLateMs: number): WayRun => {
    return { notAcceptedShare: 0, p99Ms, clientLateMs, cpuUsPerLike: undefined };
  };
  expect(callAt(100, [run(3, 1)], [run(9, 1)], 'api').better).toBe('direct');
  expect(callAt(100, [run(3, 1)], [run(9, 7)], 'api').better).toBe('tie');
  const none = { ...run(0, 7), p99Ms: undefined };
  expect(callAt(100, [run(3, 1)], [none], 'api').better).toBe('not told');
});

describe('the crossover', () => {
  test('is a range of measured rates: direct better nowhere above, the queue nowhere below', () => {
    fc.assert(
      fc.property(anyCalls, (calls) => {
        const found = crossoverOf(calls);
        const [direct, queue] = [ratesOf(calls, 'direct'), ratesOf(calls, 'queue')];
        const parts = direct.length > 0 && queue.length > 0;
        const isInOrder = parts && Math.max(...direct) < Math.min(...queue);
        expect(found.kind === 'turns').toBe(isInOrder);
        if (found.kind !== 'turns') return;
        expect(found).toEqual({
          kind: 'turns',
          lastLikesPerS: Math.max(...direct),
          firstLikesPerS: Math.min(...queue),
        });
      }),
    );
  });

  test('is never invented where one of the two is better nowhere', () => {
    fc.assert(
      fc.property(anyCalls, fc.constantFrom('direct', 'queue'), (calls, gone) => {
        const found = crossoverOf(
          calls.map((call) => (call.better === gone ? { ...call, better: 'tie' } : call)),
        );
        expect(['none', 'not told']).toContain(found.kind);
        if (found.kind === 'none') expect(found.better).not.toBe(gone);
      }),
    );
  });

  test('knows no order of its calls, and none that say nothing', () => {
    fc.assert(
      fc.property(anyCalls, fc.infiniteStream(fc.nat()), (calls, keys) => {
        const shuffled = calls
          .map((call) => ({ call, key: keys.next().value as number }))
          .sort((one, other) => one.key - other.key)
          .map(({ call }) => call);
        const silent = callOf(200_000, 'not told');
        expect(crossoverOf([silent, ...shuffled])).toEqual(crossoverOf(calls));
      }),
    );
  });

  test('turns into its opposite when the two change places', () => {
    const other = { direct: 'queue', queue: 'direct', tie: 'tie', 'not told': 'not told' } as const;
    fc.assert(
      fc.property(anyCalls, (calls) => {
        const found = crossoverOf(calls);
        const swapped = crossoverOf(calls.map((call) => ({ ...call, better: other[call.better] })));
        if (found.kind === 'turns') expect(swapped.kind).toBe('mixed');
        if (found.kind === 'not told') expect(swapped.kind).toBe('not told');
        if (found.kind === 'none')
          expect(swapped).toEqual({ ...found, better: other[found.better] });
      }),
    );
  });

  test('is said as none when direct wins everywhere, with the rates that were compared', () => {
    const calls = [callOf(4_000, 'direct'), callOf(100, 'direct'), callOf(500, 'tie')];
    expect(crossoverOf(calls)).toEqual({
      ...{ kind: 'none', better: 'direct', fromLikesPerS: 100, toLikesPerS: 4_000 },
    });
    expect(crossoverOf([])).toEqual({ kind: 'not told' });
  });

  test('is no rate when the answer goes back and forth', () => {
    const calls = [callOf(100, 'direct'), callOf(500, 'queue'), callOf(1_000, 'direct')];
    expect(crossoverOf(calls)).toEqual({ kind: 'mixed', calls });
  });
});

const runOf = (p99Ms: number | undefined, notAcceptedShare = 0, cpuUsPerLike = 100): WayRun => {
  return { p99Ms, notAcceptedShare, cpuUsPerLike };
};
const six = (make: (place: number) => WayRun) => Array.from({ length: 6 }, (_, n) => make(n));

describe('which is better at a rate', () => {
  test('is the one that accepts more, however fast the few are that the other accepts', () => {
    const call = callAt(100, [runOf(1, 0.5)], [runOf(90, 0.01)], 'api');
    expect(call).toEqual({ likesPerS: 100, better: 'queue', isClaim: false, by: 'accepted' });
  });

  test('is the one with the lower p99 where both accept alike', () => {
    const call = callAt(100, [runOf(2, 0.004)], [runOf(9, 0)], 'api');
    expect(call).toEqual({ likesPerS: 100, better: 'direct', isClaim: false, by: 'p99' });
  });

  test('is a tie within a quarter, and nothing where a side was not measured', () => {
    expect(callAt(100, [runOf(10)], [runOf(12.4)], 'api').better).toBe('tie');
    expect(callAt(100, [runOf(10)], [], 'api').better).toBe('not told');
    expect(callAt(100, [runOf(undefined)], [runOf(3)], 'api').better).toBe('not told');
  });

  test('is told by CPU apart from the API', () => {
    const [direct, queue] = [[runOf(2, 0, 900)], [runOf(9, 0, 300)]];
    expect(callAt(100, direct, queue, 'cpu')).toMatchObject({ better: 'queue', by: 'cpu' });
    expect(callAt(100, direct, queue, 'api')).toMatchObject({ better: 'direct', by: 'p99' });
  });

  test('is a claim from six runs of both up, and a tie where their intervals cannot tell', () => {
    const direct = six((place) => runOf(10 + place * 0.1));
    expect(
      callAt(
        100,
        direct,
        six((place) => runOf(20 + place)),
        'api',
      ),
    ).toMatchObject({
      ...{ better: 'direct', isClaim: true },
    });
    const spread = six((place) => runOf(place % 2 === 0 ? 4 : 25));
    expect(callAt(100, direct, spread, 'api')).toMatchObject({ better: 'tie', isClaim: true });
    expect(callAt(100, direct.slice(1), spread, 'api').isClaim).toBe(false);
  });

  test('is not told by shares whose intervals touch', () => {
    const direct = six((place) => runOf(5, place * 0.02));
    const queue = six((place) => runOf(9, 0.03 + place * 0.01));
    expect(callAt(100, direct, queue, 'api')).toMatchObject({ better: 'direct', by: 'p99' });
    const worse = six((place) => runOf(9, 0.6 + place * 0.01));
    expect(callAt(100, direct, worse, 'api')).toMatchObject({ better: 'direct', by: 'accepted' });
  });

  test('changes sides when the two do', () => {
    const anyRun = fc.record({
      notAcceptedShare: fc.double({ min: 0, max: 1, noNaN: true }),
      p99Ms: fc.option(fc.double({ min: 0.1, max: 1e5, noNaN: true }), { nil: undefined }),
      cpuUsPerLike: fc.option(fc.double({ min: 1, max: 1e5, noNaN: true }), { nil: undefined }),
    });
    const anyRuns = fc.array(anyRun, { maxLength: 5 });
    const other = { direct: 'queue', queue: 'direct', tie: 'tie', 'not told': 'not told' } as const;
    fc.assert(
      fc.property(anyRuns, anyRuns, fc.constantFrom('api', 'cpu'), (one, two, view) => {
        const call = callAt(1, one, two, view);
        expect(callAt(1, two, one, view)).toEqual({ ...call, better: other[call.better] });
      }),
    );
  });
});
