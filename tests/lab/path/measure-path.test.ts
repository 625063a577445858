import { describe, expect, test } from 'vitest';
import { measureInSystem } from '../../../lab/path/measure-in-system.ts';
import {
  acceptedOf,
  countRequests,
  measureRequests,
  type RequestsInput,
  requestsUnderWay,
} from '../../../lab/path/measure-path.ts';
import type { RequestOutcome, RequestRecord } from '../../../lab/path/request-records.ts';

const MS = 1_000;
const S = 1_000_000;
const FULL: RequestOutcome = { kind: 'shed', reason: 'full' };

/** A request every 10 ms that is answered 202 after 4 ms, unless told. */
function madeRequests(
  count: number,
  changed: (place: number) => Partial<RequestRecord> = () => ({}),
): RequestRecord[] {
  return Array.from({ length: count }, (_, place) => {
    const dueUs = 5 * S + place * 10 * MS;
    const outcome = { kind: 'accepted', source: 'g', seq: place } as const;
    const answeredUs = dueUs + 4 * MS;
    return { place, dueUs, sentUs: dueUs, answeredUs, outcome, ...changed(place) };
  });
}

function measured(requests: RequestRecord[], changed: Partial<RequestsInput> = {}) {
  return measureRequests({
    ...{ requests, warmUpS: 0, burst: undefined, strikes: [] },
    countedUs: (_source, seq) => 5 * S + seq * 10 * MS + 9 * MS,
    ...changed,
  });
}

describe('the figures of requests', () => {
  test('are from due to 202 and to the count, after the warm-up', () => {
    const found = measured(
      madeRequests(100, (place) => (place < 10 ? { answeredUs: 6 * S } : {})),
      { warmUpS: 0.1 },
    );
    expect(found.api).toMatchObject({ samples: 90, meanUs: 4_000, maxUs: 4_000 });
    expect(found.dueToVisible).toMatchObject({ samples: 90, meanUs: 9_000 });
    expect(found.answerMsMax).toBe(1_000);
    expect(found.exactAfterMs).toBe(0);
    expect(found.outages).toBeUndefined();
    expect(found.acceptedShareOutsideOutages).toBe(1);
  });

  test('tell every answer apart', () => {
    const kinds = ['limited', 'refused', 'unknown', 'noAnswer', 'invalid'] as const;
    const outcomes: RequestOutcome[] = [
      ...kinds.map((kind) => ({ kind })),
      FULL,
      FULL,
      { kind: 'shed', reason: 'away' },
      { kind: 'accepted', source: 'g', seq: 0 },
    ];
    const requests = madeRequests(outcomes.length, (place) => ({ outcome: outcomes[place]! }));
    expect(countRequests(requests)).toEqual({
      ...{ offered: 9, accepted: 1, shed: { full: 2, away: 1 } },
      ...{ limited: 1, refused: 1, unknown: 1, noAnswer: 1, invalid: 1 },
    });
    expect(acceptedOf(requests)).toHaveLength(1);
    expect(measured(requests).acceptedShareOutsideOutages).toBeCloseTo(1 / 9);
  });

  test('keep those of a burst apart', () => {
    const burst = { factor: 2, atS: 0.2, lastsS: 0.1 };
    const found = measured(
      madeRequests(100, (place) =>
        place >= 20 && place < 30 ? { answeredUs: 5 * S + 2 * S, outcome: FULL } : {},
      ),
      { burst },
    );
    expect(found.requests).toMatchObject({ offered: 100, accepted: 90 });
    expect(found.requestsInBurst).toMatchObject({ offered: 10, accepted: 0, shed: { full: 10 } });
    expect(found.api).toMatchObject({ samples: 90, maxUs: 4_000 });
    expect(found.apiInBurst).toBeUndefined();
    expect(found.answerMsMax).toBe(1_800);
  });

  test('say how long after the last 202 the last like was counted', () => {
    const late = (_source: string, seq: number) => 5 * S + (seq === 3 ? 2 * S : seq * 10 * MS);
    const lastAnsweredMs = 99 * 10 + 4;
    expect(measured(madeRequests(100), { countedUs: late }).exactAfterMs).toBe(
      2_000 - lastAnsweredMs,
    );
    const never = (_source: string, seq: number) => (seq === 3 ? undefined : 5 * S);
    expect(measured(madeRequests(100), { countedUs: never }).exactAfterMs).toBeUndefined();
  });
});

test('as many requests as a minute brings are no problem', () => {
  expect(measured(madeRequests(300_000)).requests.accepted).toBe(300_000);
});

describe('an outage', () => {
  /** The server dies 295 ms after the start; what is due until 600 ms is shed after 20 ms. */
  const requests = madeRequests(100, (place) =>
    place >= 29 && place < 60
      ? { answeredUs: 5 * S + place * 10 * MS + 20 * MS, outcome: FULL }
      : {},
  );
  const strikes = [{ struckUs: 5 * S + 295 * MS, recoversFromUs: 5 * S + 298 * MS }];

  test('lasts from the blow to the first 202 of a request that was sent after it', () => {
    const { outages, acceptedShareOutsideOutages } = measured(requests, { strikes });
    expect(outages).toEqual([
      // The first to be accepted is due at 600 ms and has its answer at 604.
      { beganMs: 5_295, tookMs: 309, offered: 32, accepted: 1 },
    ]);
    expect(acceptedShareOutsideOutages).toBe(1);
  });

  test('is not over because what was sent before the blow is answered after it', () => {
    const lucky = requests.map((request) =>
      request.place === 29
        ? {
            ...request,
            answeredUs: 5 * S + 299 * MS,
            outcome: { kind: 'accepted', source: 'g', seq: 29 } as const,
          }
        : request,
    );
    expect(measured(lucky, { strikes }).outages![0]).toMatchObject({ tookMs: 309, accepted: 2 });
  });

  test('that nothing ends lasts as long as anybody waits', () => {
    const dead = requests.map((request) =>
      request.place >= 60 ? { ...request, outcome: FULL } : request,
    );
    expect(measured(dead, { strikes }).outages![0]!.tookMs).toBe(994 - 295);
    expect(measured(dead, { strikes }).outages![0]!.neverEnded).toBe(true);
  });

  test('that all requests met leaves nothing to say of the time outside it', () => {
    const all = madeRequests(10, () => ({ outcome: FULL }));
    const fromTheStart = [{ struckUs: 5 * S, recoversFromUs: 5 * S }];
    const found = measured(all, { strikes: fromTheStart });
    expect(found.acceptedShareOutsideOutages).toBeUndefined();
    expect(found.exactAfterMs).toBeUndefined();
  });

  test('excuses nothing that is shed when it is over', () => {
    const shedLater = requests.map((request) =>
      request.place >= 90 ? { ...request, outcome: FULL } : request,
    );
    const { acceptedShareOutsideOutages } = measured(shedLater, { strikes });
    expect(acceptedShareOutsideOutages).toBeCloseTo(1 - 10 / 68);
  });
});

test('requests under way are those that have left and have no answer', () => {
  const requests = madeRequests(3, (place) => ({ answeredUs: 5 * S + 25 * MS + place }));
  expect(requestsUnderWay(requests, [5 * S - 1, 5 * S, 5 * S + 20 * MS, 6 * S])).toEqual([
    ...[0, 1, 3, 0],
  ]);
});

test('in the system are, on average, the times of all over the time of the whole', () => {
  expect(
    measureInSystem([
      { dueUs: 0, answeredUs: 300 },
      { dueUs: 100, answeredUs: 400 },
      { dueUs: 700, answeredUs: 1_000 },
    ]),
  ).toEqual({ likes: 0.9, duePerS: 3_000, spanS: 0.001 });
  expect(measureInSystem([])).toBeUndefined();
});
