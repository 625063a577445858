/** Rate and latency, from `capacity-curve` where it was run, else from throughput and latency. */
import type { Limit } from '../lab/capacity-search.ts';
import { LabError } from '../lab/lab-error.ts';
import { maximumOf } from '../lab/own-maximum.ts';
import { median } from '../lab/statistics/median.ts';
import { formatNumber } from '../lab/table.ts';
import { foundBySearch } from './capacity-curve.ts';
import {
  type Candidate,
  type Cell,
  type Located,
  type Needs,
  no,
  notMeasured,
  yes,
} from './choose-cell.ts';

const MAXIMUM_EXPERIMENTS = new Set(['throughput', 'latency', 'capacity-curve']);

/** What else ends a search, such as a generator that is late, is the lab's and not the broker's. */
const LIMITS_OF_BROKERS: ReadonlySet<Limit> = new Set(['p99', 'backlog', 'loss', 'broken promise']);

const rate = (likesPerS: number) => `${formatNumber(likesPerS, 0)}/s`;
const milliseconds = (ms: number) => `${formatNumber(ms, ms < 10 ? 1 : 0)} ms`;

/** `own`: of this broker at this tier, the newest run first. */
export function rateCell(candidate: Candidate, own: readonly Located[], needs: Needs): Cell {
  return (
    cellOfCapacity(own, needs) ??
    cellOfMaximum(candidate, own, needs) ??
    notMeasured('its rate', capacityCommand(candidate, needs))
  );
}

function capacityCommand({ broker, tier }: Candidate, { objectiveMs }: Needs): string {
  return `capacity-curve -- --brokers ${broker} --tier ${tier} --objective ${objectiveMs}ms`;
}

/**
 * A capacity under a stricter objective than the asked one is a rate that holds, and one under a
 * laxer objective is a border that nobody gets above; the other two ways say nothing.
 */
function cellOfCapacity(own: readonly Located[], needs: Needs): Cell | undefined {
  for (const search of byRun(own.filter(({ result }) => result.capacity !== undefined))) {
    const move = foundBySearch(search.map(({ result }) => result));
    const objectiveMs = search[0]!.result.capacity!.objectiveMs;
    if (move === undefined || move.kind === 'try') continue;
    const capacity = move.kind === 'done' ? move.capacityLikesPerS : 0;
    const holds = capacity >= needs.likesPerS;
    const tells = holds ? objectiveMs <= needs.objectiveMs : objectiveMs >= needs.objectiveMs;
    // A search that was cut short may have stopped far below the border.
    const isCut = move.kind === 'done' && !move.isResolved;
    const isOfBroker = move.limit !== undefined && LIMITS_OF_BROKERS.has(move.limit);
    if (!tells || (!holds && (isCut || !isOfBroker))) continue;
    const at = search.find(({ result }) => result.plan.likesPerS === capacity) ?? search[0]!;
    const words = `its capacity with p99 within ${milliseconds(objectiveMs)} is ${rate(capacity)}`;
    const limit = move.limit === undefined ? '' : `, then ${move.limit} fails`;
    return holds ? yes(`${words}${limit}`, at.path) : no(`${words}${limit}`, at.path);
  }
  return undefined;
}

/** Runs in the order in which they come. */
function byRun(located: readonly Located[]): Located[][] {
  return [...Map.groupBy(located, ({ result }) => result.run).values()];
}

function cellOfMaximum(candidate: Candidate, own: readonly Located[], needs: Needs) {
  for (const run of byRun(own)) {
    const closed = run.filter(({ result }) => isMaximum(result));
    const results = closed.map(({ result }) => result);
    const most = maximumIn(candidate, results);
    if (most === undefined) continue;
    const words = `its own maximum with both sides at work was ${rate(most)}`;
    const path = closed[0]!.path;
    return most >= needs.likesPerS ? yes(words, path) : no(words, path);
  }
  return undefined;
}

/** Of trials that had the machine to themselves: those of `faults` may run side by side. */
function isMaximum({ experiment, plan, numbersValid }: Located['result']): boolean {
  if (!numbersValid || !MAXIMUM_EXPERIMENTS.has(experiment)) return false;
  return plan.mode === 'sustained' || plan.mode === 'publish-then-count';
}

function maximumIn(candidate: Candidate, results: Located['result'][]): number | undefined {
  try {
    return maximumOf({ ...candidate, likesPerSRough: 0 }, results);
  } catch (error) {
    if (error instanceof LabError && error.code === 'STALLED') return undefined;
    throw error;
  }
}

/** A latency at one rate in one run: the median over its repeats. */
interface Measured {
  readonly likesPerS: number;
  readonly p99Ms: number;
  readonly startedAt: string;
  readonly path: string;
}

/**
 * A p99 grows with the rate: one within the objective at the asked rate or above it says yes, one
 * beyond it at the asked rate or below says no. Where trials say both, the newest one decides.
 */
export function latencyCell(candidate: Candidate, own: readonly Located[], needs: Needs): Cell {
  const measured = latenciesOf(own);
  const within = ({ p99Ms }: Measured) => p99Ms <= needs.objectiveMs;
  const good = measured.filter((one) => one.likesPerS >= needs.likesPerS && within(one));
  const bad = measured.filter((one) => one.likesPerS <= needs.likesPerS && !within(one));
  // Of several that say yes, the one at the rate that is nearest to the asked one.
  const [best] = good.sort((one, other) => one.likesPerS - other.likesPerS);
  const [worst] = bad.sort((one, other) => other.likesPerS - one.likesPerS);
  const newest =
    best && worst ? (best.startedAt > worst.startedAt ? best : worst) : (best ?? worst);
  if (newest === undefined) {
    return notMeasured(`latency at ${rate(needs.likesPerS)}`, capacityCommand(candidate, needs));
  }
  const other = newest === best ? worst : best;
  const words = wordsOf(newest);
  const against = other === undefined ? '' : `; an older trial says otherwise: ${wordsOf(other)}`;
  return newest === best ? yes(words + against, newest.path) : no(words + against, newest.path);
}

function wordsOf({ p99Ms, likesPerS }: Measured): string {
  return `p99 ${milliseconds(p99Ms)} at ${rate(likesPerS)}`;
}

/** Of paced trials whose numbers stand, and whose store was not held back on purpose. */
function latenciesOf(own: readonly Located[]): Measured[] {
  const paced = own.filter(
    ({ result: { plan, numbersValid, latencies, verdict } }) =>
      plan.mode === 'paced' &&
      plan.sharding === undefined &&
      plan.likesPerS !== undefined &&
      numbersValid &&
      latencies !== undefined &&
      verdict === 'pass',
  );
  const groups = Map.groupBy(paced, ({ result: { run, plan, experiment } }) =>
    [run, experiment, plan.pace, plan.likesPerS].join(),
  );
  return [...groups.values()].map((group) => {
    const p99s = group.map(({ result }) => result.latencies!.dueToVisible.p99Us / 1000);
    const { plan, startedAt } = group[0]!.result;
    return {
      likesPerS: plan.likesPerS!,
      p99Ms: median(p99s),
      startedAt,
      path: group[0]!.path,
    };
  });
}
