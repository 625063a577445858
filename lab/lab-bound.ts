/** Which rows the lab itself limits: the null broker only passes the same bytes on. */
import type { TrialResult } from './trial-result.ts';

/** The broker that is the ceiling of the lab itself, and competes with nobody. */
export const LAB_CEILING = 'null';
/** From this share of the null broker's rate on, a row measures the lab more than the queue. */
const LAB_BOUND_SHARE = 0.7;

/**
 * Marks rows whose rate is above 70 % of the null broker's in the same run. The notes of the result
 * files stay as they are, since they know their own trial only.
 */
export function markLabBound(results: readonly TrialResult[]): TrialResult[] {
  const fields = ['publishedLikesPerS', 'countedLikesPerS', 'sustainedLikesPerS'] as const;
  const ceiling = (field: (typeof fields)[number], mode: string) =>
    Math.max(
      0,
      ...results
        .filter(({ broker, plan }) => broker === LAB_CEILING && plan.mode === mode)
        .map(({ rates }) => rates?.[field] ?? 0),
    );
  return results.map((result) => {
    if (result.broker === LAB_CEILING || result.plan.mode === 'paced') return result;
    const bound = fields.filter((field) => {
      const most = ceiling(field, result.plan.mode);
      return most > 0 && (result.rates?.[field] ?? 0) > LAB_BOUND_SHARE * most;
    });
    if (bound.length === 0) return result;
    const names = bound.map((field) => field.replace('LikesPerS', '')).join(', ');
    return { ...result, notes: [...result.notes, `lab-bound: ${names} above 70 % of null`] };
  });
}
