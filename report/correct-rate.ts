/** The one rate that a whole broker is chosen by. */
import type { TrialResult } from '../lab/trial-result.ts';

/**
 * Likes per second that go the whole way, published first and counted then, each exactly once; the
 * likes divided by the time of both: p·c / (p + c). Undefined where numbers do not stand.
 */
export function correctLikesPerS({ plan, rates, numbersValid }: TrialResult): number | undefined {
  const { publishedLikesPerS: published, countedLikesPerS: counted } = rates ?? {};
  if (plan.mode !== 'publish-then-count' || !numbersValid || !published || !counted) {
    return undefined;
  }
  return (published * counted) / (published + counted);
}
