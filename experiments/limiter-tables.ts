/** The tables of `limiter`: what it does and costs, and whom it stops. */
import { BROKER_HEAD, TIER_HEAD } from '../lab/common-columns.ts';
import type { Column } from '../lab/experiment.ts';
import { cellOf, formatNumber, type Table } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { API_COLUMNS, GATEWAYS_HEAD, LIMITER_COLUMNS, LIMITER_HEAD } from './limiter-columns.ts';
import {
  type ApiHead,
  addedMs,
  type Kind,
  keyOf,
  LIMITER_NAMES,
  limiterOf,
  sumOf,
} from './limiter-facts.ts';

export function limiterTables(results: readonly TrialResult[]): Table[] {
  return [mainTable(results), kindsTable(results)].filter(({ rows }) => rows.length > 0);
}

const ORDER = Object.values(LIMITER_NAMES);

/** Repeats together; for each broker and number of gateways `off` first. */
function groupsOf(results: readonly TrialResult[]): TrialResult[][] {
  const groups = [...Map.groupBy(results, (result) => JSON.stringify(keyOf(result))).values()];
  const before = ([one]: readonly TrialResult[]) => keyOf(one!).slice(0, 3).join(' ');
  return groups.sort(
    (one, other) =>
      before(one).localeCompare(before(other), 'en', { numeric: true }) ||
      ORDER.indexOf(limiterOf(one[0]!)) - ORDER.indexOf(limiterOf(other[0]!)),
  );
}

function mainTable(results: readonly TrialResult[]): Table {
  const added = (head: ApiHead, digits: number): Column => {
    const name = head.replace('API', 'added');
    return { head: name, meaning: '', digits, value: addedMs(results, head) };
  };
  const place = LIMITER_COLUMNS.indexOf(API_COLUMNS.at(-1)!) + 1;
  const columns = LIMITER_COLUMNS.toSpliced(
    place,
    0,
    added('API p50 ms', 2),
    added('API p99 ms', 2),
  );
  const groups = groupsOf(results);
  return {
    title: 'What a limiter does, and what it costs',
    heads: [BROKER_HEAD, TIER_HEAD, GATEWAYS_HEAD, LIMITER_HEAD, ...columns].map(
      ({ head }) => head,
    ),
    rows: groups.map((group) => [
      ...keyOf(group[0]!),
      ...columns.map((column) => cellOf(column, group)),
    ]),
    notes: [
      'added: over the median of `off` with as many gateways; below what two runs of the same ' +
        'differ by, it says nothing',
      ...new Set(groups.flatMap((group) => group.flatMap(notesOf))),
    ],
  };
}

function notesOf(result: TrialResult): string[] {
  const row = keyOf(result).join(' ');
  return [
    ...result.numbersStruck.map((reason) => `${row}: numbers struck out, ${reason}`),
    ...result.notes.map((note) => `${row}: ${note}`),
  ];
}

const KIND_HEADS: readonly { readonly kind: Kind; readonly head: string }[] = [
  { kind: 'random', head: 'at random' },
  { kind: 'beat', head: 'fixed beat' },
  { kind: 'below', head: 'just below' },
  { kind: 'above', head: 'a quarter above' },
  { kind: 'bursts', head: 'bursts' },
  { kind: 'honest', head: 'honest' },
];

function kindsTable(results: readonly TrialResult[]): Table {
  const limit = results[0]?.plan.path?.limiter;
  return {
    title: 'Whom it stops: likes stopped, of those sent',
    heads: [
      ...[BROKER_HEAD, TIER_HEAD, GATEWAYS_HEAD, LIMITER_HEAD].map(({ head }) => head),
      ...KIND_HEADS.map(({ head }) => head),
    ],
    rows: groupsOf(results).map((group) => [
      ...keyOf(group[0]!),
      ...KIND_HEADS.map(({ kind }) => stoppedOf(group, kind)),
    ]),
    notes: [
      ...(limit === undefined
        ? []
        : [`the limit: ${limit.burst} likes of a user at once, then ${limit.likesPerS} a second`]),
      'assumed, since no public figures are known: how often and how fast honest users press ' +
        '(likes/workloads/crowd-honest.ts); likes stopped are not sent again',
    ],
  };
}

function stoppedOf(group: readonly TrialResult[], kind: Kind): string {
  const sums = group.flatMap(({ limiter: facts }) => (facts && sumOf(facts, [kind])) ?? []);
  if (sums.length === 0) return '–';
  const stopped = sums.reduce((sum, one) => sum + one.stopped, 0);
  const offered = sums.reduce((sum, one) => sum + one.offered, 0);
  return `${formatNumber(stopped, 0)} of ${formatNumber(offered, 0)}`;
}
