/**
 * Whether the clock of another process shows the same time: asked several times, the answer with
 * the shortest round trip counts. Between two clocks that agree no more than half of it can stand.
 */
import type { Clock } from './clock.ts';

export interface ClockReading {
  readonly nowUs: number;
  /** Smallest step of the clock in that process. */
  readonly resolutionUs: number | undefined;
}

export interface ClockComparison {
  readonly resolutionUs: number | undefined;
  /** What the other clock is ahead, and by how much that may be off. */
  readonly skewUs: number;
  readonly skewBoundUs: number;
}

const QUESTIONS = 8;

/** Undefined when no question was answered; so does `ask` resolve when no answer comes in time. */
export async function compareClocks(
  ask: () => Promise<ClockReading | undefined>,
  clock: Pick<Clock, 'nowUs'>,
): Promise<ClockComparison | undefined> {
  let best: ClockComparison | undefined;
  for (let asked = 0; asked < QUESTIONS; asked++) {
    const askedUs = clock.nowUs();
    const reading = await ask();
    const answeredUs = clock.nowUs();
    if (reading === undefined) return best;
    const skewBoundUs = (answeredUs - askedUs) / 2;
    if (best !== undefined && best.skewBoundUs <= skewBoundUs) continue;
    const skewUs = reading.nowUs - (askedUs + answeredUs) / 2;
    best = { resolutionUs: reading.resolutionUs, skewUs, skewBoundUs };
  }
  return best;
}

export interface ClockFacts {
  /** How many processes were asked, beside the conductor. */
  readonly processes: number;
  /** The coarsest of them. */
  readonly resolutionUs?: number;
  /** Of the one whose clock is surest to be apart. */
  readonly skewUs: number;
  readonly skewBoundUs: number;
}

/** The worst of all; undefined without any. */
export function clockFactsOf(comparisons: readonly ClockComparison[]): ClockFacts | undefined {
  if (comparisons.length === 0) return undefined;
  const apart = ({ skewUs, skewBoundUs }: ClockComparison) => Math.abs(skewUs) - skewBoundUs;
  const { skewUs, skewBoundUs } = comparisons.reduce((a, b) => (apart(b) > apart(a) ? b : a));
  const steps = comparisons.map(({ resolutionUs }) => resolutionUs);
  const known = steps.filter((step) => step !== undefined);
  const isKnown = known.length === steps.length;
  return {
    processes: comparisons.length,
    ...(isKnown && { resolutionUs: Math.max(...known) }),
    skewUs,
    skewBoundUs,
  };
}
