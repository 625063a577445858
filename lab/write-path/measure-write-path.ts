/** Every figure of the hops of traced likes, and what keeps them from standing. */

import type { LikeStep } from '../../likes/like-steps.ts';
import type { PathKind } from '../path-plan.ts';
import { mean } from '../statistics/mean.ts';
import { rising } from '../statistics/median.ts';
import { percentile } from '../statistics/percentile.ts';
import type { HopFigures, WritePath } from '../write-path-schema.ts';
import { BIN_US, Flow, type FlowFile } from './flow-counter.ts';
import { type Hop, hopsOf, stepsOf } from './hops.ts';
import { type LikeWay, waysOf } from './like-ways.ts';
import { checkLittle } from './little.ts';
import type { SpanLine } from './span-lines.ts';

export interface WritePathInput {
  readonly kind: PathKind;
  readonly every: number;
  readonly spans: readonly SpanLine[];
  readonly flows: readonly FlowFile[];
  /** Likes due in this time after the first are not measured. */
  readonly warmUpS: number;
  /** Requests that were answered 202, by the client, and all that it sent. */
  readonly accepted: number;
  readonly offered: number;
  /** By the ledger's records: from due to visible, by the like's message id. */
  readonly wholeUs: (id: string) => number | undefined;
}

export interface MeasuredWritePath {
  readonly writePath: WritePath;
  /** Why the numbers are struck out, each by the name of its hop. */
  readonly struck: readonly string[];
}

/** Records and spans read the clock one after the other, with the writing of records between. */
const SUM_APART_US_MAX = 1_000;
/** The machine may give the process up between the two, which is then so for a whole batch. */
const SUMS_APART_SHARE_MAX = 0.05;

/** The ends of the window of a hop are looked for in such a part of it on either side. */
const ENDS_SHARE = 10;

/** Undefined where no like was traced from end to end after the warm-up. */
export function measureWritePath(input: WritePathInput): MeasuredWritePath | undefined {
  const hops = hopsOf(input.kind);
  const steps = stepsOf(input.kind);
  const ways = waysOf(input.spans).filter(({ atUs }) => atUs.due !== undefined);
  const window = windowOf(ways, input.warmUpS);
  if (window === undefined) return undefined;
  const whole = ways.filter((way) => steps.every((step) => way.atUs[step] !== undefined));
  const measured = whole.filter(({ atUs }) => isWithin(atUs.due!, window));
  if (measured.length === 0) return undefined;
  const lastStep = steps.at(-1)!;
  const wholeUs = rising(measured.map(({ atUs }) => atUs[lastStep]! - atUs.due!));
  const flow = new Flow(input.flows);
  const meanUs = mean(wholeUs);
  const figures = hops.map((hop) =>
    hopFigures(hop, { input, ways, measured, flow, window, meanUs }),
  );
  const sums = sumsOf(measured, hops, input.wholeUs);
  const exported = exportedOf(input.flows);
  return {
    writePath: {
      every: input.every,
      samples: measured.length,
      windowS: (window.toUs - window.fromUs) / 1e6,
      hops: figures,
      whole: {
        meanUs,
        ...{ p50Us: percentile(wholeUs, 50)!, p99Us: percentile(wholeUs, 99)! },
        maxUs: wholeUs.at(-1)!,
      },
      median: medianLike(measured, hops, lastStep),
      deliveredFirst: shareOf(measured, ({ atUs }) => atUs.delivered! < atUs.acknowledged!),
      sums,
      ...(exported && { exported }),
    },
    struck: [...lossesOf(input), ...hopProblems(figures), ...sumProblems(sums)],
  };
}

interface Window {
  readonly fromUs: number;
  readonly toUs: number;
}

/** From the end of the warm-up to the last like due, cut to whole bins of the counts. */
function windowOf(ways: readonly LikeWay[], warmUpS: number): Window | undefined {
  const due = ways.map(({ atUs }) => atUs.due!);
  const firstUs = due.reduce((least, us) => Math.min(least, us), Number.POSITIVE_INFINITY);
  const lastUs = due.reduce((most, us) => Math.max(most, us), Number.NEGATIVE_INFINITY);
  const fromUs = Math.ceil((firstUs + warmUpS * 1e6) / BIN_US) * BIN_US;
  const toUs = Math.floor(lastUs / BIN_US) * BIN_US;
  return toUs > fromUs ? { fromUs, toUs } : undefined;
}

function isWithin(us: number, { fromUs, toUs }: Window): boolean {
  return us >= fromUs && us < toUs;
}

interface Context {
  readonly input: WritePathInput;
  readonly ways: readonly LikeWay[];
  readonly measured: readonly LikeWay[];
  readonly flow: Flow;
  readonly window: Window;
  readonly meanUs: number;
}

function hopFigures({ name, from, to }: Hop, context: Context): HopFigures {
  const { input, ways, measured, flow } = context;
  const window = emptyToEmpty(flow, from, to, context.window);
  const stays = rising(measured.map(({ atUs }) => atUs[to]! - atUs[from]!));
  const meanUs = mean(stays);
  const { fromUs, toUs } = window;
  const likes = flow.likes(from, fromUs, toUs);
  // By when it came into this hop, and not by when it was due.
  const passed = ways.filter(
    ({ atUs }) => isWithin(atUs[from] ?? Number.NaN, window) && atUs[to] !== undefined,
  );
  const { inHop, likesPerS, product, bound, problems } = checkLittle({
    inHop: flow.between(from, to, fromUs, toUs),
    likes,
    windowS: (toUs - fromUs) / 1e6,
    staysUs: passed.map(({ atUs }) => atUs[to]! - atUs[from]!),
    traced: Math.round(likes / input.every),
    totals: { into: flow.total(from), outOf: flow.total(to), accepted: input.accepted },
  });
  return {
    ...{ name, samples: stays.length, meanUs },
    ...{ p50Us: percentile(stays, 50)!, p99Us: percentile(stays, 99)!, maxUs: stays.at(-1)! },
    share: meanUs / context.meanUs,
    little: { inHop, likesPerS, product, bound, problems: [...problems] },
  };
}

/**
 * The law is exact from one moment at which nothing is in the hop to another. What is in it at the
 * ends came before or leaves after, and after a pause of the machine that is much; so the window
 * ends where it holds least, within its first and its last tenth.
 */
function emptyToEmpty(flow: Flow, from: LikeStep, to: LikeStep, { fromUs, toUs }: Window): Window {
  const roomUs = Math.floor((toUs - fromUs) / ENDS_SHARE / BIN_US) * BIN_US;
  return {
    fromUs: flow.emptiest(from, to, fromUs, fromUs + roomUs),
    toUs: flow.emptiest(from, to, toUs - roomUs, toUs),
  };
}

/** Where the whole is the median: what most likes are like, in one of them. */
function medianLike(
  measured: readonly LikeWay[],
  hops: readonly Hop[],
  lastStep: LikeStep,
): WritePath['median'] {
  const byWhole = measured.toSorted(
    (one, other) => one.atUs[lastStep]! - one.atUs.due! - (other.atUs[lastStep]! - other.atUs.due!),
  );
  const { trace, atUs } = byWhole[Math.floor((byWhole.length - 1) / 2)]!;
  return { trace, hopsUs: hops.map(({ from, to }) => atUs[to]! - atUs[from]!) };
}

function sumsOf(
  measured: readonly LikeWay[],
  hops: readonly Hop[],
  wholeUs: WritePathInput['wholeUs'],
): WritePath['sums'] {
  const differences = measured.map(({ id, atUs }) => {
    const known = id === undefined ? undefined : wholeUs(id);
    const sum = hops.reduce((us, { from, to }) => us + atUs[to]! - atUs[from]!, 0);
    return known === undefined ? Number.POSITIVE_INFINITY : Math.abs(known - sum);
  });
  const known = differences.filter(Number.isFinite);
  return {
    likes: measured.length,
    apart: differences.filter((us) => us > SUM_APART_US_MAX).length,
    apartUsMax: known.reduce((most, us) => Math.max(most, us), 0),
  };
}

/** A like that went no further is in a hop's count and in none of its spans. */
function lossesOf({ accepted, offered }: WritePathInput): string[] {
  if (accepted === offered) return [];
  return [`${offered - accepted} of ${offered} requests were not accepted: hops lose them`];
}

function hopProblems(hops: readonly HopFigures[]): string[] {
  // The first of a hop's problems says enough; all of them are in the result.
  return hops.flatMap(({ name, little: { problems } }) =>
    problems.slice(0, 1).map((problem) => `Little's law fails in "${name}": ${problem}`),
  );
}

function sumProblems({ likes, apart, apartUsMax }: WritePath['sums']): string[] {
  if (apart <= SUMS_APART_SHARE_MAX * likes) return [];
  return [
    `the hops of ${apart} of ${likes} traced likes do not add up to their whole, as the records ` +
      `have it, within ${SUM_APART_US_MAX / 1_000} ms; of those known by at most ` +
      `${(apartUsMax / 1_000).toFixed(1)} ms`,
  ];
}

function exportedOf(flows: readonly FlowFile[]): WritePath['exported'] {
  const all = flows.flatMap(({ exported }) => (exported === undefined ? [] : [exported]));
  if (all.length === 0) return undefined;
  return {
    delivered: all.reduce((sum, { delivered }) => sum + delivered, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
    reason: all.findLast(({ reason }) => reason !== undefined)?.reason,
  };
}

function shareOf<Item>(items: readonly Item[], is: (item: Item) => boolean): number {
  return items.filter(is).length / items.length;
}
