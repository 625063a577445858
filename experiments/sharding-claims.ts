/** What the course says of sharding, each with the answer that the figures give. */
import type { CalculatedLoads } from '../lab/sharding-schema.ts';
import { median } from '../lab/statistics/median.ts';
import { formatNumber, type Table } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { floorOf, loadsOf, ratioOf, streamIn } from './sharding-calculated.ts';

export interface ClaimAnswer {
  readonly claim: string;
  readonly answer: string;
  /** The same in one clause. */
  readonly inShort: string;
}

/** By the routing that stores here have. */
const HASH = 'slots';
const SHARDS = 16;
/** From here on a shard that has so many times the mean is called hot. */
const HOT_RATIO = 1.5;
/** Up to here keys are called evenly spread. */
const EVEN_RATIO = 1.25;

/** Empty where the results hold no calculation. */
export function answersToClaims(results: readonly TrialResult[]): ClaimAnswer[] {
  const all = loadsOf(results);
  const named = (stream: string) => all.find((loads) => loads.stream === stream);
  const answers = [
    { claim: 'Hash partitioning gives even distribution and minimal hot spots', of: hashAnswer },
    { claim: 'Range partitioning risks hot spots', of: rangeAnswer },
    { claim: 'Shard alphabetically (A-C, D-M)', of: letterAnswer },
  ];
  return answers.flatMap(({ claim, of }) => {
    const answer = of({ all, named, results });
    return answer === undefined ? [] : [{ claim, ...answer }];
  });
}

export function claimsTable(results: readonly TrialResult[]): Table {
  return {
    title: 'What the course says, and what was found',
    heads: ['the course', 'found'],
    rows: answersToClaims(results).map(({ claim, answer }) => [`“${claim}”`, answer]),
    notes: [],
  };
}

type Answer = Omit<ClaimAnswer, 'claim'>;

interface Found {
  readonly all: readonly CalculatedLoads[];
  readonly named: (stream: string) => CalculatedLoads | undefined;
  readonly results: readonly TrialResult[];
}

const ratio = (value: number) => formatNumber(value, value < 10 ? 2 : 1);
const percent = (share: number) => `${formatNumber(share * 100, 1)} %`;

function hashAnswer({ all, results }: Found): Answer | undefined {
  const told = all.flatMap((loads) => {
    const likes = ratioOf(loads, HASH, SHARDS);
    const worst = ratioOf(loads, HASH, SHARDS, 'ratiosWorstTenth');
    const posts = ratioOf(loads, HASH, SHARDS, 'postRatios');
    if (likes === undefined || worst === undefined || posts === undefined) return [];
    return [{ loads, likes, worst, posts }];
  });
  if (told.length === 0) return undefined;
  const largest = (of: 'likes' | 'worst' | 'posts') =>
    told.reduce((most, one) => (one[of] > most[of] ? one : most));
  const [hot, hotTenth, posts] = [largest('likes'), largest('worst'), largest('posts').posts];
  const { share, expectedShare = share } = hot.loads.topPost;
  const keys = `of posts the fullest of ${SHARDS} shards has ${ratio(posts)} times the mean`;
  const floor = `${percent(expectedShare)} × ${SHARDS} = ${ratio(floorOf(expectedShare, SHARDS))}`;
  const likes =
    `of likes ${ratio(hot.likes)} times with ${hot.loads.stream} (its top post: ${floor}), and ` +
    `${ratio(hotTenth.worst)} in the worst tenth of ${hotTenth.loads.stream}`;
  const cost = costOf(results, [
    ['newest', HASH],
    ['zipf 1.2', HASH],
  ]);
  const inShort = verdictOnHash(hotTenth.worst, posts);
  return { answer: `${inShort}: ${keys}, ${likes}.${cost}`, inShort };
}

function verdictOnHash(likes: number, posts: number): string {
  if (likes < HOT_RATIO) return 'Hash spreads keys and load here';
  return posts > EVEN_RATIO ? 'Hash spreads neither here' : 'Hash spreads keys, not load';
}

function rangeAnswer({ named, results }: Found): Answer | undefined {
  const loads = named('newest');
  const ids = ratioOf(loads, 'ids', SHARDS);
  const hashed = ratioOf(loads, HASH, SHARDS);
  if (ids === undefined || hashed === undefined) return undefined;
  const figures =
    `where the newest posts are liked most, the last range of ids takes ${percent(ids / SHARDS)} ` +
    `of all likes, ${ratio(ids)} times the mean of ${SHARDS} shards; ` +
    `by hash it is ${ratio(hashed)}`;
  const cost = costOf(results, [
    ['newest', 'ids'],
    ['newest', HASH],
  ]);
  const isHot = ids >= HOT_RATIO && ids > hashed * EVEN_RATIO;
  const inShort = isHot ? 'Ranges of ids make new posts a hot spot' : 'Ranges of ids do well here';
  return { answer: `${inShort}: ${figures}.${cost}`, inShort };
}

function letterAnswer({ named, results }: Found): Answer | undefined {
  const loads = named('newest');
  const shards = 8;
  const letters = ratioOf(loads, 'letters', shards);
  const hashed = ratioOf(loads, HASH, shards);
  if (loads === undefined || letters === undefined || hashed === undefined) return undefined;
  const byNames = loads.lettersExpected?.[loads.shards.indexOf(shards)];
  const names = byNames === undefined ? '' : ` (${ratio(byNames)} by the surnames alone)`;
  const videos = ratioOf(named('trending'), 'letters', shards);
  const random = videos === undefined ? '' : `, of video ids ${ratio(videos)}`;
  const figures =
    `${shards} ranges of letters have ${ratio(letters)} times the mean in the fullest${names}` +
    `${random}; by hash it is ${ratio(hashed)}, and beyond 26 shards there is no letter left`;
  const cost = costOf(results, [
    ['newest', 'letters'],
    ['newest', HASH],
  ]);
  const isUneven = letters >= hashed * EVEN_RATIO;
  const inShort = isUneven
    ? 'Names are not spread over the alphabet'
    : 'Ranges of letters do as well as a hash here';
  return { answer: `${inShort}: ${figures}.${cost}`, inShort };
}

type Case = readonly [stream: string, routing: string];

/** What real trials counted, where there are any: at the largest number of shards that all have. */
function costOf(results: readonly TrialResult[], cases: readonly Case[]): string {
  const rates = ([stream, routing]: Case, shards: number) =>
    results
      .filter(
        (result) =>
          result.plan.mode === 'sustained' &&
          result.plan.sharding?.routing.name === routing &&
          result.plan.shards === shards &&
          streamIn(result) === stream &&
          result.numbersValid,
      )
      .flatMap(({ rates: found }) => found?.sustainedLikesPerS ?? []);
  const counts = [...new Set(results.map(({ plan }) => plan.shards))].sort((a, b) => b - a);
  const shards = counts.find((count) => cases.every((one) => rates(one, count).length > 0));
  if (shards === undefined) return '';
  const each = cases.map((one) => {
    const [stream, routing] = one;
    return `${stream} by ${routing} ${formatNumber(median(rates(one, shards)), 0)}`;
  });
  return ` ${shards} shards with a modelled limit counted, in likes/s: ${each.join(', ')}.`;
}
