/** Checks on samples: as many as there should be, none thrown away, enough for each percentile. */
import { type Check, clean, type Finding, figure, hit, percent, together } from '../check.ts';
import type { Claims, LatencyClaim, PercentileClaim } from '../claims.ts';

/** Samples at or below 0 that a clock's rounding may make. */
const NOT_POSITIVE_SHARE_MAX = 0.001;
/** Counters that are read one after the other may differ by what passed in this time. */
const COUNTERS_APART_S = 0.02;
/** A percentile says something when so many samples are above it. From 99.9 % on, as in this lab's
 * own tables, ten; below, three: then the chance that all samples lie below it is under 5 %. */
const ABOVE_LEAST = 3;
const ABOVE_LEAST_FAR = 10;
const FAR_PERCENT = 99.9;
/** Shares such as 1 - 0.999 are not exact. */
const ROUNDING = 1e-9;

/** Finds something on each latency; undefined where its part is unknown. */
function onEach(
  { latencies }: Claims,
  missing: string,
  find: (latency: LatencyClaim) => Finding | undefined,
): Finding {
  return together(
    latencies.flatMap((latency) => find(latency) ?? []),
    latencies.length === 0 ? 'a latency' : missing,
  );
}

export const sampleCount: Check = {
  name: 'sample-count',
  mistake: 'more or fewer samples than likes, messages or requests',
  find(claims) {
    const onLatencies = onEach(
      claims,
      'how many samples there are, or of how many',
      ({ name, samples, events, samplesOff = 0, uncorrected }) => {
        if (samples === undefined || events === undefined) return undefined;
        const text = `${name}: ${figure(samples)} samples for ${figure(events)} ${claims.unit}`;
        return Math.abs(samples - events) > samplesOff ? hit(text, uncorrected) : clean(text);
      },
    );
    return together([onLatencies, ...findReceivedTwice(claims)], onLatencies.evidence);
  },
};

/** What waits cannot be less than nothing. */
function findReceivedTwice({ backlog, unit }: Claims): Finding[] {
  if (backlog === undefined || backlog.counts.length === 0) return [];
  const least = Math.min(...backlog.counts);
  if (least >= -backlog.perS * COUNTERS_APART_S) return [];
  const below = backlog.counts.filter((count) => count < 0);
  return [
    hit(
      `backlog from ${figure(Math.max(...below))} down to ${figure(least)} ${unit} ` +
        `in ${below.length} of ${backlog.counts.length} windows: ` +
        'more were received than sent, or they are not counted alike',
    ),
  ];
}

export const samplesDropped: Check = {
  name: 'samples-dropped',
  mistake: 'samples thrown away, such as those at or below 0',
  find: (claims) =>
    onEach(claims, 'whether samples were thrown away', (latency) => {
      const { name, samples, dropped, notPositive, minMs } = latency;
      if (minMs !== undefined && minMs < 0) {
        return hit(`${name}: a sample of ${figure(minMs)} ms, so two clocks differ`);
      }
      if (dropped !== undefined && dropped > 0) {
        const of = dropped + (samples ?? 0);
        return hit(
          `${name}: ${figure(dropped)} of ${figure(of)} samples are missing ` +
            `(${percent(dropped / of)})`,
        );
      }
      if (notPositive !== undefined && samples !== undefined) {
        const text = `${name}: ${figure(notPositive)} of ${figure(samples)} samples at or below 0`;
        return notPositive > samples * NOT_POSITIVE_SHARE_MAX ? hit(text) : clean(`${text}, kept`);
      }
      return dropped === undefined ? undefined : clean(`${name}: none is missing`);
    }),
};

export const histogramEdge: Check = {
  name: 'histogram-edge',
  mistake: 'a percentile that is the edge of its histogram',
  find: (claims) =>
    onEach(claims, 'where the histogram begins and ends', (latency) => {
      const { histogram, quoted, name } = latency;
      if (histogram === undefined || quoted.length === 0) return undefined;
      const edges = quoted.flatMap((claim) => edgeOf(claim, histogram) ?? []);
      if (edges.length === 0) return clean(`${name}: no percentile lies on an edge`);
      const evidence = edges.map(({ text }) => text).join(', ');
      return hit(`${name}: ${evidence}`, edges[0]!.wouldBe);
    }),
};

function edgeOf(
  { percent: p, ms }: PercentileClaim,
  { floorMs, firstBucketMs, topMs }: NonNullable<LatencyClaim['histogram']>,
): { text: string; wouldBe: string } | undefined {
  if (floorMs !== undefined && ms <= floorMs) {
    const least = figure(floorMs);
    return { text: `p${p} = ${figure(ms)} ms is its floor`, wouldBe: `${least} ms or less` };
  }
  if (firstBucketMs !== undefined && ms <= firstBucketMs) {
    const wouldBe = `anything from 0 to ${figure(firstBucketMs)} ms`;
    return { text: `p${p} = ${figure(ms)} ms is inside its first bucket`, wouldBe };
  }
  if (topMs === undefined || ms < topMs) return undefined;
  return { text: `p${p} = ${figure(ms)} ms is its top`, wouldBe: `${figure(topMs)} ms or more` };
}

export const percentileSamples: Check = {
  name: 'percentile-samples',
  mistake: 'a percentile of fewer samples than it needs',
  find: (claims) =>
    onEach(claims, 'how many samples there are', ({ name, samples, quoted, listed = [] }) => {
      if (samples === undefined || quoted.length === 0) return undefined;
      const few = (claim: PercentileClaim) => samples < samplesFor(claim.percent);
      const first = quoted.find(few);
      if (first !== undefined) {
        const least = figure(samplesFor(first.percent));
        return hit(
          `${name}: p${first.percent} of ${figure(samples)} samples, which needs ${least}`,
          'no more than the maximum says',
        );
      }
      const beyond = listed.find(few);
      const note = beyond ? `; p${beyond.percent} and beyond say no more than the maximum` : '';
      return clean(`${name}: ${figure(samples)} samples${note}`);
    }),
};

function samplesFor(p: number): number {
  const above = p >= FAR_PERCENT ? ABOVE_LEAST_FAR : ABOVE_LEAST;
  return Math.ceil(above / (1 - p / 100) - above * ROUNDING * 1e3);
}
