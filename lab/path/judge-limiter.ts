/** From the evidence of a trial over HTTP to what its result says of the limiter. */
import type { Decision } from '../limiter-oracle.ts';
import type { LimiterFacts } from '../limiter-schema.ts';
import { measureLimiter, type SeenRequest } from '../measure-limiter.ts';
import type { TrialEvidence } from '../run-trial.ts';
import type { TrialPlan } from '../trial-plan.ts';
import { crowdOf } from './crowd-load.ts';
import type { RequestRecord } from './request-records.ts';

/** Undefined where the plan limits nobody. */
export function judgeLimiter(
  plan: TrialPlan,
  { producers, path }: Pick<TrialEvidence, 'producers' | 'path'>,
  requests: readonly RequestRecord[],
): LimiterFacts | undefined {
  const crowd = crowdOf(plan);
  const [first] = requests;
  if (crowd === undefined || first === undefined) return undefined;
  const { gateways, limiter } = plan.path!;
  const limiterRedis = path?.limiterRedis;
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  const perRequest = (cpuUs: number) => cpuUs / requests.length;
  const facts = measureLimiter({
    ...{ crowd, limit: limiter!, gateways },
    seen: seenIn(requests, gateways),
    decidedAlone: sum(producers.map(({ decidedAlone = 0 }) => decidedAlone)),
    away: limiterRedis?.away,
    startUs: first.dueUs - crowd.likes[first.place]!.dueUs,
  });
  return {
    ...facts,
    gatewayCpuUsPerRequest: perRequest(sum(producers.map(({ usage }) => usage.cpuUs))),
    ...(limiterRedis?.cpuUs !== undefined && {
      redisCpuUsPerRequest: perRequest(limiterRedis.cpuUs),
    }),
  };
}

/** By place. The client gives its requests to the gateways in turn, the first one to the first. */
function seenIn(requests: readonly RequestRecord[], gateways: number): (SeenRequest | undefined)[] {
  const seen: (SeenRequest | undefined)[] = [];
  for (const { place, sentUs, answeredUs, outcome } of requests) {
    const decision = decisionOf(outcome);
    seen[place] = { sentUs, answeredUs, decision, gateway: place % gateways };
  }
  return seen;
}

/**
 * A like that the broker refused, or may have, had passed the limiter before; one that was shed may
 * have been shed before or after.
 */
function decisionOf({ kind }: RequestRecord['outcome']): Decision {
  if (kind === 'limited') return 'stopped';
  return kind === 'accepted' || kind === 'refused' || kind === 'unknown' ? 'passed' : 'none';
}
