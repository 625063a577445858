import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  explainMove,
  nextMove,
  type SearchBounds,
  type SearchMove,
  type SearchStep,
} from '../../lab/capacity-search.ts';

const BOUNDS: SearchBounds = {
  startLikesPerS: 2_000,
  leastLikesPerS: 20,
  mostLikesPerS: 200_000,
  resolution: 0.05,
  stepsMax: 24,
};

/** A made broker: whether a rate holds, when it is tried for the n-th time. */
type Holds = (likesPerS: number, tries: number) => boolean;

function search(holds: Holds, bounds: SearchBounds = BOUNDS) {
  const steps: SearchStep[] = [];
  const lines: string[] = [];
  for (;;) {
    const move = nextMove(steps, bounds);
    if (steps.length > 0) lines.push(explainMove(steps.at(-1)!, move));
    if (move.kind !== 'try') return { steps, lines, end: move };
    const { likesPerS } = move;
    const tries = steps.filter((step) => step.likesPerS === likesPerS).length;
    const limit = holds(likesPerS, tries) ? undefined : 'p99';
    steps.push({ likesPerS, limit, found: limit ? 'p99 900 ms' : 'p99 35 ms' });
  }
}

function doneOf(end: SearchMove) {
  if (end.kind !== 'done') throw new Error(`it ended as ${end.kind}: ${end.reason}`);
  return end;
}

const anyStart = fc.integer({ min: 1, max: 1_000_000 });
const anyKnee = fc.double({ min: 20, max: 200_000, noNaN: true });
const near = (likesPerS: number) => Math.max(likesPerS * 1.05, likesPerS + 1);

describe('the search', () => {
  test('finds the border to 5 % from wherever it starts, within its bound of steps', () => {
    fc.assert(
      fc.property(anyStart, anyKnee, (startLikesPerS, knee) => {
        const { steps, end } = search((rate) => rate <= knee, { ...BOUNDS, startLikesPerS });
        const done = doneOf(end);
        expect(steps.length).toBeLessThanOrEqual(BOUNDS.stepsMax);
        expect(done.capacityLikesPerS).toBeLessThanOrEqual(knee);
        if (done.failsAtLikesPerS === undefined) {
          expect(done.capacityLikesPerS).toBe(BOUNDS.mostLikesPerS);
        } else if (done.isResolved) {
          expect(done.failsAtLikesPerS).toBeGreaterThan(knee);
          expect(done.failsAtLikesPerS).toBeLessThanOrEqual(near(done.capacityLikesPerS));
        }
        expect(done.isResolved).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('stays within the noise and the resolution of a broker that is noisy at its border', () => {
    fc.assert(
      fc.property(anyStart, anyKnee, fc.infiniteStream(fc.boolean()), (start, knee, noise) => {
        const [least, most] = [knee * 0.9, knee * 1.1];
        const isHolding: Holds = (rate) => rate <= least || (rate <= most && noise.next().value!);
        const { steps, end } = search(isHolding, { ...BOUNDS, startLikesPerS: start });
        expect(steps.length).toBeLessThanOrEqual(BOUNDS.stepsMax);
        if (end.kind === 'none') {
          expect(least).toBeLessThan(BOUNDS.leastLikesPerS);
          return;
        }
        const done = doneOf(end);
        expect(done.capacityLikesPerS).toBeLessThanOrEqual(most);
        if (!done.isResolved || done.failsAtLikesPerS === undefined) return;
        expect(done.failsAtLikesPerS).toBeGreaterThan(least);
        expect(near(done.capacityLikesPerS)).toBeGreaterThan(least);
      }),
      { numRuns: 500 },
    );
  });

  test('believes no failure that does not come twice at the same rate', () => {
    fc.assert(
      fc.property(anyStart, anyKnee, fc.infiniteStream(fc.boolean()), (start, knee, noise) => {
        // Whatever holds may fail by chance the first time, and never the second time.
        const isHolding: Holds = (rate, tries) =>
          rate <= knee && (tries > 0 || noise.next().value!);
        const bounds = { ...BOUNDS, startLikesPerS: start, stepsMax: 200 };
        const done = doneOf(search(isHolding, bounds).end);
        expect(done.isResolved).toBe(true);
        expect(done.capacityLikesPerS).toBeLessThanOrEqual(knee);
        expect(done.failsAtLikesPerS ?? Number.POSITIVE_INFINITY).toBeGreaterThan(knee);
        if (done.failsAtLikesPerS === undefined) return;
        expect(done.failsAtLikesPerS).toBeLessThanOrEqual(near(done.capacityLikesPerS));
      }),
      { numRuns: 300 },
    );
  });

  test('ends at its bound of steps and says so, whatever the broker does', () => {
    const stepsMax = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(anyStart, stepsMax, fc.infiniteStream(fc.boolean()), (start, most, noise) => {
        const bounds = { ...BOUNDS, startLikesPerS: start, stepsMax: most };
        const { steps, end } = search(() => noise.next().value!, bounds);
        expect(steps.length).toBeLessThanOrEqual(most);
        if (end.kind === 'done' && !end.isResolved) expect(end.reason).toContain('steps');
      }),
    );
  });

  test('explains each step in one line', () => {
    const { lines, steps } = search((rate) => rate <= 5_000);
    expect(lines).toHaveLength(steps.length);
    expect(lines[0]).toBe('2,000/s: p99 35 ms, holds -> try 4,000/s, twice as much');
    expect(lines[1]).toBe('4,000/s: p99 35 ms, holds -> try 8,000/s, twice as much');
    expect(lines[2]).toBe(
      '8,000/s: p99 900 ms, fails (p99) -> try 5,660/s, between 4,000/s and 8,000/s',
    );
    expect(lines.at(-1)).toMatch(
      /^[\d,]+\/s: p99 900 ms, fails \(p99\) -> capacity .* fails twice$/,
    );
    for (const line of lines) expect(line).not.toContain('\n');
  });
});

describe('there is no capacity', () => {
  test('when not even the least rate holds, and that is tried twice', () => {
    const { steps, end } = search(() => false);
    expect(end).toMatchObject({ kind: 'none', reason: 'not even 20/s holds' });
    expect(steps.slice(-2).map(({ likesPerS }) => likesPerS)).toEqual([20, 20]);
    expect(steps.length).toBeLessThanOrEqual(BOUNDS.stepsMax);
  });

  test('when three trials in a row cannot be judged', () => {
    const step: SearchStep = { likesPerS: 2_000, limit: 'not judged', found: 'no server' };
    const steps = [step, { ...step, likesPerS: 1_000 }];
    expect(nextMove(steps, BOUNDS)).toMatchObject({ kind: 'try', likesPerS: 500 });
    const end = nextMove([...steps, { ...step, likesPerS: 500 }], BOUNDS);
    expect(end).toMatchObject({ kind: 'none', limit: 'not judged' });
  });
});
