/** The tables of `capacity-curve`: what the search found, and the curve below and above it. */
import { limitOf, searchStepOf, whatLimits } from '../lab/capacity-probe.ts';
import type { SearchMove } from '../lab/capacity-search.ts';
import { brokerOf, DOUBLE_EFFECTS, LOST, VERDICT } from '../lab/common-columns.ts';
import type { Column } from '../lab/experiment.ts';
import { cellOf, formatNumber, type Table } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';

export const OFFERED_HEAD = {
  head: 'offered',
  meaning:
    'Open loop: likes due per second, whatever the system does; a share of the capacity that was ' +
    'found in the same run, or a common rate. From 100 % on the point is at saturation, where a ' +
    'latency says how long a queue has become, and it stands in a table of its own.',
};

function milliseconds(
  head: string,
  meaning: string,
  field: 'p50Us' | 'p99Us' | 'p999Us' | 'maxUs',
): Column {
  return {
    head,
    meaning,
    digits: 1,
    value: ({ latencies }) => {
      const us = latencies?.dueToVisible[field];
      return us === undefined ? undefined : us / 1000;
    },
  };
}

export const CURVE_COLUMNS: readonly Column[] = [
  VERDICT,
  {
    head: 'share %',
    meaning: 'The offered rate as a share of the capacity that was found in the same run.',
    value: ({ capacity }) => capacity?.point && capacity.point.share * 100,
    isFinding: true,
  },
  {
    head: 'due likes/s',
    meaning: 'Likes due per second.',
    value: ({ plan }) => plan.likesPerS,
    isFinding: true,
  },
  milliseconds('p50 ms', 'Due to visible: the median.', 'p50Us'),
  milliseconds('p99 ms', 'Due to visible: 99 % are faster.', 'p99Us'),
  milliseconds(
    'p99.9 ms',
    'Due to visible: 99.9 % are faster; only from 10,000 samples up.',
    'p999Us',
  ),
  milliseconds('max ms', 'Due to visible: the slowest like.', 'maxUs'),
  {
    head: 'backlog trend likes/s',
    meaning:
      'By how much the likes that are due and not yet visible become more each second: the slope ' +
      'of Theil and Sen through 60 samples after the warm-up.',
    value: ({ backlog }) => backlog?.growthLikesPerS,
    isFinding: true,
  },
  {
    head: 'backlog',
    meaning:
      '`grows` when that trend is 2 % of the offered rate or more, and its rise over the ' +
      'measured part is above twice the scatter of the samples about it and above ten likes; ' +
      'else `steady`.',
    value: ({ backlog }) => backlog && (backlog.grows ? 'grows' : 'steady'),
    isFinding: true,
  },
  LOST,
  DOUBLE_EFFECTS,
];

/** What a single result tells of them; their table is made from all steps of a broker. */
export const SEARCH_COLUMNS: readonly Column[] = [
  {
    head: 'objective ms',
    meaning: 'Due to visible: 99 % of the likes must be faster.',
    value: ({ capacity }) => capacity?.objectiveMs,
    isFinding: true,
  },
  {
    head: 'capacity likes/s',
    meaning:
      'The largest rate that was found to hold: p99 within the objective, every count right, ' +
      'nothing lost, no growing backlog, numbers that stand. Each step is one short trial.',
    value: ({ capacity }) => capacity?.point?.capacityLikesPerS,
  },
  {
    head: 'fails at likes/s',
    meaning:
      'The least rate above it that does not hold, tried twice; the border lies between the two, ' +
      'at most 5 % apart, unless the search was cut short.',
    value: (result) => {
      const { capacity, plan } = result;
      const fails = capacity?.probe && limitOf(result, capacity.objectiveMs) !== undefined;
      return fails ? plan.likesPerS : undefined;
    },
  },
  {
    head: 'limited by',
    meaning:
      'What fails there: p99, a growing backlog, a loss, the generator that offers the load, or ' +
      'what else strikes the numbers out; in brackets the client when it has no more CPU time.',
    value: (result) => result.capacity?.probe && limitOf(result, result.capacity.objectiveMs),
    isFinding: true,
  },
  {
    head: 'steps',
    meaning: 'Trials of the search: the rates in their order, with ✓ where they held, else ✗.',
    value: (result) => result.capacity?.probe && traceOf([result]),
    isFinding: true,
  },
];

type Found = (own: readonly TrialResult[]) => SearchMove | undefined;

/** Of one run: the search, the curve below the capacity, and what lies at and above it. */
export function capacityTables(results: readonly TrialResult[], found: Found): Table[] {
  const points = results.filter(({ capacity }) => capacity?.point !== undefined);
  const isSaturated = ({ capacity }: TrialResult) => capacity!.point!.share >= 1;
  return [
    searchTable(results, found),
    curveTable(
      'Latency against load, below the capacity',
      points.filter((one) => !isSaturated(one)),
    ),
    curveTable(
      'At and above the capacity: saturation, where a latency says how long the queue has become',
      points.filter(isSaturated),
    ),
  ].filter(({ rows }) => rows.length > 0);
}

const subjectOf = (result: TrialResult) => `${brokerOf(result)}\n${result.tier}`;

function searchTable(results: readonly TrialResult[], found: Found): Table {
  const subjects = [...Map.groupBy(results, ({ broker, tier }) => `${broker} ${tier}`).values()];
  const rows = subjects.flatMap((own) => {
    const move = found(own);
    return move === undefined ? [] : [searchRow(own, move)];
  });
  return {
    title: 'The largest rate that holds the objective',
    heads: ['broker', 'tier', ...SEARCH_COLUMNS.map(({ head }) => head)],
    rows: rows.sort((one, other) => one.slice(0, 2).join().localeCompare(other.slice(0, 2).join())),
    notes: subjects.flatMap((own) => {
      const move = found(own);
      const said = move === undefined || (move.kind === 'done' && move.isResolved);
      const lines = [...(said ? [] : [move.reason]), ...contradictionsOf(own)];
      return lines.map((line) => `${own[0]!.broker} ${own[0]!.tier}: ${line}`);
    }),
  };
}

/** Below its capacity every rate should hold; where one does not, the machine was not the same. */
function contradictionsOf(own: readonly TrialResult[]): string[] {
  return own.flatMap((result) => {
    const { point, objectiveMs } = result.capacity!;
    const step = searchStepOf(result, objectiveMs);
    if (point === undefined || point.share >= 1 || step?.limit === undefined) return [];
    return [`${result.plan.pace} did not hold when the curve was run: ${step.found}`];
  });
}

function searchRow(own: readonly TrialResult[], move: SearchMove): string[] {
  const probes = own.filter(({ capacity }) => capacity?.probe !== undefined);
  const objectiveMs = probes[0]!.capacity!.objectiveMs;
  // A trial that never came to a server does not know what it emulates.
  const named = own.find(({ promises }) => promises !== undefined) ?? own[0]!;
  const fails = move.kind === 'done' ? move.failsAtLikesPerS : undefined;
  const limit = move.kind === 'try' ? undefined : move.limit;
  const there = probes.filter(({ plan }) => fails === undefined || plan.likesPerS === fails);
  return [
    ...subjectOf(named).split('\n'),
    formatNumber(objectiveMs, 0),
    move.kind === 'done' ? formatNumber(move.capacityLikesPerS, 0) : '–',
    fails === undefined ? '–' : formatNumber(fails, 0),
    limit === undefined ? '–' : whatLimits(limit, there),
    `${probes.length}: ${traceOf(probes)}`,
  ];
}

function traceOf(probes: readonly TrialResult[]): string {
  const words = probes.map((result) => {
    const step = searchStepOf(result, result.capacity!.objectiveMs);
    if (step === undefined) return '– ✗';
    return `${formatNumber(step.likesPerS, 0)} ${step.limit === undefined ? '✓' : '✗'}`;
  });
  return words.join(', ');
}

/** Rows by broker, tier and rate: a rate as text would sort 1,000 before 200. */
function curveTable(title: string, points: readonly TrialResult[]): Table {
  const groups = [
    ...Map.groupBy(points, (result) => `${subjectOf(result)}\n${result.plan.pace}`).values(),
  ].sort(([one], [other]) => {
    const byName = subjectOf(one!).localeCompare(subjectOf(other!), 'en');
    return byName || (one!.plan.likesPerS ?? 0) - (other!.plan.likesPerS ?? 0);
  });
  const rows = groups.map((group) => [
    ...subjectOf(group[0]!).split('\n'),
    group[0]!.plan.pace ?? '–',
    ...CURVE_COLUMNS.map((column) => cellOf(column, group)),
  ]);
  const notes = points.flatMap((result) =>
    [...result.numbersStruck.map((reason) => `numbers struck out, ${reason}`), ...result.notes].map(
      (note) => `${subjectOf(result).replace('\n', ' ')} ${result.plan.pace}: ${note}`,
    ),
  );
  const heads = ['broker', 'tier', OFFERED_HEAD.head, ...CURVE_COLUMNS.map(({ head }) => head)];
  return { title, heads, rows, notes: [...new Set(notes)] };
}
