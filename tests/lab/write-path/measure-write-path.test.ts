import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  measureWritePath,
  type WritePathInput,
} from '../../../lab/write-path/measure-write-path.ts';
import { writePathSchema } from '../../../lab/write-path-schema.ts';
import { countsOf, madeInput, madeWays } from './made-ways.ts';

function struckOf(input: WritePathInput): readonly string[] {
  return measureWritePath(input)!.struck;
}

describe('the hops of traced likes', () => {
  test('have the times that they were given, add up, and keep the law', () => {
    const { writePath, struck } = measureWritePath(madeInput())!;
    expect(struck).toEqual([]);
    expect(writePathSchema.parse(writePath)).toEqual(writePath);
    const means = [900, 80, 4_000, 700, 1_500, 60, 2_500];
    for (const [place, { meanUs, samples, little }] of writePath.hops.entries()) {
      expect(samples).toBe(writePath.samples);
      expect(meanUs / means[place]!).toBeGreaterThan(0.9);
      expect(meanUs / means[place]!).toBeLessThan(1.1);
      expect(little.inHop / little.product).toBeCloseTo(1, 1);
    }
    const sum = writePath.hops.reduce((us, { meanUs }) => us + meanUs, 0);
    expect(sum).toBeCloseTo(writePath.whole.meanUs, 3);
    expect(writePath.hops.reduce((all, { share }) => all + share, 0)).toBeCloseTo(1, 6);
    const median = writePath.median!.hopsUs.reduce((us, hop) => us + hop, 0);
    expect(median).toBeCloseTo(writePath.whole.p50Us, 3);
  });

  test('keep the law at any rate and with a share of them traced', () => {
    const drawn = fc.record({
      seed: fc.nat(1_000),
      likesPerS: fc.constantFrom(200, 1_000, 2_000),
      every: fc.constantFrom(1, 2),
    });
    fc.assert(
      fc.property(drawn, (options) => {
        expect(struckOf(madeInput({ ...options, likes: options.likesPerS * 6 }))).toEqual([]);
      }),
      { numRuns: 6 },
    );
  });

  test('keep the law although the machine paused at the beginning and at the end', () => {
    // Whoever is on the way then gets no further before the pause is over.
    const pauses = [1_990_000, 8_600_000].map((fromUs) => [fromUs, fromUs + 130_000] as const);
    const held = (us: number) => pauses.find(([from, to]) => us > from && us < to)?.[1] ?? us;
    expect(struckOf(madeInput({ likes: 4_000, held }))).toEqual([]);
  });

  test('of the direct way end with the send, which is the transaction', () => {
    const wholes = madeWays().map(({ id, atUs }) => [id, atUs.acknowledged - atUs.due] as const);
    const whole = new Map(wholes);
    const input = {
      ...madeInput(),
      kind: 'direct',
      wholeUs: (id: string) => whole.get(id),
    } as const;
    const { writePath, struck } = measureWritePath(input)!;
    expect(struck).toEqual([]);
    expect(writePath.hops.map(({ name }) => name)).toEqual([
      ...['to the gateway', 'checks', 'waits in line', 'store transaction'],
    ]);
  });

  test('are none where nothing was traced from end to end', () => {
    const input = madeInput({ likes: 600 });
    expect(measureWritePath({ ...input, spans: [] })).toBeUndefined();
    const withoutStore = input.spans.filter(({ name }) => name !== 'BATCH counts');
    expect(measureWritePath({ ...input, spans: withoutStore })).toBeUndefined();
  });
});

describe('numbers are struck out by the name of the hop', () => {
  const input = madeInput();

  test('when spans are missing, of any or of those that were slow', () => {
    const isLost = (trace: string) => Number.parseInt(trace, 16) % 50 === 0;
    const gone = input.spans.filter(({ name, trace }) => name !== 'send likes' || !isLost(trace));
    expect(struckOf({ ...input, spans: gone })).toEqual([
      expect.stringMatching(/^Little's law fails in "waits in line": \d+ traced likes passed it/),
      expect.stringMatching(/^Little's law fails in "send": \d+ traced likes passed it/),
      expect.stringMatching(/^Little's law fails in "in the queue": \d+ traced likes passed it/),
    ]);
    const fast = input.spans.filter(
      (one) => one.name !== 'BATCH counts' || one.toUs - one.fromUs < 6_000,
    );
    expect(struckOf({ ...input, spans: fast }).join()).toContain('"store transaction"');
  });

  test('when a process counts likes twice at a step, or not at all', () => {
    const ways = madeWays();
    const twice = countsOf(ways, (step) => (step === 'delivered' ? 2 : 1));
    expect(struckOf({ ...input, flows: [twice] })).toEqual([
      expect.stringContaining('"in the queue"'),
      expect.stringContaining('"waits in the batch"'),
    ]);
    const never = countsOf(ways, (step) => (step === 'begun' ? 0 : 1));
    expect(struckOf({ ...input, flows: [never] }).join()).toContain('"store transaction"');
    const allTwice = countsOf(ways, () => 2);
    expect(struckOf({ ...input, flows: [allTwice] })).toHaveLength(7);
  });

  test('when spans of one hop are too long by what another lacks', () => {
    const shifted = input.spans.map((span) =>
      span.name === 'process likes' ? { ...span, fromUs: span.fromUs - 1_000 } : span,
    );
    expect(struckOf({ ...input, spans: shifted })).toEqual([
      expect.stringContaining('"in the queue"'),
      expect.stringContaining('"waits in the batch"'),
    ]);
  });

  test('when the hops of likes do not add up to what the records say of the whole', () => {
    const late = { ...input, wholeUs: (id: string) => input.wholeUs(id)! + 1_500 };
    expect(struckOf(late)).toEqual([expect.stringContaining('do not add up to their whole')]);
    const unknown = { ...input, wholeUs: () => undefined };
    expect(struckOf(unknown)).toEqual([expect.stringContaining('do not add up to their whole')]);
  });

  test('when requests were turned away', () => {
    expect(struckOf({ ...input, offered: input.accepted + 5 })[0]).toBe(
      '5 of 4005 requests were not accepted: hops lose them',
    );
  });

  test('when the flow is not steady, since a backlog grows', () => {
    const ways = madeWays().map((way, place) => {
      const later = place * 600;
      const { delivered, begun, visible, ...atUs } = way.atUs;
      return {
        ...way,
        atUs: {
          ...atUs,
          ...{ delivered: delivered + later, begun: begun + later, visible: visible + later },
        },
      };
    });
    const wholes = new Map(ways.map(({ id, atUs }) => [id, atUs.visible - atUs.due]));
    const spans = input.spans.map((span) => {
      const later = Number.parseInt(span.trace, 16) * 600;
      const isLate = /process|BATCH/.test(span.name);
      return isLate ? { ...span, fromUs: span.fromUs + later, toUs: span.toUs + later } : span;
    });
    const backlog = {
      ...input,
      spans,
      flows: [countsOf(ways)],
      wholeUs: (id: string) => wholes.get(id),
    };
    expect(struckOf(backlog).join()).toContain('"in the queue"');
  });
});

test('of spans that were handed on it is told how many failed in all processes, and why', () => {
  const { flows, ...input } = madeInput();
  const told = [
    { delivered: 5, failed: 2, reason: 'no answer' },
    { delivered: 3, failed: 0 },
  ];
  const more = told.map((exported) => ({ ...countsOf([]), exported }));
  const { exported } = measureWritePath({ ...input, flows: [...flows, ...more] })!.writePath;
  expect(exported).toEqual({ delivered: 8, failed: 2, reason: 'no answer' });
});
