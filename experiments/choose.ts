/**
 * Which brokers and tiers fit what somebody needs. Each answer is tied to a measured trial or to a
 * documented fact; where there is neither, it says which command measures it. Pure: results in,
 * answer out.
 */
import { isUsualStore } from '../lab/store-plan.ts';
import type { Table } from '../lab/table.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import {
  type Candidate,
  type Cell,
  type Located,
  type Needs,
  REQUIREMENTS,
  type Requirement,
} from './choose-cell.ts';
import { orderCell, survivalCell } from './choose-counts.ts';
import { FACTS, type Fact } from './choose-facts.ts';
import { serviceCells } from './choose-service.ts';
import { latencyCell, rateCell } from './choose-speed.ts';

export interface Row {
  readonly broker: string;
  /** `documented` for a service that is judged by its documentation. */
  readonly tier: TrialResult['tier'] | 'documented';
  /** What to call it in a sentence. */
  readonly name: string;
  /** Yes when all cells are, no when one is. */
  readonly fits: Cell['state'];
  readonly isKnownToUser: boolean;
  readonly cells: Readonly<Record<Requirement, Cell>>;
  readonly price: Fact;
}

export interface Answer {
  readonly needs: Needs;
  readonly sentence: string;
  /** Those that fit come first; of equals those that the user knows, then by name. */
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

const ORDER_OF_STATES: readonly Cell['state'][] = ['yes', 'unknown', 'no'];

/**
 * `brokers`: every broker with its tiers; those without facts, such as `null`, are no choice.
 * `located`: the results of all runs, the newest run first.
 */
export function choose(
  needs: Needs,
  brokers: readonly { readonly broker: string; readonly tiers: readonly TrialResult['tier'][] }[],
  located: readonly Located[],
): Answer {
  const rows = brokers
    .flatMap(({ broker, tiers }) => {
      const facts = FACTS[broker];
      if (facts === undefined) return [];
      const own = located.filter(({ result }) => result.broker === broker && isUsualStore(result));
      const some = facts.service ? tiers.slice(0, 1) : tiers;
      return some.map((tier) => rowOf({ broker, tier }, own, needs));
    })
    .sort(compareRows);
  return { needs, sentence: sentenceOf(rows, needs), rows, notes: notesOf(rows, needs) };
}

function rowOf(candidate: Candidate, own: readonly Located[], needs: Needs): Row {
  const { broker, tier } = candidate;
  const { reRead, service, skill, price } = FACTS[broker]!;
  const here = own.filter(({ result }) => result.tier === tier);
  const again: Cell = needs.reRead
    ? { state: reRead.isPossible ? 'yes' : 'no', reason: reRead.text, source: reRead.source }
    : { state: 'yes', reason: 'no re-reading is asked for', source: 'your answer' };
  const measured = service
    ? serviceCells(candidate, service, own, needs)
    : {
        rate: rateCell(candidate, here, needs),
        p99: latencyCell(candidate, here, needs),
        order: orderCell(candidate, own, needs),
        survival: survivalCell(candidate, here, needs),
      };
  const cells = { ...measured, 're-reading': again };
  const states = REQUIREMENTS.map((name) => cells[name].state);
  const fits = states.includes('no') ? 'no' : states.includes('unknown') ? 'unknown' : 'yes';
  return {
    broker,
    tier: service ? 'documented' : tier,
    name: service ? `${broker} (${service.name})` : `${broker} at ${tier}`,
    fits,
    isKnownToUser: needs.skills.includes(skill),
    cells,
    price: price(needs.likesPerS),
  };
}

function compareRows(one: Row, other: Row): number {
  const states = ({ fits }: Row) => ORDER_OF_STATES.indexOf(fits);
  const known = ({ isKnownToUser }: Row) => (isKnownToUser ? 0 : 1);
  return (
    states(one) - states(other) ||
    known(one) - known(other) ||
    failuresOf(one).length - failuresOf(other).length ||
    one.name.localeCompare(other.name, 'en')
  );
}

function failuresOf({ cells }: Row): Requirement[] {
  return REQUIREMENTS.filter((name) => cells[name].state !== 'yes');
}

/** The needs in words, such as `500 likes/s, in order per post, surviving a power cut`. */
function describeNeeds(needs: Needs): string {
  const { likesPerS, ordered, survive, reRead, objectiveMs } = needs;
  const survival = {
    none: '',
    kill: ', surviving a kill of the server',
    power: ', surviving a power cut',
  };
  return (
    `${formatNumber(likesPerS, 0)}${ordered ? ' ordered' : ''} likes/s` +
    `${survival[survive]}, 99 % visible within ${formatNumber(objectiveMs, 0)} ms` +
    `${reRead ? ', to be read again later' : ''}`
  );
}

function sentenceOf(rows: readonly Row[], needs: Needs): string {
  const asked = describeNeeds(needs);
  const fitting = rows.filter(({ fits }) => fits === 'yes');
  if (fitting.length > 0) {
    return `Take ${listOf(namesOf(fitting), 'or')} for ${asked}${tieOf(fitting, needs)}.`;
  }
  const [nearest] = rows;
  if (nearest === undefined) return `There is no broker to choose from for ${asked}.`;
  const short = failuresOf(nearest);
  const alike = rows.filter(
    (row) => row.fits === nearest.fits && failuresOf(row).join() === short.join(),
  );
  const missing = short.map((name) => `${name} (${whyOf(nearest.cells[name])})`);
  const verdict = nearest.fits === 'unknown' ? 'Nothing is shown to fit yet' : 'Nothing here fits';
  const are = alike.length > 1 ? 'nearest are' : 'nearest is';
  const names = listOf(namesOf(alike), 'and');
  return `${verdict} for ${asked}: ${are} ${names}, short of ${missing.join(' and ')}.`;
}

function whyOf({ state, reason, source }: Cell): string {
  return state === 'unknown' ? `${reason}: ${source}` : reason;
}

function tieOf(fitting: readonly Row[], { skills }: Needs): string {
  const known = fitting.filter(({ isKnownToUser }) => isKnownToUser);
  if (fitting.length < 2) return '';
  if (known.length === 0 || known.length === fitting.length) {
    return ': each meets all of it, and nothing that you asked for tells them apart';
  }
  return `: each meets all of it; what you know (${skills.join(', ')}) only breaks the tie`;
}

/** Each broker once, with all its tiers among these rows. */
function namesOf(rows: readonly Row[]): string[] {
  return [...Map.groupBy(rows, ({ broker }) => broker).values()].map((own) => {
    const [first, ...others] = own;
    return others.length === 0
      ? first!.name
      : `${first!.broker} (${listOf(
          own.map(({ tier }) => tier),
          'or',
        )})`;
  });
}

function listOf(names: readonly string[], word: 'and' | 'or'): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;
}

function notesOf(rows: readonly Row[], { skills, likesPerS }: Needs): string[] {
  const services = rows.filter(({ tier }) => tier === 'documented');
  const emulated = services.map(({ broker }) => {
    const { name, emulator } = FACTS[broker]!.service!;
    return (
      `${broker}: the lab runs ${emulator}, an emulator; ${name} itself is documented here, ` +
      'not measured'
    );
  });
  const prices = [...Map.groupBy(rows, ({ price }) => price.text).values()].map((alike) => {
    const names = [...new Set(alike.map(({ broker }) => broker))].sort().join(', ');
    const { text, source } = alike[0]!.price;
    return `price at ${formatNumber(likesPerS, 0)}/s, ${names}: ${text} (${source})`;
  });
  const known =
    skills.length > 0
      ? `what you know (${skills.join(', ')}) decides only between brokers that fit equally`
      : 'what you know already decides nothing here, since you named nothing';
  return [...emulated, ...prices, known];
}

/**
 * A column for each requirement; reasons stand below, by their numbers. Of a row that does not fit
 * only what it fails by, unless `all` are wanted.
 */
export function tableOfAnswer({ rows, notes }: Answer, all = false): Table {
  const reasons: string[] = [];
  const cellText = ({ state, reason, source }: Cell, { fits }: Row) => {
    if (source === 'your answer') return '–';
    if (!all && fits === 'no' && state !== 'no') return state;
    const text = `${reason} (${source})`;
    const known = reasons.indexOf(text);
    const place = known === -1 ? reasons.push(text) : known + 1;
    return `${state} [${place}]`;
  };
  return {
    title: 'Who meets what you ask for',
    heads: ['broker', 'tier', 'fits', ...REQUIREMENTS],
    rows: rows.map((row) => [
      row.broker,
      row.tier,
      row.fits,
      ...REQUIREMENTS.map((name) => cellText(row.cells[name], row)),
    ]),
    notes: [...reasons.map((text, place) => `[${place + 1}] ${text}`), ...notes],
  };
}
