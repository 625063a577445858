/** One line for every report: what of its numbers is the lab's own. */
import { median } from '../lab/statistics/median.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';

/** The rate that the line speaks of. */
const LIKES_PER_S = 5_000;
/** What the lab aims at, with the store's commit in it. */
const AIM_MS = 3;

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
  const p99Ms = (way: 'toVisible' | 'toDelivered') =>
    median(valid.map(({ addedLatency }) => addedLatency![way].p99Us / 1_000));
  const [visibleMs, deliveredMs] = [p99Ms('toVisible'), p99Ms('toDelivered')];
  return (
    `The lab itself adds ${formatNumber(visibleMs, 1)} ms (p99) ${rate}, up to the delivery ` +
    `${formatNumber(deliveredMs, 1)} ms${describeMiss(visibleMs, valid[0]!)}`
  );
}

/** Empty where the aim is met. */
function describeMiss(visibleMs: number, { machine }: TrialResult): string {
  if (visibleMs <= AIM_MS) return '';
  // No cause that these trials do not show: only what stands in their settings.
  return (
    ` (its aim is ${AIM_MS} ms, missed by ${formatNumber(visibleMs - AIM_MS, 1)} ms; in it is ` +
    'the commit of the store, and producer, server, consumer and reader share ' +
    `${machine.cores} cores)`
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
