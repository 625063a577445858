/** The rates that a result of ours prints, and what its witness says of them. */
import { WARM_UP_SHARE } from '../measure-rates.ts';
import type { TrialResult } from '../trial-result.ts';
import { WINDOWS_LEAST } from './checks/rates.ts';
import type { RateClaim } from './claims.ts';

type RateName = 'published' | 'counted' | 'sustained';
type Witnessed = NonNullable<NonNullable<TrialResult['audit']>['rates']>[number];

/** Their rate is that of their schedule. */
const OPEN_LOOPS: readonly TrialResult['plan']['mode'][] = ['paced', 'reads', 'hot-spot'];

export function ratesOf(result: TrialResult): RateClaim[] {
  const { rates, audit: facts } = result;
  if (rates === undefined) return [];
  return (['published', 'counted', 'sustained'] as const).flatMap((name) => {
    const perS = rates[`${name}LikesPerS`];
    if (perS === undefined) return [];
    const witness = facts?.rates?.find((rate) => rate.name === name);
    return [
      {
        name,
        perS,
        offeredPerS: offeredOf(result),
        events: witness?.likes,
        eventsWithWarmUp: witness?.likesWithWarmUp,
        spanS: witness?.spanS,
        longestGapS: witness?.longestGapS,
        ...windowsOf(result, name, witness),
      },
    ];
  });
}

/** Paced trials: as planned, or with Poisson arrivals, which differ by chance, as it came about. */
export function offeredOf({ plan, audit: facts }: TrialResult): number | undefined {
  if (plan.mode !== 'paced') return undefined;
  if (plan.arrivals !== 'poisson') return plan.likesPerS;
  return facts?.due && facts.due.likes / facts.due.spanS;
}

/**
 * Full seconds where there are enough of them, and else tenths of the time, however short it is:
 * what is sent or committed at once then makes them differ more, and their limit is wider. In an
 * open loop short windows tell nothing of the rate, which is that of the schedule: what makes them
 * differ is what likes wait, and that the latencies say.
 */
function windowsOf(
  result: TrialResult,
  name: RateName,
  witness: Witnessed | undefined,
): Pick<RateClaim, 'windowsPerS' | 'windowS' | 'blocksPerWindow'> {
  const seconds = fullWindows(result, name, witness);
  const isOpen = OPEN_LOOPS.includes(result.plan.mode);
  if (witness?.windows === undefined || isOpen || seconds.length >= WINDOWS_LEAST) {
    return { windowsPerS: seconds, windowS: 1 };
  }
  const { windowS, likes, blocks } = witness.windows;
  const windowsPerS = likes.map((count) => count / windowS);
  return { windowsPerS, windowS, blocksPerWindow: blocks / likes.length };
}

/**
 * The full seconds of a rate after the warm-up. The first and the last second that anything was
 * done in are full by chance only. Without a witness the warm-up ends where its share of likes is
 * reached.
 */
function fullWindows(
  { rates, plan }: TrialResult,
  name: RateName,
  witness: Witnessed | undefined,
): number[] {
  const perSecond = name === 'published' ? rates!.publishedPerSecond : rates!.countedPerSecond;
  if (witness !== undefined) {
    const { fromS, spanS } = witness;
    // What is sent after the warm-up is visible a little later.
    const first = Math.ceil(fromS) + (name === 'sustained' ? 1 : 0);
    return perSecond.slice(first, Math.max(first, Math.floor(fromS + spanS)));
  }
  const total = perSecond.reduce((sum, count) => sum + count, 0);
  const least = plan.warmUpS ?? 0;
  let counted = 0;
  const first = perSecond.findIndex((count, second) => {
    const isOver = counted >= total * WARM_UP_SHARE && second >= least && counted > 0;
    counted += count;
    return isOver;
  });
  return first === -1 ? [] : perSecond.slice(first, -1);
}
