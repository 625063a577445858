/**
 * Little's law, for the audit: how many requests were under way on average, counted at every moment
 * at which one came or went. It says something only by another witness than that of the latencies
 * that it is held against: of the same due times and answers it holds whatever these are.
 */
import type { TrialResult } from '../trial-result.ts';

type InSystem = NonNullable<NonNullable<TrialResult['audit']>['inSystem']>;

/** Undefined where they were all due at one moment. */
export function measureInSystem(
  requests: readonly { readonly dueUs: number; readonly answeredUs: number }[],
): InSystem | undefined {
  const moments = [
    ...requests.map(({ dueUs }) => ({ us: dueUs, change: 1 })),
    ...requests.map(({ answeredUs }) => ({ us: answeredUs, change: -1 })),
  ].sort((one, other) => one.us - other.us);
  let [underWay, area] = [0, 0];
  let lastUs = moments[0]?.us ?? 0;
  for (const { us, change } of moments) {
    area += underWay * (us - lastUs);
    underWay += change;
    lastUs = us;
  }
  const spanUs = lastUs - (moments[0]?.us ?? 0);
  if (spanUs <= 0) return undefined;
  return { likes: area / spanUs, duePerS: (requests.length * 1e6) / spanUs, spanS: spanUs / 1e6 };
}
