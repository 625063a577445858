/** The fourteen mistakes that measurements of queues make, each with its check. */
import type { Audited, Check } from './check.ts';
import { clock, generatorLate } from './checks/clocks.ts';
import { littlesLaw, rateAboveOffered, saturation } from './checks/flow.ts';
import { equalWork, settingsLabel } from './checks/labels.ts';
import { timeoutInRate, warmUpInRate, windowSpread } from './checks/rates.ts';
import { histogramEdge, percentileSamples, sampleCount, samplesDropped } from './checks/samples.ts';
import type { Claims } from './claims.ts';

export const CHECKS: readonly Check[] = [
  littlesLaw,
  sampleCount,
  samplesDropped,
  rateAboveOffered,
  settingsLabel,
  histogramEdge,
  warmUpInRate,
  clock,
  timeoutInRate,
  windowSpread,
  equalWork,
  percentileSamples,
  saturation,
  generatorLate,
];

/** Every check in its order, whatever the claims lack. */
export function audit(claims: Claims): Audited[] {
  return CHECKS.map((check) => ({ name: check.name, ...check.find(claims) }));
}
