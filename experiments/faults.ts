/** Which faults does each queue survive, at which tier, and with what proof? */

import { BROKER_HEAD, brokerOf, TIER_HEAD } from '../lab/common-columns.ts';
import type { Column, Experiment, Profile, Step, StepOrder } from '../lab/experiment.ts';
import { cellsOf, FaultCell } from '../lab/fault-cells.ts';
import type { Fault } from '../lab/faults/fault.ts';
import { FAULTS } from '../lab/faults/index.ts';
import { describeStore } from '../lab/store-plan.ts';
import { formatNumber, type Table } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { CELL_COLUMNS, textOf } from './fault-columns.ts';
import { explainFaults } from './faults-explained.ts';
import { isCeiling } from './sizes.ts';

/** Below this rate a broker is asked for a tenth of the load that the others are struck under. */
const SLOW_LIKES_PER_S = 5_000;
const ACKNOWLEDGED_LEAST = 1_000;
const ACKNOWLEDGED_LEAST_SLOW = 100;
const SHARE_OF_MAXIMUM = 0.5;
/** Where trials run side by side and nobody asks how fast: well above the least. */
const SMOKE_LIKES_PER_S = 2_500;
const SMOKE_LIKES_PER_S_SLOW = 200;
/** The load would end by itself after this long; a trial whose strikes take longer is cut short. */
const LOAD_S_MAX = 900;
/** Strikes of one trial; more make more trials, each with a ledger and a seed of its own. What a
 * slow server is behind after a restart grows from one to the next. */
const STRIKES_PER_TRIAL_MAX = 20;
const STRIKES_PER_TRIAL_MAX_SLOW = 5;
const CONSUMERS = 2;
const FIRST_AFTER_S = 1.5;
const GO_ON_S = 0.3;
/** Of the smoke profile: a cover of all cells, other ones with each seed. */
const SMOKE_TRIALS_MAX = 30;

/** Those that a broker meets most often are struck more often. */
const FREQUENT = new Set(['server-kill', 'consumer-kill', 'zombie']);
const STRIKES: Readonly<Record<Profile, (fault: Fault) => number>> = {
  smoke: () => 1,
  quick: ({ name }) => (FREQUENT.has(name) ? 20 : 5),
  full: () => 300,
};

function stepsOf(fault: Fault, order: StepOrder): Step[] {
  const isSlow = order.contender.likesPerSRough < SLOW_LIKES_PER_S;
  // A cover takes one of a list of steps at a time, another one with each seed.
  const least = order.profile === 'smoke' ? 1 : (fault.strikesLeast ?? 1);
  const asked = order.strikes ?? STRIKES[order.profile](fault);
  const strikes = Math.max(least, asked);
  const perTrial = Math.max(least, isSlow ? STRIKES_PER_TRIAL_MAX_SLOW : STRIKES_PER_TRIAL_MAX);
  const acknowledgedLeast = isSlow ? ACKNOWLEDGED_LEAST_SLOW : ACKNOWLEDGED_LEAST;
  const smokeRate = isSlow ? SMOKE_LIKES_PER_S_SLOW : SMOKE_LIKES_PER_S;
  const trials = Math.ceil(strikes / perTrial);
  return Array.from({ length: trials }, (_, trial) => ({
    mode: 'faults',
    likes: 0,
    rate:
      order.profile === 'smoke'
        ? { likesPerS: smokeRate }
        : { shareOfMaximum: SHARE_OF_MAXIMUM, likesPerSLeast: 2 * acknowledgedLeast },
    measureS: LOAD_S_MAX,
    consumers: Math.max(CONSUMERS, fault.consumers ?? 0),
    seedAdded: trial,
    faults: {
      fault,
      strikes: Math.min(perTrial, strikes - trial * perTrial),
      firstAfterS: FIRST_AFTER_S,
      goOnS: GO_ON_S,
      acknowledgedLeast,
    },
  }));
}

/** A row for each cell, all that is known of it. */
function detailsOf(cells: readonly FaultCell[]): Table {
  const notes = cells.flatMap((cell) => {
    const [first] = cell.results;
    const name = `${brokerOf(first!)} ${first!.tier}, ${first!.faults!.name}`;
    return cell.reasons.map((reason) => `${name}: ${reason}`);
  });
  return {
    title: 'Each cell of the matrix, with the trials behind it',
    heads: [...ROW_HEADS, ...CELL_COLUMNS].map(({ head }) => head),
    rows: [...cells]
      .sort(byName)
      .map((cell) => [
        ...rowKeyOf(cell.results[0]!),
        ...CELL_COLUMNS.map((column) => textOf(column, cell)),
      ]),
    notes,
  };
}

/** By broker and tier, the faults in the order of the matrix. */
function byName(one: FaultCell, other: FaultCell): number {
  const [first, second] = [one.results[0]!, other.results[0]!];
  const nameOf = (result: TrialResult) => `${keyOf(result)} ${result.tier}`;
  const placeOf = ({ faults: own }: TrialResult) =>
    FAULTS.findIndex(({ name }) => name === own?.name);
  return nameOf(first).localeCompare(nameOf(second)) || placeOf(first) - placeOf(second);
}

const keyOf = ({ broker, plan }: TrialResult) => `${broker} ${describeStore(plan.store) ?? ''}`;

/** Faults down, brokers with their tiers across. */
function matrixOf(cells: readonly FaultCell[]): Table {
  // A trial that tested nothing does not know on which server it would have run.
  const labels = new Map<string, string>();
  for (const result of cells.flatMap(({ results }) => results)) {
    const isTold = result.promises !== undefined;
    if (isTold || !labels.has(keyOf(result))) labels.set(keyOf(result), brokerOf(result));
  }
  const nameOf = ({ results: [first] }: FaultCell) => `${labels.get(keyOf(first!))} ${first!.tier}`;
  const columns = [...new Set(cells.map(nameOf))].sort();
  const struck = FAULTS.filter(({ name }) =>
    cells.some(({ results }) => results[0]!.faults!.name === name),
  );
  const rows = struck.map(({ name }) => [
    name,
    ...columns.map((column) => {
      const own = cells.find(
        (cell) => nameOf(cell) === column && cell.results[0]!.faults!.name === name,
      );
      return own === undefined ? '–' : wordOf(own);
    }),
  ]);
  const meanings = struck.map(({ name, summary }) => `${name}: ${summary}`);
  return { title: faults.question, heads: ['fault', ...columns], rows, notes: meanings };
}

function wordOf(cell: FaultCell): string {
  const lost = cell.sum('lost');
  const lostWords = lost > 0 ? `${formatNumber(lost, 0)} lost` : '0 lost';
  switch (cell.state) {
    case 'kept':
      if (cell.steps.size > 0) return `✔ ${cell.steps.size} of ${cell.stepsMax} steps`;
      return lost > 0 ? `✔ ${cell.valid}× (${lostWords})` : `✔ ${cell.valid}×`;
    case 'broken':
      return `**✘ broken** (${cell.reasons[0]})`;
    case 'nothing promised':
      return `nothing promised: ${lostWords}`;
    case 'not tested':
      return 'not tested';
    case 'not judged':
      return 'not judged';
  }
}

const ROW_HEADS = [
  BROKER_HEAD,
  TIER_HEAD,
  { head: 'fault', meaning: 'What was done, under load; the notes below the matrix say it.' },
];

function rowKeyOf(result: TrialResult): string[] {
  return [brokerOf(result), result.tier, result.faults?.name ?? '–'];
}

export const faults: Experiment = {
  name: 'faults',
  question: 'Which faults does each queue survive, at which tier, and with what proof?',
  kills: true,
  resumes: true,
  // A profile's strikes are all that it takes: each trial of a cell has a seed of its own.
  repeats: 1,
  trialsMax: (profile) => (profile === 'smoke' ? SMOKE_TRIALS_MAX : undefined),
  steps(order) {
    if (isCeiling(order)) return [];
    const asked = FAULTS.filter(({ name }) => order.faults?.includes(name) ?? true);
    return asked.flatMap((fault) => stepsOf(fault, order));
  },
  shows: ({ plan }) => plan.mode === 'faults',
  tables: (results) => {
    const cells = cellsOf(results);
    const byStore = Map.groupBy(cells, ({ results: [first] }) => describeStore(first!.plan.store));
    return [...[...byStore.values()].map(matrixOf), detailsOf(cells)];
  },
  explanation: (results) => explainFaults(cellsOf(results)),
  rowKey: rowKeyOf,
  rowsStandAlone: true,
  outweighs: (older, newer) => new FaultCell(older).outweighs(new FaultCell(newer)),
  rowHeads: ROW_HEADS,
  columns: CELL_COLUMNS.map(
    (column): Column => ({
      ...column,
      value: (result) => column.value(new FaultCell([result])),
    }),
  ),
};
