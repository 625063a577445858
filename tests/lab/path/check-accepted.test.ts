import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Accepted, checkAccepted } from '../../../lab/path/check-accepted.ts';
import type { PlannedLike } from '../../../likes/workloads/workload.ts';

const LIKES = 10;

function plannedAt(seq: number): PlannedLike {
  return { seq, post: `p-${seq}`, user: 'u', action: 'like', version: 1, retry: false };
}

/** Ten requests, each answered 202 with the seq of its place, all acknowledged and counted. */
function sound() {
  const places = Array.from({ length: LIKES }, (_, place) => place);
  return {
    accepted: places.map((place): Accepted => ({ place, source: 'g', seq: place })),
    acknowledged: new Set(places),
    counted: new Set(places),
    handedOn: new Map(places.map((place) => [place, plannedAt(place)])),
  };
}

function found(changed: Partial<ReturnType<typeof sound>> = {}) {
  const { accepted, acknowledged, counted, handedOn } = { ...sound(), ...changed };
  return checkAccepted({
    accepted,
    requested: (place) => (place < LIKES ? plannedAt(place) : undefined),
    handedOn: (source, seq) => (source === 'g' ? handedOn.get(seq) : undefined),
    known: {
      isAcknowledged: (source, seq) => source === 'g' && acknowledged.has(seq),
      isCounted: (source, seq) => source === 'g' && counted.has(seq),
    },
  });
}

const CLEAN = {
  acceptedTwice: 0,
  acceptedUnacknowledged: 0,
  acceptedOther: 0,
  acceptedUncounted: 0,
};
const without = (...seqs: number[]) => {
  return new Set([...sound().counted].filter((seq) => !seqs.includes(seq)));
};

describe('of the 202 of a client', () => {
  test('nothing is found where each like is the one that was sent, stored and counted', () => {
    expect(found()).toEqual(CLEAN);
  });

  test('one whose like was never acknowledged is found, counted or not', () => {
    expect(found({ acknowledged: without(4) })).toEqual({ ...CLEAN, acceptedUnacknowledged: 1 });
  });

  test('one whose like is not counted is found', () => {
    expect(found({ counted: without(2, 3) })).toEqual({ ...CLEAN, acceptedUncounted: 2 });
  });

  test('a number that answers two requests is found, and that one of them is another like', () => {
    const accepted = sound().accepted.map((one) => (one.place === 5 ? { ...one, seq: 4 } : one));
    expect(found({ accepted })).toEqual({ ...CLEAN, acceptedTwice: 1, acceptedOther: 1 });
  });

  test('a like that was changed on its way is found', () => {
    for (const change of [{ post: 'x' }, { user: 'x' }, { version: 2 }] as const) {
      const handedOn = sound().handedOn.set(6, { ...plannedAt(6), ...change });
      expect(found({ handedOn })).toEqual({ ...CLEAN, acceptedOther: 1 });
    }
    const turned = sound().handedOn.set(6, { ...plannedAt(6), action: 'unlike' });
    expect(found({ handedOn: turned })).toEqual({ ...CLEAN, acceptedOther: 1 });
  });

  test('a number of nobody is found in every way', () => {
    const accepted = [{ place: 0, source: 'somebody else', seq: 0 }];
    expect(found({ accepted })).toEqual({
      ...{ acceptedTwice: 0, acceptedUnacknowledged: 1, acceptedOther: 1, acceptedUncounted: 1 },
    });
  });

  test('any that are uncounted are counted, however many', () => {
    const seqs = fc.uniqueArray(fc.integer({ min: 0, max: LIKES - 1 }));
    fc.assert(
      fc.property(seqs, seqs, (lost, unacknowledged) => {
        const planted = { counted: without(...lost), acknowledged: without(...unacknowledged) };
        expect(found(planted)).toEqual({
          ...CLEAN,
          acceptedUncounted: lost.length,
          acceptedUnacknowledged: unacknowledged.length,
        });
      }),
    );
  });
});
