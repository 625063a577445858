/** What an experiment is told when it is asked for its steps. */
import type { StepOrder } from '../../lab/experiment.ts';

export function orderOf(
  changed: Partial<Omit<StepOrder, 'contender'>> & Partial<StepOrder['contender']> = {},
): StepOrder {
  const { profile = 'quick', likes, faults, strikes, ...contender } = changed;
  return {
    profile,
    likes,
    faults,
    strikes,
    contender: { broker: 'kafka', tier: 'kill', likesPerSRough: 10_000, ...contender },
  };
}

export const CEILING = { broker: 'null', tier: 'memory' } as const;
