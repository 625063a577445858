/** Checks on what flows through a system: what is in it, what was offered, what it could bear. */
import {
  type Check,
  clean,
  type Finding,
  figure,
  hit,
  percent,
  together,
  trivial,
} from '../check.ts';
import type { Claims, FlowClaim, RateClaim } from '../claims.ts';

/** Likes at both ends of the measured time are in the one figure and not in the other. */
const FLOW_SHARE_OFF = 0.1;
/** A rate that is taken between two moments may be off by what fell due between two wakings. */
const OFFERED_SHARE_OFF = 0.02;
/** Windows that a rate is held against: this many, and this share of its time. */
const WINDOWS_LEAST = 3;
const WINDOWS_SHARE_LEAST = 0.9;
/** Below this share of what was offered a system is saturated. */
const REACHED_SHARE_LEAST = 0.95;
/** So much that waits is a queue that builds up, whatever the load was. */
const BACKLOG_S_MAX = 1;

export const littlesLaw: Check = {
  name: 'littles-law',
  mistake: 'rate, latency and what was in the system do not fit each other',
  find: ({ flows, unit }) =>
    together(
      flows.map((flow) => findFlow(flow, unit)),
      'how many were in the system at a time',
    ),
};

function findFlow(flow: FlowClaim, unit: string): Finding {
  const { name, perS, meanMs, inSystem, inSystemOff = 0, inSystemMax } = flow;
  const expected = (perS * meanMs) / 1000;
  const law = `${figure(perS)}/s × ${figure(meanMs)} ms = ${figure(expected)} ${unit}`;
  const isTooMuch = inSystemMax !== undefined && expected > inSystemMax * (1 + FLOW_SHARE_OFF);
  if (isTooMuch) {
    return hit(
      `${name}: ${law} in the system, which holds ${figure(inSystemMax)} at most`,
      `a mean of at most ${figure((inSystemMax / perS) * 1000)} ms at that rate`,
    );
  }
  if (inSystem === undefined) return clean(`${name}: ${law}, within ${figure(inSystemMax ?? 0)}`);
  const off = Math.max(FLOW_SHARE_OFF * Math.abs(expected), inSystemOff);
  if (Math.abs(inSystem - expected) <= off) {
    return clean(`${name}: ${law}, ${figure(inSystem)} counted`);
  }
  return hit(
    `${name}: ${law} in the system on average, and ${figure(inSystem)} were counted in it`,
    inSystem > 0 && perS > 0
      ? `a mean of ${figure((inSystem / perS) * 1000)} ms by that count`
      : undefined,
  );
}

export const rateAboveOffered: Check = {
  name: 'rate-above-offered',
  mistake: 'a rate above what was offered, or above its own best window',
  find: ({ rates }) =>
    together(
      rates.flatMap((rate) => {
        const { name, perS, offeredPerS, windowsPerS = [] } = rate;
        const findings: Finding[] = [];
        if (offeredPerS !== undefined) {
          const text = `${name}: ${figure(perS)}/s of ${figure(offeredPerS)}/s offered`;
          const isAbove = perS > offeredPerS * (1 + OFFERED_SHARE_OFF);
          findings.push(isAbove ? hit(text, `${figure(offeredPerS)}/s at most`) : clean(text));
        }
        if (!coversAll(rate)) return findings;
        const best = Math.max(...windowsPerS);
        const text = `${name}: ${figure(perS)}/s, best window ${figure(best)}/s`;
        const isAbove = perS > best * (1 + OFFERED_SHARE_OFF);
        return [...findings, isAbove ? hit(text, `${figure(best)}/s at most`) : clean(text)];
      }),
      'what rate was offered',
    ),
};

/** What lies outside all full windows may have been faster than any of them. */
function coversAll({ windowsPerS = [], windowS, spanS }: RateClaim): boolean {
  if (windowsPerS.length < WINDOWS_LEAST || windowS === undefined || spanS === undefined) {
    return false;
  }
  return windowsPerS.length * windowS >= spanS * WINDOWS_SHARE_LEAST;
}

export const saturation: Check = {
  name: 'saturation',
  mistake: 'latencies of a saturated system, which measure its queue, not named so',
  find(claims) {
    const { load, latencies } = claims;
    if (latencies.length === 0) return trivial('no latency is given');
    const findings = [...findUnreached(claims), ...findBacklog(claims)];
    if (load?.busyShare !== undefined && load.kind !== 'open') {
      const busy = `${percent(load.busyShare)} of what could be in flight was`;
      if (load.busyShare < 0.8) findings.push(clean(busy));
      else
        findings.push({ verdict: 'cannot tell', evidence: `whether the server had room: ${busy}` });
    }
    return together(findings, 'what rate was offered');
  },
};

function findUnreached({ load, unit }: Claims): Finding[] {
  const { offeredPerS, reachedPerS, trend } = load ?? {};
  const findings: Finding[] = [];
  if (offeredPerS !== undefined && reachedPerS !== undefined) {
    const text = `${figure(reachedPerS)}/s of ${figure(offeredPerS)}/s offered`;
    const isLess = reachedPerS < offeredPerS * REACHED_SHARE_LEAST;
    const next = `latencies for a rate below ${figure(reachedPerS)}/s; these measure the queue`;
    findings.push(isLess ? hit(`saturated, ${text}`, next) : clean(text));
  }
  if (trend !== undefined) {
    const of = offeredPerS === undefined ? '' : `, with ${figure(offeredPerS)}/s offered`;
    const text = `the backlog changes by ${figure(trend.perS)} ${unit}/s${of}`;
    const next = 'latencies for a lower rate; these measure the queue';
    findings.push(trend.grows ? hit(`saturated: ${text}`, next) : clean(text));
  }
  return findings;
}

function findBacklog({ backlog, unit }: Claims): Finding[] {
  if (backlog === undefined || backlog.counts.length === 0 || backlog.perS <= 0) return [];
  const most = Math.max(...backlog.counts);
  const text = `${figure(most)} ${unit} waiting, ${figure(most / backlog.perS)} s of work`;
  return [most > backlog.perS * BACKLOG_S_MAX ? hit(text) : clean(text)];
}
