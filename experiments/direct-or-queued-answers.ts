/** What the figures of `direct-or-queued` say to the course's question, word by word from them. */
import { type Call, type Crossover, crossoverOf } from '../lab/crossover.ts';
import { DIRECT } from '../lab/path-plan.ts';
import { median } from '../lab/statistics/median.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import {
  apiOf,
  notAcceptedShare,
  offeredPerS,
  queueOf,
  wayOf,
} from './direct-or-queued-columns.ts';
import {
  exceptionsIn,
  isBurst,
  isClaimed,
  isSteady,
  runOf,
  type Turn,
  turnsOf,
} from './direct-or-queued-turns.ts';
import { type Figure, standingMedian } from './standing-median.ts';

/** Who looks at a count notices from about here on that it lags. */
const BEHIND_MS_LEAST = 1_000;

type Results = readonly TrialResult[];

const COURSE_QUESTION = '"Is it a good idea to count likes through API requests from the server?"';

/** What the course means by each: `+1` in the request, and a queue whose worker adds up. */
const DIRECT_WAY = 'direct, +1';
const QUEUED_WAY = 'queue, coalesced updates';

const p99Ms: Figure = (result) => {
  const us = apiOf(result)?.p99Us;
  return us === undefined ? undefined : us / 1_000;
};

const p99Of = (side: Results) => milliseconds(standingMedian(side, p99Ms));

/** Markdown: the course's answer, the post that everybody likes, and what it costs. */
export function explainWays(results: Results): string {
  return waysAnswers(results)
    .map((line) => `- ${line}`)
    .join('\n');
}

/** Each a sentence; empty where direct and queued were not both measured. */
export function waysAnswers(results: Results): string[] {
  const runs = [...Map.groupBy(results, ({ run }) => run).values()];
  return runs.flatMap((own) => {
    const turns = turnsOf(own).filter(
      ({ direct, queued }) => direct === DIRECT_WAY && queued === QUEUED_WAY,
    );
    const told = turns.filter(({ api }) => crossoverOf(api).kind !== 'not told');
    if (told.length === 0) return [];
    return [courseLine(told, own), ...onePostLine(told, own), ...costLine(told, own)];
  });
}

function courseLine(turns: readonly Turn[], results: Results): string {
  const each = turns.map((turn) => clauseOf(turn, results));
  const isSure = turns.every(({ api }) => isClaimed(api));
  const claim = isSure ? '' : ' (fewer than six runs: no claim)';
  return `${COURSE_QUESTION} Compared with a queue: ${each.join('; ')}${claim}.`;
}

const perS = (likesPerS: number): string => `${formatNumber(likesPerS, 0)}/s`;
const milliseconds = (ms: number | undefined): string =>
  ms === undefined ? 'unknown' : `${formatNumber(ms, ms < 10 ? 1 : 0)} ms`;
const percent = (share: number | undefined): string =>
  share === undefined ? 'unknown' : `${formatNumber(share * 100, share < 0.1 ? 1 : 0)} %`;

function clauseOf(turn: Turn, results: Results): string {
  const found = crossoverOf(turn.api);
  const against = `on ${turn.broker} (${turn.tier})`;
  const at = (likesPerS: number) => figuresAt(turn, likesPerS, results);
  if (found.kind === 'turns') {
    const { lastLikesPerS, firstLikesPerS } = found;
    return (
      `${against}, yes up to ${perS(lastLikesPerS)} (${at(lastLikesPerS)}), and no from ` +
      `${perS(firstLikesPerS)} on (${at(firstLikesPerS)})${butAt(turn.api)}`
    );
  }
  if (found.kind === 'mixed') return `${against}, no rate parts the two: ${mixedOf(found.calls)}`;
  if (found.kind === 'not told') return `${against}, not told`;
  return `${against}, ${noneOf(found, butAt(turn.api))} (${at(found.toLikesPerS)})`;
}

const butAt = (calls: readonly Call[]): string => exceptionsIn(calls, ['tie', 'not told']);

function noneOf(found: Extract<Crossover, { kind: 'none' }>, but: string): string {
  const { better, fromLikesPerS, toLikesPerS } = found;
  const rates =
    fromLikesPerS === toLikesPerS
      ? `at ${perS(toLikesPerS)}, the one rate that was measured`
      : `at every rate from ${perS(fromLikesPerS)} to ${perS(toLikesPerS)}`;
  if (better === 'direct') return `yes ${rates}${but}: the crossover, if there is one, lies above`;
  if (better === 'queue') return `no ${rates}${but}: the crossover, if there is one, lies below`;
  return `it makes no difference ${rates}${but}`;
}

function mixedOf(calls: readonly Call[]): string {
  return calls.map(({ better, likesPerS }) => `${better} at ${perS(likesPerS)}`).join(', ');
}

/** Direct first, then through the queue. */
function figuresAt({ broker, tier, api }: Turn, likesPerS: number, results: Results): string {
  const own = results.filter((result) => isSteady(result) && offeredPerS(result) === likesPerS);
  const [direct, queued] = sidesOf(own, broker, tier);
  const shares = [direct, queued].map(shareOf);
  const call = api.find((one) => one.likesPerS === likesPerS);
  if (call?.by === 'accepted') {
    return (
      `at ${perS(likesPerS)} ${percent(shares[0])} of the requests are not accepted directly, ` +
      `${percent(shares[1])} by the queue${behind(queued)}`
    );
  }
  const lost = shares.some((share) => (share ?? 0) > 0)
    ? `, and ${percent(shares[0])} against ${percent(shares[1])} of the requests not accepted`
    : '';
  return (
    `at ${perS(likesPerS)} p99 of the API ${p99Of(direct)} directly, ` +
    `${p99Of(queued)} by the queue${lost}${behind(queued)}`
  );
}

/** By the runs that decided, also where no time of theirs stands. */
function shareOf(side: Results): number | undefined {
  const shares = side.flatMap((result) => runOf(result)?.notAcceptedShare ?? []);
  return shares.length === 0 ? undefined : median(shares);
}

/** A 202 that comes early is half of the answer where the count comes much later. */
function behind(queued: Results): string {
  const ms = standingMedian(queued, exactAfterMs);
  if (ms === undefined || ms < BEHIND_MS_LEAST) return '';
  return `, whose count is exact only ${milliseconds(ms)} after the last 202`;
}

function sidesOf(results: Results, broker: string, tier: string): [Results, Results] {
  return [
    results.filter((one) => one.broker === DIRECT && wayOf(one) === DIRECT_WAY),
    results.filter(
      (one) => wayOf(one) === QUEUED_WAY && queueOf(one) === broker && one.tier === tier,
    ),
  ];
}

const waitingShare: Figure = ({ path }) => path?.lockWaits?.shareOfSamplesWaiting;
const exactAfterMs: Figure = ({ path }) => path?.exactAfterMs;

/** Less than a ms is none that anybody waits for. */
function exactWords(side: Results): string {
  const ms = standingMedian(side, exactAfterMs);
  return ms !== undefined && ms < 1
    ? 'with the last 202'
    : `${milliseconds(ms)} after the last 202`;
}

/** What changes when nearly all likes are for one post: the largest burst of all. */
function onePostLine(turns: readonly Turn[], results: Results): string[] {
  const bursts = results.filter(isBurst);
  const most = Math.max(0, ...bursts.flatMap((result) => offeredPerS(result) ?? []));
  const own = bursts.filter((result) => offeredPerS(result) === most);
  const [direct] = sidesOf(own, '', '');
  const share = standingMedian(direct, notAcceptedShare);
  if (share === undefined) return [];
  const factor = own[0]!.plan.path!.burst!.factor;
  const queues = turns.flatMap(({ broker, tier }) => {
    const [, queued] = sidesOf(own, broker, tier);
    const notAccepted = standingMedian(queued, notAcceptedShare);
    if (notAccepted === undefined) return [];
    return [
      `through ${broker} (${tier}) ${percent(notAccepted)} and ` +
        `${p99Of(queued)}, exact ${exactWords(queued)}`,
    ];
  });
  return [
    `When one post takes all of a burst of ${factor} times the rate (${perS(most)}), of the ` +
      `requests written directly ${percent(share)} are not accepted, with a p99 of ` +
      `${p99Of(direct)}, and the count is exact ${exactWords(direct)}` +
      `${queues.length > 0 ? `; ${queues.join('; ')}` : ''}.`,
    ...lockLine(results),
  ];
}

/** The same rate over many posts and on one, where both were measured; else the burst alone. */
function lockLine(results: Results): string[] {
  const [all] = sidesOf(results, '', '');
  const bursts = all.filter(isBurst);
  const rates = [...new Set(bursts.flatMap((result) => offeredPerS(result) ?? []))];
  const lines = rates.flatMap((rate) => {
    const at = (one: TrialResult) => offeredPerS(one) === rate;
    const onOne = standingMedian(bursts.filter(at), waitingShare);
    if (onOne === undefined) return [];
    const onMany = standingMedian(
      all.filter((one) => isSteady(one) && at(one)),
      waitingShare,
    );
    const many = onMany === undefined ? '' : `, over many posts in ${percent(onMany)}`;
    return [`at ${perS(rate)} on one post in ${percent(onOne)} of the looks${many}`];
  });
  if (lines.length === 0) return [];
  return [
    `Directly, sessions of PostgreSQL wait for each other's row: ${lines.join('; ')}. Of a burst ` +
      'the looks before it are in the share, which makes it lower than it is in the burst alone.',
  ];
}

function costLine(turns: readonly Turn[], results: Results): string[] {
  const each = turns.flatMap(({ broker, tier, cpu }) => {
    const found = crossoverOf(cpu);
    if (found.kind === 'not told') return [];
    const told = cpu.filter(({ better }) => better !== 'not told');
    const rate = told.at(-1)!.likesPerS;
    const own = results.filter((one) => isSteady(one) && offeredPerS(one) === rate);
    const [direct, queued] = sidesOf(own, broker, tier).map((side) => transactionsOf(side));
    const kind =
      found.kind === 'turns'
        ? `direct costs less up to ${perS(found.lastLikesPerS)}, the queue from ` +
          `${perS(found.firstLikesPerS)} on`
        : found.kind === 'mixed'
          ? `no rate parts the two (${mixedOf(found.calls)})`
          : found.better === 'tie'
            ? 'a like costs the same both ways'
            : `${found.better === 'direct' ? 'direct' : 'the queue'} costs less at every rate`;
    return [
      `with a queue on ${broker} (${tier}) ${kind}${butAt(cpu)}; transactions a like at ` +
        `${perS(rate)}: ${direct} directly, ${queued} by the queue`,
    ];
  });
  return each.length === 0 ? [] : [`By the CPU time of all parts a like, ${each.join('; ')}.`];
}

function transactionsOf(side: Results): string {
  const found = standingMedian(side, ({ path }) => path?.databaseTransactionsPerLike);
  return found === undefined ? 'unknown' : formatNumber(found, 2);
}
