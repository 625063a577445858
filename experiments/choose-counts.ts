/** Order and survival, from trials in which every like was followed. */
import { formatNumber } from '../lab/table.ts';
import {
  type Candidate,
  type Cell,
  type Located,
  type Needs,
  no,
  notMeasured,
  yes,
} from './choose-cell.ts';

const TIERS_PAGE = 'results/README.md, what the columns mean: tier';

/** `own`: of this broker, at any tier. The newest come first. */
export function orderCell(
  { broker, tier }: Candidate,
  own: readonly Located[],
  needs: Needs,
): Cell {
  if (!needs.ordered) return yes('no order is asked for', 'your answer');
  const measured = own.filter(
    ({ result: { experiment, ledger, verdict } }) =>
      experiment === 'ordering' && ledger !== undefined && verdict !== 'unknown',
  );
  const disordered = measured.find(({ result }) => result.ledger!.inversions > 0);
  const inverted = disordered && `${inversionsOf(disordered)} out of order`;
  const promises = own.find(({ result }) => result.promises !== undefined)?.result.promises;
  if (promises?.order === 'none') {
    const words = inverted === undefined ? '' : `, and ${inverted} were measured`;
    return no(`no order is promised${words}`, disordered?.path ?? promises.source);
  }
  if (disordered !== undefined) {
    return no(`an order per post is promised, yet ${inverted}`, disordered.path);
  }
  const several = measured.filter(({ result }) => result.plan.consumers > 1);
  const best = several.find(({ result }) => result.tier === tier) ?? several[0];
  if (best === undefined) {
    return notMeasured(
      'order with several consumers',
      `ordering -- --brokers ${broker} --tier ${tier}`,
    );
  }
  const { ledger, plan, tier: measuredAt } = best.result;
  const at = measuredAt === tier ? '' : `, measured at tier ${measuredAt}`;
  const counted = formatNumber(ledger!.counted, 0);
  return yes(`0 of ${counted} likes out of order with ${plan.consumers} consumers${at}`, best.path);
}

function inversionsOf({ result: { ledger } }: Located): string {
  return `${formatNumber(ledger!.inversions, 0)} of ${formatNumber(ledger!.counted, 0)} likes`;
}

/** `own`: of this broker at this tier. */
export function survivalCell(candidate: Candidate, own: readonly Located[], needs: Needs): Cell {
  if (needs.survive === 'none') return yes('nothing has to survive', 'your answer');
  const { broker, tier } = candidate;
  const isPower = needs.survive === 'power';
  const struck = own.filter(({ result: { recovery, faults } }) =>
    isPower
      ? faults?.name === 'power-cut'
      : recovery !== undefined || faults?.name === 'server-kill',
  );
  const enough = isPower ? tier === 'power' : tier === 'kill' || tier === 'power';
  const what = isPower ? 'a power cut' : 'a SIGKILL of the server';
  if (!enough) return notPromised(candidate, struck, what);
  const judged = struck.filter(
    ({ result: { ledger, verdict, faults } }) =>
      faults?.whyNot === undefined && ledger !== undefined && verdict !== 'unknown',
  );
  const broken = judged.filter(
    ({ result: { ledger, verdict } }) => ledger!.lost > 0 || verdict === 'fail',
  );
  const kept = judged.filter((one) => !broken.includes(one));
  const [worst] = broken;
  if (worst !== undefined) {
    const others =
      kept.length > 0 ? `; ${kept.length} other trials lost none, which does not undo it` : '';
    return no(
      `${lossOf([worst])} by ${what}, although tier ${tier} promises none${others}`,
      worst.path,
    );
  }
  const [newest] = kept;
  if (newest !== undefined) {
    return yes(`${lossOf(kept)} by ${strikesOf(kept)} × ${what}`, newest.path);
  }
  const command = isPower
    ? `faults -- --brokers ${broker} --tier ${tier} --faults power-cut`
    : `persistence -- --brokers ${broker} --tier ${tier}`;
  const whyNot = struck.find(({ result }) => result.faults?.whyNot !== undefined);
  if (whyNot !== undefined) {
    return {
      state: 'unknown',
      reason: `not tested: ${whyNot.result.faults!.whyNot}`,
      source: whyNot.path,
    };
  }
  return notMeasured(`${what} at tier ${tier}`, command);
}

/** What the tier says, and what was seen of it. */
function notPromised({ tier }: Candidate, struck: readonly Located[], what: string): Cell {
  const lost = struck.find(({ result }) => (result.ledger?.lost ?? 0) > 0);
  const seen = lost === undefined ? '' : `; measured: ${lossOf([lost])}`;
  const isLate = tier === 'everysec' && what !== 'a power cut';
  const words = isLate
    ? 'up to the last 2 s may be lost when an fsync is late'
    : `tier ${tier} promises nothing for ${what}`;
  return no(`${words}${seen}`, lost?.path ?? TIERS_PAGE);
}

function lossOf(trials: readonly Located[]): string {
  const sum = (field: 'lost' | 'ok') =>
    formatNumber(
      trials.reduce((total, { result }) => total + (result.ledger?.[field] ?? 0), 0),
      0,
    );
  return `${sum('lost')} of ${sum('ok')} acknowledged likes lost`;
}

function strikesOf(trials: readonly Located[]): number {
  return trials.reduce((sum, { result }) => sum + (result.faults?.valid ?? 1), 0);
}
