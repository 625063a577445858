/** One line for every report: what of its numbers is the lab's own. */
import { median } from '../lab/statistics/median.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';

/** The rate that the line speaks of. */
const LIKES_PER_S = 5_000;

/** Undefined where nobody measured what the lab adds. */
export function describeLabItself(results: readonly TrialResult[]): string | undefined {
  const added = describeAdded(results);
  const ceiling = describeCeiling(results);
  if (added === undefined) return undefined;
  return ceiling === undefined ? `${added}.` : `${added}; its ${ceiling}.`;
}

function describeAdded(results: readonly TrialResult[]): string | undefined {
  const asked = results.filter(
    ({ addedLatency, plan }) =>
      addedLatency !== undefined && plan.service === undefined && plan.likesPerS === LIKES_PER_S,
  );
  const valid = asked.filter(({ numbersValid }) => numbersValid);
  const rate = `at ${formatNumber(LIKES_PER_S, 0)} likes/s`;
  if (valid.length === 0) {
    const [first] = asked;
    if (first === undefined) return undefined;
    return `What the lab itself adds ${rate} could not be measured: ${first.numbersStruck[0]}`;
  }
  const p99Ms = (way: 'toVisible' | 'toDelivered') => {
    const all = valid.map(({ addedLatency }) => addedLatency![way].p99Us / 1_000);
    return formatNumber(median(all.sort((a, b) => a - b)), 1);
  };
  return (
    `The lab itself adds ${p99Ms('toVisible')} ms (p99) ${rate}, up to the delivery ` +
    `${p99Ms('toDelivered')} ms`
  );
}

/** What `null` bears the whole way, published and counted: no row of any broker can be above. */
function describeCeiling(results: readonly TrialResult[]): string | undefined {
  const rates = results
    .filter(({ broker, numbersValid }) => broker === 'null' && numbersValid)
    .flatMap(({ rates: found, plan }) => {
      const { publishedLikesPerS: published, countedLikesPerS: counted } = found ?? {};
      if (plan.mode === 'sustained') return found?.sustainedLikesPerS ?? [];
      if (plan.mode !== 'publish-then-count' || !published || !counted) return [];
      return (published * counted) / (published + counted);
    });
  if (rates.length === 0) return undefined;
  return `ceiling is ${formatNumber(Math.max(...rates), 0)} likes/s the whole way`;
}
