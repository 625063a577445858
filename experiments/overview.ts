/** The one table to begin with: a row for each broker and tier, over all experiments of a run. */

import {
  apart,
  BROKER_HEAD,
  brokerOf,
  CPU_WHOLE,
  SURVIVAL_PROMISE,
  TIER_HEAD,
} from '../lab/common-columns.ts';
import type { Column } from '../lab/experiment.ts';
import { isVoidReason } from '../lab/measure-recovery.ts';
import { isUsualStore } from '../lab/store-plan.ts';
import { cellOf, type Table } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';

/** The rate at which latencies of all brokers can be compared: the slowest of them bears it. */
const COMMON_PACE = '100/s';

const COLUMNS: readonly Column[] = [
  {
    head: 'correct likes/s',
    meaning:
      'Likes per second that go the whole way, each counted exactly once by the ledger: one ' +
      'process publishes them, then one counts them; the likes divided by the time of both, ' +
      'warm-up apart.',
    value({ plan, experiment, rates }) {
      if (experiment !== 'throughput' || plan.mode !== 'publish-then-count') return undefined;
      const { publishedLikesPerS: published, countedLikesPerS: counted } = rates ?? {};
      return published && counted ? (published * counted) / (published + counted) : undefined;
    },
  },
  {
    head: `p99 ms at ${COMMON_PACE}`,
    meaning: `From due to visible in the count, 99 % are faster; ${COMMON_PACE} offered to all.`,
    // A point of a capacity curve at that rate is a shorter trial, and no repeat of these.
    value: ({ plan, latencies, capacity }) =>
      plan.pace === COMMON_PACE && latencies && !capacity
        ? latencies.dueToVisible.p99Us / 1000
        : undefined,
    digits: 1,
  },
  {
    head: 'inversions per million',
    meaning:
      'With users who press again and again and several consumers: likes first delivered after a ' +
      'later one of the same post.',
    value: ({ experiment, plan, ledger }) =>
      experiment === 'ordering' && plan.consumers > 1 && ledger && ledger.counted > 0
        ? (ledger.inversions * 1e6) / ledger.counted
        : undefined,
    isFinding: true,
  },
  {
    head: 'survives kill',
    meaning:
      'After SIGKILL of the server under load: how many acknowledged likes were lost, out of how ' +
      'many, and whether survival was promised.',
    value: (result) => {
      const { recovery, ledger } = result;
      if (recovery === undefined || ledger === undefined) return undefined;
      const ok = ledger.ok.toLocaleString('en-US');
      const promise = SURVIVAL_PROMISE.value(result);
      const promised = promise === 'survives' ? '' : `, ${promise} promised`;
      const { verdict, reasons } = result;
      const lost = ledger.lost.toLocaleString('en-US');
      if (ledger.lost > 0) return `no: ${lost} of ${ok} lost${promised}`;
      if (verdict === 'unknown' || reasons.some(isVoidReason)) return 'could not be judged';
      return `yes: 0 of ${ok} lost${promised}`;
    },
    isFinding: true,
  },
  {
    ...CPU_WHOLE,
    meaning: apart(CPU_WHOLE).meaning,
    value: (result) =>
      result.experiment === 'throughput' ? apart(CPU_WHOLE).value(result) : undefined,
  },
];

const ROW_HEADS = [
  BROKER_HEAD,
  TIER_HEAD,
  {
    head: 'trials passed',
    meaning: 'Trials whose every count is right and whose every promise was kept, out of all.',
  },
];

/** The heads of the overview with what they mean. */
export const OVERVIEW_MEANINGS = [...ROW_HEADS, ...COLUMNS].map(({ head, meaning }) => {
  return { head, meaning };
});

/** Undefined for results of a single experiment: they have a table of their own. */
export function overviewOf(all: readonly TrialResult[]): Table | undefined {
  const results = all.filter(isUsualStore);
  if (new Set(results.map(({ experiment }) => experiment)).size < 2) return undefined;
  const groups = Map.groupBy(results, (result) => `${brokerOf(result)} ${result.tier}`);
  const names = [...groups.keys()].sort((a, b) => a.localeCompare(b, 'en'));
  const rows = names.map((name) => rowOf(groups.get(name)!));
  return {
    title: 'Overview',
    heads: OVERVIEW_MEANINGS.map(({ head }) => head),
    rows,
    notes: [],
  };
}

function rowOf(group: readonly TrialResult[]): string[] {
  const [first] = group;
  const passed = group.filter(({ verdict }) => verdict === 'pass').length;
  const cells = COLUMNS.map((column) => cellOf(column, group));
  return [brokerOf(first!), first!.tier, `${passed} of ${group.length}`, ...cells];
}
