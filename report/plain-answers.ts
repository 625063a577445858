/** The answer to a question in a few plain sentences, before any chart or table. */
import { foundBySearch } from '../experiments/capacity-curve.ts';
import { waysAnswers } from '../experiments/direct-or-queued-answers.ts';
import { answerToCourse } from '../experiments/hot-spot-answers.ts';
import { answersOfLimiter } from '../experiments/limiter-answers.ts';
import { answersToClaims } from '../experiments/sharding-claims.ts';
import { sentencesOf } from '../experiments/write-path-answers.ts';
import { cellsOf } from '../lab/fault-cells.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { either } from './answers.ts';
import { tiersOf } from './charts/tiers.ts';
import { correctLikesPerS } from './correct-rate.ts';
import { CEILING } from './looks.ts';
import { html, type Markup } from './markup.ts';
import { type Figure, figureOf, figureText, sureness } from './uncertainty.ts';

type Results = readonly TrialResult[];

const ANSWERS: Readonly<Record<string, (results: Results) => string[]>> = {
  throughput: answerThroughput,
  latency: answerLatency,
  ordering: answerOrdering,
  persistence: answerPersistence,
  faults: answerFaults,
  'capacity-curve': answerCapacity,
  sharding: answerSharding,
  'hot-spot': answerHotSpot,
  limiter: answersOfLimiter,
  'direct-or-queued': waysAnswers,
  'write-path': (results) => sentencesOf(results).map((line) => line.replaceAll('**', '')),
};

/** Undefined for a question that has no words of its own: its table says it. */
export function plainAnswer(experiment: string, results: Results): Markup | undefined {
  const sentences = ANSWERS[experiment]?.(results) ?? [];
  return sentences.length > 0 ? html`<p>${sentences.join(' ')}</p>` : undefined;
}

interface Told {
  readonly broker: string;
  readonly figure: Figure;
}

/** A figure a broker, the best first. */
function figuresOf(
  results: Results,
  value: (result: TrialResult) => number | undefined,
  better: 'higher' | 'lower',
): Told[] {
  const groups = [...Map.groupBy(results, ({ broker }) => broker)];
  const told = groups.flatMap(([broker, group]): Told[] => {
    const figure = figureOf(group.flatMap((result) => value(result) ?? []));
    return figure === undefined ? [] : [{ broker, figure }];
  });
  const sign = better === 'higher' ? -1 : 1;
  return told.sort((a, b) => sign * (a.figure.middle - b.figure.middle));
}

function listOf(told: readonly Told[], digits: number): string {
  return told.map(({ broker, figure }) => `${broker} ${figureText(figure, digits)}`).join(', ');
}

function answerThroughput(results: Results): string[] {
  const queues = results.filter(({ broker }) => broker !== CEILING);
  const tiers = tiersOf(queues).map((tier) => {
    const own = queues.filter((result) => result.tier === tier);
    return { tier, told: figuresOf(own, correctLikesPerS, 'higher') };
  });
  const figures = tiers.flatMap(({ told }) => told.map(({ figure }) => figure));
  if (figures.length === 0) return [];
  const each = tiers
    .filter(({ told }) => told.length > 0)
    .map(({ tier, told }) => `at tier ${tier} ${listOf(told, 0)}`);
  const lost = results.reduce((sum, { ledger }) => sum + (ledger?.lost ?? 0), 0);
  const doubled = results.reduce((sum, { ledger }) => sum + (ledger?.doubleEffects ?? 0), 0);
  return [
    `Published and then counted, likes per second: ${each.join('; ')}.`,
    `Of all these likes ${formatNumber(lost, 0)} were lost and ${formatNumber(doubled, 0)} ` +
      'counted twice.',
    sureness(figures),
  ];
}

/** At the lowest rate that most were offered. */
function answerLatency(results: Results): string[] {
  const queues = results.filter(({ broker, numbersValid }) => broker !== CEILING && numbersValid);
  const byPace = Map.groupBy(queues, ({ plan }) => plan.pace ?? '');
  const brokersOf = (group: Results) => new Set(group.map(({ broker }) => broker)).size;
  const [widest] = [...byPace]
    .filter(([pace]) => pace.endsWith('/s'))
    .sort(([, one], [, other]) => brokersOf(other) - brokersOf(one));
  if (widest === undefined) return [];
  const [pace, group] = widest;
  const [tier] = tiersOf(group);
  const p99 = ({ latencies }: TrialResult) => latencies && latencies.dueToVisible.p99Us / 1000;
  const told = figuresOf(
    group.filter((result) => result.tier === tier),
    p99,
    'lower',
  );
  return [
    `At ${pace} and tier ${tier}, 99 % of the likes are visible within, in ms: ${listOf(told, 1)}.`,
    'How this grows with the load is in the chart.',
    sureness(told.map(({ figure }) => figure)),
  ];
}

function answerOrdering(results: Results): string[] {
  const groups = [...Map.groupBy(results, ({ broker }) => broker)];
  const inverted = ({ ledger }: TrialResult) => ledger?.inversions ?? 0;
  const kept = groups.filter(([, own]) => own.every((one) => inverted(one) === 0));
  const lost = groups.filter(([, own]) => own.some((one) => inverted(one) > 0));
  const states = (field: 'wrongByFirstArrival' | 'wrongByVersion') =>
    results.reduce((sum, result) => sum + (result.states?.[field] ?? 0), 0);
  const names = (some: typeof groups) =>
    either(
      some.map(([broker]) => broker),
      'and',
    );
  return [
    ...(kept.length > 0 ? [`In every trial ${names(kept)} kept the order of each post.`] : []),
    ...(lost.length > 0 ? [`${names(lost)} did not.`] : []),
    `A store that takes likes as they arrive ended with ` +
      `${formatNumber(states('wrongByFirstArrival'), 0)} wrong states over all trials; one that ` +
      `compares versions with ${formatNumber(states('wrongByVersion'), 0)}.`,
  ];
}

function answerPersistence(results: Results): string[] {
  return tiersOf(results).map((tier) => {
    const own = results.filter((result) => result.tier === tier && result.ledger);
    const sum = (field: 'lost' | 'ok') =>
      formatNumber(
        own.reduce((total, { ledger }) => total + ledger![field], 0),
        0,
      );
    return (
      `Tier ${tier}: ${sum('lost')} of ${sum('ok')} acknowledged likes lost in ${own.length} ` +
      `kill${own.length === 1 ? '' : 's'}.`
    );
  });
}

function answerFaults(results: Results): string[] {
  const cells = cellsOf(results);
  const counts = [...Map.groupBy(cells, ({ state }) => state)]
    .map(([state, own]) => `${own.length} ${state}`)
    .join(', ');
  const strikes = cells.reduce((sum, { valid }) => sum + valid, 0);
  return [
    `${formatNumber(strikes, 0)} strikes under load, each with proof, on ${cells.length} pairs ` +
      `of queue and fault: ${counts}.`,
    'Kept means: what broker and tier promise held. None counted twice, no acknowledged like ' +
      'lost but those of the last 2 s at tier everysec, and the order where one is promised.',
  ];
}

function answerCapacity(results: Results): string[] {
  const [objectiveMs] = results.flatMap(({ capacity }) => capacity?.objectiveMs ?? []);
  const each = tiersOf(results).flatMap((tier) => {
    const own = results.filter((result) => result.tier === tier && result.broker !== CEILING);
    const told = [...Map.groupBy(own, ({ broker }) => broker)].flatMap(([broker, ofBroker]) => {
      const move = foundBySearch(ofBroker);
      if (move?.kind !== 'done') return [];
      const { capacityLikesPerS: likesPerS, isResolved } = move;
      const rate = formatNumber(likesPerS, 0);
      return [{ likesPerS, text: `${broker} ${isResolved ? '' : 'at least '}${rate}` }];
    });
    told.sort((one, other) => other.likesPerS - one.likesPerS);
    return told.length > 0 ? [`at tier ${tier} ${told.map(({ text }) => text).join(', ')}`] : [];
  });
  if (objectiveMs === undefined || each.length === 0) return [];
  return [
    `Likes per second with 99 % visible within ${formatNumber(objectiveMs, 0)} ms: ` +
      `${each.join('; ')}.`,
    'Each is what one search found, by short trials: the table says where it fails.',
  ];
}

/** The claims in short; their figures are in the first table. */
function answerHotSpot(results: Results): string[] {
  const answer = answerToCourse(results);
  return answer === undefined ? [] : [answer];
}

function answerSharding(results: Results): string[] {
  return answersToClaims(results).map(({ inShort }) => `${inShort}.`);
}
