/** Checks on clocks: fine enough, alike in all processes, and a generator that kept to its own. */
import {
  type Check,
  cannotTell,
  clean,
  type Finding,
  figure,
  hit,
  percent,
  together,
  trivial,
} from '../check.ts';
import type { Claims, LatencyClaim } from '../claims.ts';

/** Of the smallest percentile that is quoted. */
const RESOLUTION_SHARE_MAX = 0.05;
const SKEW_SHARE_MAX = 0.05;
/** A bound on the skew that is no better than this says nothing of such a percentile. */
const BOUND_SHARE_MAX = 0.5;
/** A generator that is later than this (99th percentile) did not offer the load that it claims. */
const LAG_MS_MAX = 10;
const NOT_STARTED_SHARE_MAX = 0.001;
/** Due times that make another rate than this share from the planned one are of another plan. */
const DUE_SHARE_OFF = 0.02;

export const clock: Check = {
  name: 'clock',
  mistake: 'clocks too coarse for the latency, or apart between processes',
  find(claims) {
    const findings = claims.latencies.flatMap((latency) => findResolution(claims, latency) ?? []);
    return together([...findings, ...findSkew(claims)], 'what the clocks resolve');
  },
};

function findResolution({ clock }: Claims, latency: LatencyClaim): Finding | undefined {
  const resolutionMs = latency.resolutionMs ?? clock?.resolutionMs;
  const least = leastOf(latency);
  if (resolutionMs === undefined || least === undefined) return undefined;
  const share = resolutionMs > 0 ? resolutionMs / Math.max(least.ms, resolutionMs) : 0;
  const text = `${latency.name}: steps of ${figure(resolutionMs)} ms`;
  if (share <= RESOLUTION_SHARE_MAX) return clean(text);
  return hit(
    `${text}, ${percent(share)} of p${least.percent} = ${figure(least.ms)} ms`,
    `between ${figure(Math.max(0, least.ms - resolutionMs))} and ` +
      `${figure(least.ms + resolutionMs)} ms`,
  );
}

function leastOf({ quoted }: LatencyClaim) {
  const positive = quoted.filter(({ ms }) => ms >= 0);
  return positive.length === 0 ? undefined : positive.reduce((a, b) => (b.ms < a.ms ? b : a));
}

function findSkew({ clock, latencies }: Claims): Finding[] {
  const { skewMs, skewBoundMs } = clock ?? {};
  if (skewMs === undefined || skewBoundMs === undefined) return [];
  const leasts = latencies.flatMap((latency) => leastOf(latency)?.ms ?? []);
  const leastMs = leasts.length === 0 ? 1 : Math.min(...leasts);
  // Half a round trip is all that may stand between two clocks that agree.
  const provenMs = Math.max(0, Math.abs(skewMs) - skewBoundMs);
  const apart = `clocks of two processes ${figure(Math.abs(skewMs))} ms apart`;
  const text = `${apart}, known to ${figure(skewBoundMs)} ms`;
  if (provenMs > leastMs * SKEW_SHARE_MAX) {
    return [hit(text, `each latency between them ${figure(provenMs)} ms off at least`)];
  }
  if (leasts.length > 0 && skewBoundMs > leastMs * BOUND_SHARE_MAX) {
    return [cannotTell(`a better bound on the skew than ${figure(skewBoundMs)} ms`)];
  }
  return [clean(text)];
}

export const generatorLate: Check = {
  name: 'generator-late',
  mistake: 'a generator that did not keep to its own schedule',
  find({ generator, load }) {
    const { lagMsP99, notStarted, started, due } = generator ?? {};
    const findings: Finding[] = [];
    if (lagMsP99 !== undefined) {
      const text = `p99 ${figure(lagMsP99)} ms behind its schedule`;
      const next = `every latency may be up to ${figure(lagMsP99)} ms more from when it was due`;
      findings.push(lagMsP99 > LAG_MS_MAX ? hit(text, next) : clean(text));
    }
    if (due !== undefined) {
      const { perS, plannedPerS, shareOff } = due;
      const text = `${figure(perS)}/s were due of ${figure(plannedPerS)}/s that were planned`;
      const off = Math.max(DUE_SHARE_OFF, shareOff) * plannedPerS;
      findings.push(Math.abs(perS - plannedPerS) > off ? hit(text) : clean(text));
    }
    if (notStarted !== undefined && started !== undefined) {
      const due = notStarted + started;
      const text = `${figure(notStarted)} of ${figure(due)} that were due were never begun`;
      findings.push(notStarted > due * NOT_STARTED_SHARE_MAX ? hit(text) : clean(text));
    }
    if (findings.length === 0 && load?.kind === 'closed') {
      return trivial('a closed loop has no schedule to be late for');
    }
    return together(findings, 'when things were due');
  },
};
