import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  measureStrikes,
  type StrikeMeasures,
  type StrikeMoments,
} from '../../lab/measure-strikes.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { Like, SendOutcome } from '../../likes/like.ts';
import { madeLike } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

const S = 1_000_000;
const SOURCES = ['one', 'two'] as const;

interface Event {
  readonly atUs: number;
  readonly kind: 'attempted' | 'delivered' | SendOutcome;
  readonly source: (typeof SOURCES)[number];
  readonly seqs: readonly number[];
}

/** Each source is a producer with a file of its own; one consumer is given everything. */
function measured(events: readonly Event[], moments: readonly StrikeMoments[]): StrikeMeasures[] {
  using folder = recordsFolder();
  const inOrder = [...events].sort((one, other) => one.atUs - other.atUs);
  const write = (name: string, own: readonly Event[]) => {
    using records = new RecordWriter(folder.path(name));
    for (const { atUs, kind, source, seqs } of own) {
      const likes: Like[] = seqs.map((seq) => madeLike(source, seq));
      if (kind === 'attempted') records.attempted(atUs, likes);
      else if (kind === 'delivered') records.delivered(atUs, likes);
      else records.outcome(atUs, likes, kind);
    }
    return folder.path(name);
  };
  const producerRecords = SOURCES.map((source) =>
    write(
      source,
      inOrder.filter((event) => event.kind !== 'delivered' && event.source === source),
    ),
  );
  const consumerRecords = [
    write(
      'consumer',
      inOrder.filter(({ kind }) => kind === 'delivered'),
    ),
  ];
  return measureStrikes(moments, { producerRecords, consumerRecords });
}

/** The seqs from `from` to one below `to`. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function event(
  atUs: number,
  kind: Event['kind'],
  seqs: readonly number[],
  source: Event['source'] = 'one',
): Event {
  return { atUs, kind, source, seqs };
}

const MOMENTS: readonly StrikeMoments[] = [
  { beganUs: 10 * S, overUs: 11 * S },
  { beganUs: 20 * S, overUs: 22 * S },
];

describe('the measures of a trial with two strikes', () => {
  const found = measured(
    [
      event(8 * S, 'attempted', range(0, 10)),
      event(9.5 * S, 'ok', range(0, 10)),
      event(9.6 * S, 'delivered', range(0, 4)),
      event(9.9 * S, 'attempted', range(10, 15)),
      event(10.5 * S, 'unknown', range(10, 15)),
      event(11.2 * S, 'attempted', range(15, 40)),
      event(11.3 * S, 'ok', range(15, 40)),
      event(11.4 * S, 'delivered', range(0, 40)),
      event(19.2 * S, 'attempted', range(40, 60)),
      event(19.9 * S, 'ok', range(40, 60)),
      event(19.95 * S, 'attempted', range(60, 62)),
      event(21 * S, 'ok', range(60, 61)),
      event(22.5 * S, 'fail', range(61, 62)),
      event(23 * S, 'delivered', range(40, 62)),
    ],
    MOMENTS,
  );

  test('are of each strike what it met, and what came first when it was over', () => {
    expect(found).toEqual([
      {
        acknowledgedInSecondBefore: 10,
        inFlight: 5,
        backlog: 6,
        firstAcknowledgedUs: 11.3 * S,
        firstDeliveredUs: 11.4 * S,
      },
      {
        acknowledgedInSecondBefore: 20,
        inFlight: 2,
        backlog: 20,
        firstAcknowledgedUs: undefined,
        firstDeliveredUs: 23 * S,
      },
    ]);
  });
});

describe('the moment of a strike', () => {
  const [moment] = MOMENTS;
  const strikeOf = (...events: Event[]) => measured(events, [moment!])[0]!;

  test('is after what happened at it, and a second long before it', () => {
    const attempted = event(8 * S, 'attempted', range(0, 9));
    expect(strikeOf(attempted, event(10 * S, 'ok', [0, 1]))).toMatchObject({
      acknowledgedInSecondBefore: 2,
      inFlight: 7,
    });
    expect(strikeOf(attempted, event(10 * S + 1, 'ok', [0, 1]))).toMatchObject({
      acknowledgedInSecondBefore: 0,
      inFlight: 9,
    });
    expect(strikeOf(attempted, event(9 * S, 'ok', [0]), event(9 * S + 1, 'ok', [1]))).toMatchObject(
      { acknowledgedInSecondBefore: 1 },
    );
  });

  test('has no firsts before it is over: clients still hand out what came before', () => {
    const early = [event(10.5 * S, 'ok', [0]), event(10.6 * S, 'delivered', [0])];
    expect(strikeOf(event(9 * S, 'attempted', [0]), ...early)).toMatchObject({
      firstAcknowledgedUs: undefined,
      firstDeliveredUs: undefined,
    });
    expect(strikeOf(event(11 * S, 'ok', [0]), event(11 * S, 'delivered', [0]))).toMatchObject({
      firstAcknowledgedUs: 11 * S,
      firstDeliveredUs: 11 * S,
    });
  });

  test('after the last record, and without any record, has what there is', () => {
    expect(strikeOf(event(1 * S, 'attempted', range(0, 3)))).toMatchObject({ inFlight: 3 });
    expect(strikeOf()).toEqual({
      acknowledgedInSecondBefore: 0,
      inFlight: 0,
      backlog: 0,
      firstAcknowledgedUs: undefined,
      firstDeliveredUs: undefined,
    });
  });
});

describe('what is in flight', () => {
  /** The first producer dies of the first strike with five likes under way. */
  const killed = [
    event(9 * S, 'attempted', range(0, 5)),
    event(11.5 * S, 'attempted', range(0, 9), 'two'),
    event(11.6 * S, 'ok', range(0, 9), 'two'),
  ];
  const next = event(19.9 * S, 'attempted', range(9, 12), 'two');

  test('is not what a producer had sent that the strike before has killed', () => {
    expect(measured(killed, MOMENTS).map(({ inFlight }) => inFlight)).toEqual([5, 0]);
    const [first, second] = measured([...killed, next], MOMENTS);
    expect([first!.inFlight, second!.inFlight]).toEqual([5, 3]);
  });

  test('is of all producers that live', () => {
    const living = event(19 * S, 'attempted', range(5, 6));
    const [, second] = measured([...killed, living, next], MOMENTS);
    expect(second!.inFlight).toBe(9);
  });
});

test('all measures are those of a naive count, whatever happened (200 random histories)', () => {
  const someEvent = fc.record({
    atUs: fc.nat(30).map((tenths) => tenths * 100_000),
    kind: fc.constantFrom<Event['kind']>('attempted', 'ok', 'ok', 'fail', 'unknown', 'delivered'),
    source: fc.constantFrom(...SOURCES),
    seqs: fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 4 }),
  });
  const someMoment = fc
    .tuple(fc.nat(30), fc.nat(8))
    .map(([began, took]) => ({ beganUs: began * 100_000 + 50_000, tookUs: took * 100_000 + 1 }))
    .map(({ beganUs, tookUs }) => ({ beganUs, overUs: beganUs + tookUs }));
  fc.assert(
    fc.property(fc.array(someEvent, { maxLength: 25 }), someMoment, (events, moment) => {
      const { beganUs, overUs } = moment;
      const before = events.filter(({ atUs }) => atUs <= beganUs);
      const likes = (kinds: Event['kind'][], some = before) =>
        some.filter(({ kind }) => kinds.includes(kind)).flatMap(({ seqs }) => seqs).length;
      const known = (kind: Event['kind']) =>
        new Set(
          before
            .filter((one) => one.kind === kind)
            .flatMap(({ source, seqs }) => seqs.map((seq) => `${source} ${seq}`)),
        );
      const delivered = known('delivered');
      const firstOf = (kind: Event['kind']) =>
        events
          .filter((one) => one.kind === kind && one.atUs >= overUs)
          .map(({ atUs }) => atUs)
          .sort((one, other) => one - other)[0];
      const lastSecond = before.filter(({ atUs }) => atUs > beganUs - S);
      expect(measured(events, [moment])).toEqual([
        {
          acknowledgedInSecondBefore: likes(['ok'], lastSecond),
          inFlight: likes(['attempted']) - likes(['ok', 'fail', 'unknown']),
          backlog: [...known('ok')].filter((like) => !delivered.has(like)).length,
          firstAcknowledgedUs: firstOf('ok'),
          firstDeliveredUs: firstOf('delivered'),
        },
      ]);
    }),
    { numRuns: 200 },
  );
});
