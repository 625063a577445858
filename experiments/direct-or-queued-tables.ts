/** The tables of `direct-or-queued`: where the answer turns, then what it is made of. */
import type { Experiment } from '../lab/experiment.ts';
import { DIRECT } from '../lab/path-plan.ts';
import { formatNumber, type Table, tableOf } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import {
  apiOf,
  BURST_COLUMNS,
  KILLED_COLUMNS,
  offeredPerS,
  queueOf,
  STEADY_COLUMNS,
} from './direct-or-queued-columns.ts';
import {
  isBurst,
  isClaimed,
  isSteady,
  silentRates,
  type Turn,
  turnRows,
  turnsOf,
} from './direct-or-queued-turns.ts';

/** What PostgreSQL's commit survives. */
const COMPARED_TIER = 'power';

/** Of one run. */
export function waysTables(experiment: Experiment, results: readonly TrialResult[]): Table[] {
  const of = (title: string, columns: Experiment['columns'], own: readonly TrialResult[]) =>
    inOrder(tableOf({ ...experiment, question: title, columns }, own));
  const struck = results.filter(({ faults }) => faults !== undefined);
  return [
    turnTable(results),
    of('Each way at each rate', STEADY_COLUMNS, results.filter(isSteady)),
    of('A burst on one post', BURST_COLUMNS, results.filter(isBurst)),
    of('The broker killed in a burst', KILLED_COLUMNS, struck),
  ].filter(({ rows }) => rows.length > 0);
}

/** Rates rise: 500/s stands before 1,000/s. */
function inOrder(table: Table): Table {
  const keyOf = (row: readonly string[]) => row.slice(0, 4).join('\n').replaceAll(',', '');
  const rows = [...table.rows].sort((one, other) =>
    keyOf(one).localeCompare(keyOf(other), 'en', { numeric: true }),
  );
  return { ...table, rows };
}

function turnTable(results: readonly TrialResult[]): Table {
  const turns = turnsOf(results);
  return {
    title: 'Where the better choice turns',
    heads: [
      ...['direct way', 'queued way', 'broker', 'tier'],
      ...['better by the API', 'better by CPU', 'better on one post'],
    ],
    rows: turnRows(turns),
    notes: [
      ...notesOf(turns),
      ...lateNotes(results),
      ...shardNotes(results),
      ...tierNotes(results),
    ],
  };
}

function notesOf(turns: readonly Turn[]): string[] {
  const isSure = turns.every(({ api, cpu }) => isClaimed(api) && isClaimed(cpu));
  const silent = [...Map.groupBy(turns, silentOf)].flatMap(([rates, own]) => {
    if (rates === '') return [];
    const names = own.map(({ direct, queued, broker }) => `${direct} and ${queued} on ${broker}`);
    const who = own.length === turns.length ? 'any of them' : names.join('; ');
    return [`at ${rates}, where numbers do not stand or are missing, nothing is said of ${who}`];
  });
  return [
    ...(isSure ? [] : ['fewer than six runs of some: what these say there is no claim']),
    ...silent,
  ];
}

function silentOf({ api, bursts }: Turn): string {
  return [silentRates(api), silentRates(bursts)].filter((rates) => rates !== '').join(', ');
}

/** From this part of a p99 on, the client itself decides it as much as the way does. */
const LATE_SHARE_MAX = 0.5;

function lateNotes(results: readonly TrialResult[]): string[] {
  const late = results.filter((result) => {
    const p99Us = apiOf(result)?.p99Us;
    const lagUs = result.path?.generatorLagUsP99 ?? 0;
    return result.numbersValid && p99Us !== undefined && lagUs > LATE_SHARE_MAX * p99Us;
  });
  const rates = [...new Set(late.flatMap((result) => offeredPerS(result) ?? []))];
  if (rates.length === 0) return [];
  const at = rates.sort((one, other) => one - other).map((rate) => `${formatNumber(rate, 0)}/s`);
  return [
    `at ${at.join(', ')} the client itself was late by more than half of a p99, at its own p99: ` +
      'there the p99 says as much of the client as of the way',
  ];
}

/** More shards make more transactions of a batch, and none of a like that is written alone. */
function shardNotes(results: readonly TrialResult[]): string[] {
  const [direct, queued] = [true, false].map((isDirect) => [
    ...new Set(
      results
        .filter(({ broker }) => (broker === DIRECT) === isDirect)
        .map(({ plan }) => plan.shards),
    ),
  ]);
  if (direct!.length !== 1 || queued!.length !== 1 || direct![0] === queued![0]) return [];
  return [
    `direct writing counts in ${direct![0]} shard, the queue in ${queued![0]}: a batch of a ` +
      'worker takes a transaction for each shard that its likes are for',
  ];
}

/** Which acknowledgements are worth as much as a commit, and which are not. */
function tierNotes(results: readonly TrialResult[]): string[] {
  const queued = results.filter(({ broker }) => broker !== DIRECT);
  const weaker = queued.filter(({ tier }) => tier !== COMPARED_TIER);
  const named = [...new Set(weaker.map((result) => `${queueOf(result)} at ${result.tier}`))];
  return [
    'a commit of PostgreSQL (`synchronous_commit` on) survives a power cut, as an ' +
      `acknowledgement at tier ${COMPARED_TIER} does`,
    ...named.map((name) => `${name} promises less with its 202 than a commit does`),
  ];
}
