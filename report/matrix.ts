/** What each broker survives: a matrix for each tier, faults down, brokers across, in words. */

import { CELL_COLUMNS, textOf } from '../experiments/fault-columns.ts';
import { brokerOf } from '../lab/common-columns.ts';
import { type CellState, cellsOf, type FaultCell } from '../lab/fault-cells.ts';
import { FAULTS } from '../lab/faults/index.ts';
import { describeStore } from '../lab/store-plan.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { TIER_WORDS, tiersOf } from './charts/tiers.ts';
import { html, type Markup } from './markup.ts';
import { brokerCell, type PageTable, type Row, rowIdOf } from './tables.ts';

const SIGNS: Readonly<Record<CellState, string>> = {
  kept: '✔',
  broken: '✘',
  'nothing promised': '○',
  'not tested': '–',
  'not judged': '?',
};

const DETAILS = ['promised', 'promise', 'strikes', 'loss chance', 'lost', 'counted twice'];

const firstOf = ({ results }: FaultCell) => results[0]!;
const brokerNameOf = (cell: FaultCell) => {
  const { broker, plan } = firstOf(cell);
  const store = describeStore(plan.store);
  return store === undefined ? broker : `${broker} → ${store}`;
};
const faultOf = (cell: FaultCell) => firstOf(cell).faults!.name;
const keyOf = (cell: FaultCell) => [brokerNameOf(cell), firstOf(cell).tier, faultOf(cell)];

export function renderMatrix(results: readonly TrialResult[]): Markup {
  return html`${tiersOf(results).map((tier) => {
    const own = results.filter((result) => result.tier === tier);
    const byStore = Map.groupBy(cellsOf(own), (cell) => describeStore(firstOf(cell).plan.store));
    return html`${[...byStore].map(([store, cells]) => ofTier(tier, cells, store))}`;
  })}`;
}

/** `store`: the one that is counted into, where it is another than usual. */
function ofTier(
  tier: TrialResult['tier'],
  cells: readonly FaultCell[],
  store: string | undefined,
): Markup {
  const into = store === undefined ? '' : `, into ${store}`;
  const caption = `What each queue survives at tier ${tier}${into}`;
  const columns = [...Map.groupBy(cells, brokerNameOf)].sort(([one], [other]) =>
    one.localeCompare(other, 'en'),
  );
  const struck = FAULTS.filter(({ name }) => cells.some((cell) => faultOf(cell) === name));
  const belongs = (cell: FaultCell) =>
    html` data-broker="${firstOf(cell).broker}" data-tier="${firstOf(cell).tier}"`;
  return html`<div data-tier="${tier}"><h3>Tier ${tier}${into}</h3>
<p class="quiet">There ${TIER_WORDS[tier]}.</p>
<div class="scroll" role="region" tabindex="0" aria-label="Table: ${caption}">
<table class="matrix"><caption class="said">${caption}</caption>
<thead><tr><th scope="col">fault</th>${columns.map(
    ([, own]) => html`<th scope="col"${belongs(own[0]!)}>${headOf(own)}</th>`,
  )}</tr></thead>
<tbody>${struck.map(
    ({
      name,
      summary,
    }) => html`<tr><th scope="row">${name}<small>${summary}</small></th>${columns.map(([, own]) => {
      const cell = own.find((one) => faultOf(one) === name);
      return cell === undefined
        ? html`<td${belongs(own[0]!)}><span class="quiet">not tried</span></td>`
        : html`<td${belongs(cell)} class="${cell.state.replace(' ', '-')}">${wordsOf(cell)}</td>`;
    })}</tr>
`,
  )}</tbody></table></div></div>
`;
}

function headOf(cells: readonly FaultCell[]): Markup {
  const [told = cells[0]!] = cells.filter((cell) => firstOf(cell).promises !== undefined);
  return brokerCell(firstOf(told).broker, brokerOf(firstOf(told)));
}

function wordsOf(cell: FaultCell): Markup {
  const sum = cell.sum('lost');
  // Else a reader takes it for a contradiction: so many lost, and the promise kept.
  const isLate = sum > 0 && cell.state === 'kept' && cell.promises === 'all but 2 s';
  const late = isLate ? ', all of the last 2 s' : '';
  const lost = `${formatNumber(sum, 0)} lost`;
  const tried = `in ${formatNumber(cell.valid, 0)}${late}`;
  const detail =
    cell.state === 'not tested'
      ? undefined
      : html`<small>${cell.valid > 0 ? `${lost} ${tried}` : 'no valid strike'}</small>`;
  return html`<a href="#${rowIdOf('faults', keyOf(cell))}"><span aria-hidden="true">${
    SIGNS[cell.state]
  }</span> ${cell.state}</a>${detail}`;
}

/** A row for each cell, with the trials behind it. */
export function cellsTable(results: readonly TrialResult[]): PageTable {
  const columns = CELL_COLUMNS.filter(({ head }) => DETAILS.includes(head));
  const cells = cellsOf(results).sort((one, other) =>
    keyOf(one).join(' ').localeCompare(keyOf(other).join(' '), 'en'),
  );
  return {
    caption: 'Each cell of the matrix, with the trials behind it',
    heads: [
      { head: 'broker', meaning: 'The queue that was struck.' },
      { head: 'tier', meaning: 'What an acknowledgement is promised to survive there.' },
      { head: 'fault', meaning: 'What was done under load; the matrix says it.' },
      ...columns,
    ],
    rows: cells.map((cell): Row => {
      const { broker, tier } = firstOf(cell);
      return {
        ...{ id: rowIdOf('faults', keyOf(cell)), broker, tier, trials: cell.results },
        cells: [...keyOf(cell), ...columns.map((column) => textOf(column, cell))],
      };
    }),
    notes: cells.flatMap((cell) =>
      cell.reasons.map((reason) => `${keyOf(cell).join(' ')}: ${reason}`),
    ),
  };
}
