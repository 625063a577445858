/** What the tables of the experiment `faults` say of a cell: one broker, tier and fault. */
import type { FaultCell } from '../lab/fault-cells.ts';
import type { Ledger } from '../lab/ledger.ts';
import { formatNumber } from '../lab/table.ts';

export interface CellColumn {
  readonly head: string;
  readonly meaning: string;
  readonly value: (cell: FaultCell) => string | number | undefined;
  readonly digits?: number;
}

function sum(head: string, meaning: string, field: keyof Ledger): CellColumn {
  return { head, meaning, value: (cell) => (cell.wasJudged ? cell.sum(field) : undefined) };
}

export const CELL_COLUMNS: readonly CellColumn[] = [
  {
    head: 'promised',
    meaning:
      'What broker and tier promise of acknowledged likes under such a fault: that each ' +
      'survives, nothing, or (`everysec`) that at most the last 2 s are lost.',
    value: (cell) => cell.promises,
  },
  {
    head: 'promise',
    meaning:
      '`kept`; `broken` with its finding; `nothing promised`, and then what is lost is no fault; ' +
      '`not tested` with the reason; `not judged` where the trials could not be.',
    value: (cell) => cell.state,
  },
  {
    head: 'strikes',
    meaning:
      'Faults that proved to have happened under load; in brackets those that did not, which are ' +
      'void and prove nothing.',
    value: (cell) => `${cell.valid} (${cell.void})`,
  },
  {
    head: 'loss chance',
    meaning:
      'After n faults without a loss: the most that the chance of one can be, at 95 % (3/n).',
    value: (cell) =>
      cell.lossChanceMax === undefined
        ? undefined
        : `< ${formatNumber(cell.lossChanceMax * 100, 1)} %`,
  },
  sum('attempted', 'Distinct likes that a send was begun for.', 'attempted'),
  sum('ok', 'Likes that the server acknowledged.', 'ok'),
  sum('unknown', 'Likes whose sender has no answer.', 'unknown'),
  sum('fail', 'Likes that the server provably refused.', 'fail'),
  sum('lost', 'Likes that were acknowledged, never counted and never parked.', 'lost'),
  sum('delivered again', 'Deliveries beyond the first of a like.', 'redelivered'),
  sum('counted twice', 'Likes that changed a count more than once.', 'doubleEffects'),
  sum('parked', 'Messages in the dead-letter place.', 'parked'),
  sum('recovered', 'Unknown likes that were counted after all.', 'recovered'),
  sum('phantom', 'Likes that were delivered or counted and never sent in the trial.', 'phantom'),
  sum(
    'out of order',
    'Likes first delivered after a later like of the same post from the same source.',
    'inversions',
  ),
  {
    head: 'loss window ms',
    meaning: 'How long before its fault the first of the lost likes was acknowledged, the most.',
    value: (cell) => cell.numbers('lossWindowMs').at(-1),
  },
  {
    head: 'first acknowledged ms',
    meaning: 'From the end of the fault to the next acknowledgement; the median over strikes.',
    value: (cell) => cell.medianOf('firstAcknowledgementMs'),
  },
  {
    head: 'first delivered ms',
    meaning: 'From the end of the fault to the next like that a consumer is given; the median.',
    value: (cell) => cell.medianOf('firstDeliveryMs'),
  },
  {
    head: 'drained ms',
    meaning: 'From the end of the last fault until nothing is left in the queue; the median.',
    value: (cell) => cell.drainedMs,
  },
  {
    head: 'timeouts',
    meaning:
      'Settings of producer and consumer that these times are made of: how long others wait for ' +
      'what a dead or silent one held.',
    value: ({ timeoutsMs }) =>
      Object.entries(timeoutsMs)
        .map(([name, ms]) => `${name} ${formatNumber(ms / 1000, 0)} s`)
        .join(', ') || undefined,
  },
  {
    head: 'in flight',
    meaning: 'Likes sent and not yet answered when the fault struck: the least and the median.',
    value: (cell) => {
      const least = cell.numbers('inFlight')[0];
      const middle = cell.medianOf('inFlight');
      if (least === undefined || middle === undefined) return undefined;
      return `${formatNumber(least, 0)}, ${formatNumber(middle, 0)}`;
    },
  },
  {
    head: 'acknowledged/s',
    meaning: 'Likes acknowledged in the second before the fault, the least.',
    value: (cell) => cell.numbers('acknowledgedInSecondBefore')[0],
  },
  {
    head: 'seeds',
    meaning: 'What repeats the trials of this row one by one, with `--seed`.',
    value: (cell) => rangeOf(cell.seeds),
  },
];

function rangeOf(seeds: readonly number[]): string {
  const sorted = [...seeds].sort((one, other) => one - other);
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  return least === most ? String(least) : `${least}–${most}`;
}

export function textOf({ value, digits }: CellColumn, cell: FaultCell): string {
  const found = value(cell);
  if (found === undefined) return '–';
  return typeof found === 'number' ? formatNumber(found, digits ?? 0) : found;
}
