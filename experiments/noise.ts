/** How often does the lab call two samples of the same thing different? */
import { BROKER_HEAD, brokerOf, TIER_HEAD } from '../lab/common-columns.ts';
import { difference } from '../lab/comparison-table.ts';
import type { Experiment, Profile, Step } from '../lab/experiment.ts';
import { pairOf, type TwinPair, twinPairs } from '../lab/noise-floor.ts';
import { RUNS_LEAST } from '../lab/statistics/bootstrap.ts';
import { smallestDetected } from '../lab/statistics/power.ts';
import { formatNumber, type Table, withInterval } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { sizeOf } from './sizes.ts';

/** Of one broker: 7 blocks, each of 6 runs under either name, in two modes of three metrics. */
const REPEATS = 42;
/** So many pairs are looked at; blocks beyond them only make the power better known. */
const PAIRS_MAX = 40;
/** By simulation one pair in 50 to one in 20; more than one in 8 says that intervals are wrong. */
const DIFFERENT_SHARE_MAX = 1 / 8;
const DIFFERENT_SHARE_EXPECTED = 1 / 20;

/** Many short trials say more of noise than a few long ones; all of them take about 7 minutes. */
const SIZES: Readonly<Record<Profile, { seconds: number; likesMost: number }>> = {
  smoke: { seconds: 0.1, likesMost: 10_000 },
  quick: { seconds: 1, likesMost: 100_000 },
  full: { seconds: 5, likesMost: 500_000 },
};
const LIKES_PER_S = 500;
const WARM_UP_S: Readonly<Record<Profile, number>> = { smoke: 0.2, quick: 0.3, full: 2 };
/** A 99th percentile of 500 likes/s has its 300 samples after 0.6 s. */
const MEASURE_S: Readonly<Record<Profile, number>> = { smoke: 0.7, quick: 1.2, full: 10 };

/** Six runs under one name against six under the other that ran among them. */
interface Pair extends TwinPair {
  readonly block: number;
}

/**
 * Blocks one after the other, each with all its metrics, so that which pairs are looked at does
 * not depend on what they say. A run stands in one block, and is never used again.
 */
function pairsOf(twins: readonly TwinPair[]): Pair[] {
  const blocks = twins.flatMap((twin) => {
    const whole = Math.floor(Math.min(twin.own.length, twin.again.length) / RUNS_LEAST);
    return Array.from({ length: whole }, (_, block) => {
      const own = twin.own.slice(block * RUNS_LEAST, (block + 1) * RUNS_LEAST);
      const again = twin.again.slice(block * RUNS_LEAST, (block + 1) * RUNS_LEAST);
      return pairOf(twin, own, again).map((pair): Pair => ({ ...pair, block }));
    }).flat();
  });
  return blocks.sort((one, other) => one.block - other.block).slice(0, PAIRS_MAX);
}

const isDifferent = ({ claim }: TwinPair) => claim?.isTie === false;

function tableOfNoise(results: readonly TrialResult[]): Table {
  const twins = twinPairs(results);
  const pairs = pairsOf(twins);
  return {
    title: noise.question,
    heads: HEADS.map(({ head }) => head),
    rows: twins.map((twin) => rowOf(twin, pairs)),
    notes: notesOf(pairs),
  };
}

function rowOf(twin: TwinPair, pairs: readonly Pair[]): string[] {
  const { metric, broker, setting, own, again, claim } = twin;
  const isOfTwin = (pair: Pair) =>
    pair.metric === metric && pair.broker === broker && pair.setting === setting;
  const mine = pairs.filter(isOfTwin);
  const ratios = mine.map(({ ratio }) => ratio);
  const detects = smallestDetected([...own, ...again], RUNS_LEAST);
  return [
    broker,
    setting,
    metric.name,
    `${own.length} and ${again.length}`,
    String(mine.length),
    String(mine.filter(isDifferent).length),
    mine.length > 0 ? [Math.min(...ratios), Math.max(...ratios)].map(twoDigits).join('–') : '–',
    claim ? withInterval(twin.ratio, claim.interval, 3) : '–',
    detects ? difference(detects) : '–',
  ];
}

const twoDigits = (ratio: number) => formatNumber(ratio, 2);

function notesOf(pairs: readonly Pair[]): string[] {
  if (pairs.length === 0) return [`no pair: each needs ${RUNS_LEAST} valid runs under either name`];
  const different = pairs.filter(isDifferent);
  const most = Math.floor(pairs.length * DIFFERENT_SHARE_MAX);
  const expected = formatNumber(pairs.length * DIFFERENT_SHARE_EXPECTED, 0);
  const groups = new Set(
    pairs.map(({ broker, setting, block }) => `${broker} ${setting} ${block}`),
  );
  const isGood = different.length <= most;
  return [
    `${different.length} of ${pairs.length} pairs of the same thing were called different; up to ` +
      `${expected} are expected at 95 %, and ${most} at most allowed: ` +
      (isGood ? 'kept' : 'missed'),
    `the pairs come from ${groups.size} blocks of ${2 * RUNS_LEAST} runs, no run in two blocks; ` +
      'pairs of one block are its metrics, from the same runs, so they depend on each other',
    ...different.map(
      ({ metric, broker, setting, block, ratio }) =>
        `called different: ${metric.name} of ${broker} (${setting}), block ${block + 1}, ` +
        `ratio ${twoDigits(ratio)}`,
    ),
  ];
}

const HEADS = [
  { ...BROKER_HEAD },
  { head: 'setting', meaning: 'Experiment, tier and load.' },
  { head: 'metric', meaning: 'What is measured, of one broker under two names.' },
  { head: 'runs', meaning: 'Valid runs under each of the two names.' },
  {
    head: 'pairs',
    meaning: 'Six runs under one name against six under the other that ran among them.',
  },
  {
    head: 'called different',
    meaning: 'Pairs whose 95 % interval of the ratio leaves 1 out: false alarms, all of them.',
  },
  { head: 'ratios', meaning: 'The least and the largest ratio of two medians among the pairs.' },
  { head: 'all runs', meaning: 'The ratio over all runs of both names, with its 95 % interval.' },
  {
    head: 'six runs detect',
    meaning:
      'The smallest difference that six runs against six call one in 80 % of cases, by ' +
      'resampling all runs of the row.',
  },
] as const;

export const noise: Experiment = {
  name: 'noise',
  question: 'How often does the lab call two samples of the same thing different?',
  steps(order) {
    const { profile } = order;
    const steps: Step[] = [{ mode: 'publish-then-count', likes: sizeOf(order, SIZES[profile]) }];
    const [warmUpS, measureS] = [WARM_UP_S[profile], MEASURE_S[profile]];
    const rate = { likesPerS: LIKES_PER_S };
    return [...steps, { mode: 'paced', likes: 0, rate, warmUpS, measureS }];
  },
  repeats: REPEATS,
  brokers: ['redis-streams'],
  resumes: true,
  twins: (contenders) => contenders,
  showsTwins: true,
  rowsStandAlone: true,
  rowKey: (result) => [brokerOf(result), result.tier],
  rowHeads: [BROKER_HEAD, TIER_HEAD],
  columns: HEADS.slice(1).map((head) => ({ ...head, value: () => undefined })),
  tables: (results) => [tableOfNoise(results)],
};
