/** The tiers in the order of what they promise, the one most people ask for first. */
import type { TrialResult } from '../../lab/trial-result.ts';

export const TIER_ORDER: readonly TrialResult['tier'][] = ['kill', 'power', 'everysec', 'memory'];

/** What becomes of an acknowledged like there, when the server or its machine dies. */
export const TIER_WORDS: Readonly<Record<TrialResult['tier'], string>> = {
  kill: 'an acknowledged like is to survive the death of the server process, but no power cut',
  power: 'an acknowledged like is to survive the death of the server process, and a power cut',
  everysec: 'the death of the server process, or a power cut, may take the last 2 s along',
  memory: 'no acknowledged like is promised to survive the death of the server process',
};

export function tiersOf(results: readonly TrialResult[]): TrialResult['tier'][] {
  return TIER_ORDER.filter((tier) => results.some((result) => result.tier === tier));
}
