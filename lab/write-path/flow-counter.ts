/**
 * Counts all likes at the steps of their way, by time: how many have passed, and when, summed over
 * short bins. Two such counts give how many likes were between two steps, on average over any
 * window, without a span and without knowing any single like.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type CountStep, LIKE_STEPS, type LikeStep } from '../../likes/like-steps.ts';
import type { Clock } from '../clock.ts';
import { LabError } from '../lab-error.ts';

export const BIN_US = 50_000;

/** Likes that passed in a bin, and the sum of their times since its beginning, µs. */
interface Bin {
  likes: number;
  sumUs: number;
}

const binSchema = z.tuple([z.int().nonnegative(), z.int().nonnegative(), z.number().nonnegative()]);
const fileSchema = z.strictObject({
  binUs: z.literal(BIN_US),
  steps: z.partialRecord(z.enum(LIKE_STEPS), z.array(binSchema)),
  /** Where spans were handed to an OTLP receiver. */
  exported: z
    .strictObject({ delivered: z.int(), failed: z.int(), reason: z.string().optional() })
    .optional(),
});
export type FlowFile = z.infer<typeof fileSchema>;

export class FlowCounter {
  readonly #clock: Pick<Clock, 'nowUs'>;
  readonly #bins = new Map<LikeStep, Map<number, Bin>>();

  constructor(clock: Pick<Clock, 'nowUs'>) {
    this.#clock = clock;
  }

  readonly count: CountStep = (step, likes = 1, atUs = this.#clock.nowUs()) => {
    let bins = this.#bins.get(step);
    if (bins === undefined) {
      bins = new Map();
      this.#bins.set(step, bins);
    }
    const place = Math.max(0, Math.floor(atUs / BIN_US));
    const bin = bins.get(place);
    const sumUs = likes * (atUs - place * BIN_US);
    if (bins.has(place)) {
      bin!.likes += likes;
      bin!.sumUs += sumUs;
    } else bins.set(place, { likes, sumUs });
  };

  file(more: Pick<FlowFile, 'exported'> = {}): FlowFile {
    const steps: FlowFile['steps'] = {};
    for (const [step, bins] of this.#bins) {
      steps[step] = [...bins].map(([place, { likes, sumUs }]) => [place, likes, sumUs]);
    }
    return { binUs: BIN_US, steps, ...more };
  }
}

export function writeFlow(path: string, file: FlowFile): void {
  writeFileSync(path, JSON.stringify(file));
}

/** @throws LabError RECORDS_UNREADABLE */
export function readFlow(path: string): FlowFile {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const what = `${path} holds no counts of likes by step; run the trial again`;
    throw new LabError('RECORDS_UNREADABLE', what, cause);
  }
}

/** The counts of several processes as one. */
export class Flow {
  readonly #bins = new Map<LikeStep, [place: number, likes: number, sumUs: number][]>();

  constructor(files: readonly FlowFile[]) {
    for (const { steps } of files) {
      for (const [step, bins] of Object.entries(steps) as [LikeStep, Bins][]) {
        this.#bins.set(step, [...(this.#bins.get(step) ?? []), ...bins]);
      }
    }
  }

  total(step: LikeStep): number {
    return this.likes(step, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  }

  /** Likes that passed the step in the window, whose ends are ends of bins. */
  likes(step: LikeStep, fromUs: number, toUs: number): number {
    return this.#sum(step, ([place, likes]) =>
      place * BIN_US >= fromUs && place * BIN_US < toUs ? likes : 0,
    );
  }

  /**
   * How many likes were between the two steps, averaged over the time of the window: the area
   * between their two counts, divided by its length. The ends of the window are ends of bins.
   */
  between(from: LikeStep, to: LikeStep, fromUs: number, toUs: number): number {
    return (this.#area(from, fromUs, toUs) - this.#area(to, fromUs, toUs)) / (toUs - fromUs);
  }

  /**
   * Of the ends of bins in the range, the one at which the fewest likes are between the two steps;
   * below 0 counts as far from none as above it.
   */
  emptiest(from: LikeStep, to: LikeStep, earliestUs: number, latestUs: number): number {
    let [best, fewest] = [earliestUs, Number.POSITIVE_INFINITY];
    for (let us = earliestUs; us <= latestUs; us += BIN_US) {
      const past = (step: LikeStep) => this.likes(step, Number.NEGATIVE_INFINITY, us);
      const inside = Math.abs(past(from) - past(to));
      if (inside < fewest) [best, fewest] = [us, inside];
    }
    return best;
  }

  /** Like-µs below the count of all that have passed the step, over the window. */
  #area(step: LikeStep, fromUs: number, toUs: number): number {
    return this.#sum(step, ([place, likes, sumUs]) => {
      const binUs = place * BIN_US;
      if (binUs >= toUs) return 0;
      return binUs < fromUs ? likes * (toUs - fromUs) : likes * (toUs - binUs) - sumUs;
    });
  }

  #sum(step: LikeStep, of: (bin: Bins[number]) => number): number {
    return (this.#bins.get(step) ?? []).reduce((sum, bin) => sum + of(bin), 0);
  }
}

type Bins = [place: number, likes: number, sumUs: number][];
