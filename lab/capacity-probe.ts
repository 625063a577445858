/** Whether a paced trial holds an objective: a step of the search for a broker's capacity. */
import { generatorLate } from './audit/checks/clocks.ts';
import { isStruckBy } from './audit/of-trial.ts';
import type { Limit, SearchStep } from './capacity-search.ts';
import { formatNumber } from './table.ts';
import type { TrialResult } from './trial-result.ts';

/** Due to visible, 99 % of the likes, where nobody names another objective. */
export const OBJECTIVE_MS_DEFAULT = 250;

/**
 * A rate holds when every count is right, nothing was lost, the backlog does not grow, 99 % of the
 * likes are visible within the objective, and the numbers stand. What limits it otherwise is the
 * first of these that is not so, the most telling one first: a backlog that grows is why a p99 is
 * too long, and not the other way round. Undefined for a trial that offered no rate at all.
 */
export function searchStepOf(result: TrialResult, objectiveMs: number): SearchStep | undefined {
  const { likesPerS } = result.plan;
  if (likesPerS === undefined) return undefined;
  const limit = limitOf(result, objectiveMs);
  return { likesPerS, limit, found: foundIn(result, limit) };
}

/** What keeps a paced trial from holding the objective; undefined when it holds. */
export function limitOf(result: TrialResult, objectiveMs: number): Limit | undefined {
  const { verdict, ledger, latencies, backlog, numbersValid, numbersStruck } = result;
  if (ledger !== undefined && ledger.lost > 0) return 'loss';
  if (verdict === 'fail') return 'broken promise';
  if (verdict !== 'pass' || latencies === undefined) return 'not judged';
  if (backlog?.grows) return 'backlog';
  if (latencies.dueToVisible.p99Us / 1000 > objectiveMs) return 'p99';
  if (numbersValid) return undefined;
  const isLate = numbersStruck.some((reason) => isStruckBy(reason, generatorLate));
  return isLate ? 'generator' : 'numbers struck out';
}

function foundIn(result: TrialResult, limit: Limit | undefined): string {
  const { ledger, latencies, backlog, reasons, numbersStruck } = result;
  const p99 = latencies && `p99 ${milliseconds(latencies.dueToVisible.p99Us / 1000)}`;
  const growth = backlog && `backlog grows by ${formatNumber(backlog.growthLikesPerS, 0)}/s`;
  const why: Readonly<Record<Limit, string | undefined>> = {
    p99,
    backlog: [p99, growth].filter((part) => part !== undefined).join(', '),
    loss: `${formatNumber(ledger?.lost ?? 0, 0)} lost`,
    'broken promise': reasons[0],
    generator: [p99, numbersStruck[0]].join(', '),
    'numbers struck out': [p99, numbersStruck[0]].join(', '),
    'not judged': reasons[0],
  };
  return (limit === undefined ? p99 : why[limit]) ?? 'nothing was measured';
}

function milliseconds(ms: number): string {
  return `${formatNumber(ms, ms < 10 ? 1 : 0)} ms`;
}

/** What limits the rates above a capacity, and whose limit that is, where a trial tells it. */
export function whatLimits(limit: Limit, results: readonly TrialResult[]): string {
  const bound = results.flatMap(({ notes }) =>
    notes.filter((note) => note.startsWith('client-bound')),
  );
  const [first] = [...new Set(bound)];
  return first === undefined ? limit : `${limit} (${first})`;
}
