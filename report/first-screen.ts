/** The first screen: which queue to take, why, and the table behind it. */
import { formatNumber } from '../lab/table.ts';
import { type Answer, answerTo, either, NEEDS } from './answers.ts';
import { type Choice, COMPARED_LIKES_PER_S, type Fact, type Offer } from './decision.ts';
import { html, type Markup } from './markup.ts';
import { anchorOf, type ReportData, successorsOf } from './shown.ts';
import { brokerCell } from './tables.ts';
import { figureText } from './uncertainty.ts';

export function renderFirstScreen(choices: readonly Choice[]): Markup {
  const [first, ...others] = NEEDS.map((need) => answerTo(need, choices));
  return html`<section aria-labelledby="choose">
<h2 id="choose" class="first">Which queue to take</h2>
<div class="answer">${leadOf(first!)}</div>
${decisionTable(choices)}
<ul class="needs">${others.map((answer) => html`<li>${sentenceOf(answer)}</li>`)}</ul>
</section>
`;
}

/** What was counted, in a line, and what stands against it. */
export function renderFacts(data: ReportData): Markup {
  const all = [...data.trials.values()].map(({ result }) => result);
  // A calculation has had no server.
  const results = all.filter(({ calculatedLoads }) => calculatedLoads === undefined);
  const counted = results.reduce((sum, { ledger }) => sum + (ledger?.counted ?? 0), 0);
  const of = (verdict: string) => results.filter(({ verdict: own }) => own === verdict).length;
  const unjudged = of('unknown') > 0 ? `, and ${of('unknown')} could not be tested or judged` : '';
  return html`<p class="facts">${formatNumber(results.length, 0)} trials on real servers,
${formatNumber(counted, 0)} likes counted and checked one by one. Of these trials
${of('fail') || 'none'} broke a promise${unjudged}. ${earlierOf(data)}One node each, on shared
cores: use the ratios.</p>`;
}

function earlierOf(data: ReportData): Markup | undefined {
  const { length } = data.replaced;
  if (length === 0) return undefined;
  const isReplaced = data.replaced.every(({ result }) => successorsOf(result, data).length > 0);
  const where = isReplaced ? 'newer ones stand in their place' : 'they stand in no table';
  return html`<a href="#replaced">${length} other trial${length === 1 ? '' : 's'} did break one</a>:
${where}. `;
}

function leadOf(answer: Answer): Markup {
  const { need, fits, others } = answer;
  return html`<p>For <strong>${need.words}</strong>:</p>
<p class="take">${takeOf(answer)}</p>
<ul>${fits.map(
    ({ choice, reasons }) =>
      html`<li>${brokerCell(choice.broker, choice.label)}: ${reasons.join('; ')}.</li>`,
  )}${others.length > 0 ? html`<li class="quiet">${notOf(answer)}</li>` : undefined}</ul>`;
}

function takeOf({ need, fits, untested }: Answer): Markup {
  if (fits.length === 0) return html`None of those that were measured fits.`;
  const who = untested.length === fits.length ? 'it' : either(names(untested), 'and');
  const doubt = untested.length > 0 ? ` That ${who} survives is promised, not tried here.` : '';
  const fitting = either(names(fits.map(({ choice }) => choice)));
  const how = need.tier === 'power' ? ' (fsync before each acknowledgement)' : '';
  const { tier } = need;
  return html`Take <strong>${fitting}</strong>, at tier <strong>${tier}</strong>${how}.${doubt}`;
}

const names = (choices: readonly Choice[]) => choices.map(({ broker }) => broker);

function sentenceOf(answer: Answer): Markup {
  const { need } = answer;
  return html`For <strong>${need.words}</strong>: ${takeOf(answer)} ${notOf(answer)}`;
}

function notOf({ others }: Answer): string {
  const each = others.map(({ choice, obstacle }) => `${choice.broker} (${obstacle})`);
  return each.length > 0 ? `Not ${either(each)}.` : '';
}

const HEADS = {
  order: 'keeps each post in order',
  rate: 'correct likes/s',
  p99: `p99 ms near ${COMPARED_LIKES_PER_S}/s`,
} as const;

function decisionTable(choices: readonly Choice[]): Markup {
  const caption =
    'One line a queue. Tier kill: an acknowledged like survives the death of the server process; ' +
    'tier power: a power cut, by an fsync before each acknowledgement. Figures lead to trials. ' +
    'Loss chance: what strikes without any loss leave open, at 95 %.';
  const offerHeads = html`<th scope="col">survives it</th><th scope="col" class="n">${
    HEADS.rate
  }</th><th scope="col" class="n">${HEADS.p99}</th>`;
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Which queue, a table">
<table class="choose" role="table"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row"><th scope="col" rowspan="2">queue</th>
<th scope="col" rowspan="2">${HEADS.order}</th>
<th scope="colgroup" colspan="3" class="group">tier kill: a killed server</th>
<th scope="colgroup" colspan="3" class="group">tier power: a power cut</th></tr>
<tr role="row">${offerHeads}${offerHeads}</tr></thead>
<tbody role="rowgroup">${choices.map(
    (choice) => html`<tr role="row" data-broker="${choice.broker}">
<th role="rowheader" scope="row">${brokerCell(choice.broker, choice.label)}</th>
<td role="cell" data-head="${HEADS.order}">${factCell(choice.order)}</td>
${offerCells(choice.kill, 'kill')}${offerCells(choice.power, 'power')}</tr>
`,
  )}</tbody></table></div>`;
}

function offerCells({ survives, correctLikesPerS, p99Ms }: Offer, tier: 'kill' | 'power'): Markup {
  const head = (text: string) => `tier ${tier}: ${text}`;
  const rate =
    correctLikesPerS && linked(figureText(correctLikesPerS.figure, 0), correctLikesPerS.from);
  const late =
    p99Ms &&
    html`${linked(figureText(p99Ms.figure, 1), p99Ms.from)}<small>at ${formatNumber(
      p99Ms.likesPerS,
      0,
    )}/s</small>`;
  return html`<td role="cell" data-head="${head('survives')}">${factCell(survives)}</td>
<td role="cell" class="n" data-head="${head('likes/s')}">${rate ?? '–'}</td>
<td role="cell" class="n" data-head="${head('p99 ms')}">${late ?? '–'}</td>
`;
}

function factCell({ word, text, from }: Fact): Markup {
  const linkedWord = from.length > 0 ? linked(word, from) : word;
  return html`<strong>${linkedWord}</strong><small>${text}</small>`;
}

function linked(text: string, [first]: Fact['from']): Markup {
  return html`<a href="#${anchorOf(first!)}">${text}</a>`;
}
