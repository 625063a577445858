/** The tiers in the order of what they promise, the one most people ask for first. */
import type { TrialResult } from '../../lab/trial-result.ts';

export const TIER_ORDER: readonly TrialResult['tier'][] = ['kill', 'power', 'everysec', 'memory'];

/** What an acknowledgement survives there. */
export const TIER_WORDS: Readonly<Record<TrialResult['tier'], string>> = {
  kill: 'the server process dies',
  power: 'the machine loses its power',
  everysec: 'the server process dies, but for an fsync that is late',
  memory: 'nothing',
};

export function tiersOf(results: readonly TrialResult[]): TrialResult['tier'][] {
  return TIER_ORDER.filter((tier) => results.some((result) => result.tier === tier));
}
