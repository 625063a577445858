/**
 * The noise floor: one broker under two names, which differs from itself by chance alone. What is
 * not larger than that is not a difference between brokers either.
 */
import { comparedSettingOf, settingWords } from './comparison.ts';
import { METRICS, type Metric } from './metrics.ts';
import { type RatioOfMedians, ratioOfMedians } from './statistics/bootstrap.ts';
import { median } from './statistics/median.ts';
import { formatNumber, type Table, withInterval } from './table.ts';
import type { TrialResult } from './trial-result.ts';

/** The runs of a broker under its own name and under the other one, in one setting. */
export interface TwinPair {
  readonly metric: Metric;
  readonly broker: string;
  readonly alias: string;
  /** The experiment, and the setting in words. */
  readonly setting: string;
  /** In the order in which they ran. */
  readonly own: readonly number[];
  readonly again: readonly number[];
  /** Their medians, `again` by `own`. */
  readonly ratio: number;
  /** Undefined below the runs that a claim needs. */
  readonly claim: RatioOfMedians | undefined;
  /** The largest relative difference between two runs of the same place. */
  readonly apartMost: number;
}

export const NOISE_HEADS = [
  { head: 'metric', meaning: 'What is measured, of one broker under two names.' },
  { head: 'setting', meaning: 'Experiment, tier and load.' },
  { head: 'names', meaning: 'The two names of the same broker.' },
  { head: 'runs', meaning: 'Valid runs under each name.' },
  {
    head: 'ratio',
    meaning: 'Of the two medians, with its 95 % bootstrap interval from six runs up.',
  },
  {
    head: 'call',
    meaning: '`tie`, as it should be; `different` for a false alarm; `no claim` below six runs.',
  },
  {
    head: 'runs apart',
    meaning: 'The largest relative difference between two runs that stood side by side.',
  },
] as const;

/** All pairs of the results of one run that have numbers under both names. */
export function twinPairs(results: readonly TrialResult[]): TwinPair[] {
  const wordsOf = settingWords(results);
  const keyOf = (result: TrialResult) => `${result.broker} ${comparedSettingOf(result)}`;
  const groups = [...Map.groupBy(results, keyOf).values()];
  return METRICS.flatMap((metric) =>
    groups.flatMap((group) => {
      const twin = group.find(({ alias }) => alias !== undefined);
      if (twin === undefined) return [];
      const { alias, broker, experiment } = twin;
      const numbers = (name: string | undefined) =>
        group.filter((result) => result.alias === name).map(metric.value);
      const setting = `${experiment}, ${wordsOf(twin)}`;
      const names = { metric, broker, alias: alias!, setting };
      return pairOf(names, ...besideEachOther(numbers(undefined), numbers(alias)));
    }),
  );
}

/** Runs that stood side by side, where both tell the number: what drifts is alike for them. */
function besideEachOther(
  own: readonly (number | undefined)[],
  again: readonly (number | undefined)[],
): [number[], number[]] {
  const both = own.flatMap((value, place) => {
    const other = again[place];
    return value === undefined || other === undefined ? [] : [[value, other] as const];
  });
  return [both.map(([value]) => value), both.map(([, other]) => other)];
}

/** Empty where a side has no number, or one that is not above 0. */
export function pairOf(
  names: Pick<TwinPair, 'metric' | 'broker' | 'alias' | 'setting'>,
  own: readonly number[],
  again: readonly number[],
): TwinPair[] {
  const all = [...own, ...again];
  if (own.length === 0 || again.length === 0 || all.some((value) => !(value > 0))) return [];
  const claim = ratioOfMedians(again, own);
  const beside = own.slice(0, again.length).map((value, place) => apart(value, again[place]!));
  const ratio = median(again) / median(own);
  return [{ ...names, own, again, ratio, claim, apartMost: Math.max(...beside) }];
}

/** The larger one is by this share larger than the other one. */
function apart(one: number, other: number): number {
  return Math.max(one, other) / Math.min(one, other) - 1;
}

/** Undefined where no broker ran under two names. */
export function noiseFloorTable(results: readonly TrialResult[]): Table | undefined {
  const pairs = twinPairs(results);
  if (pairs.length === 0) return undefined;
  return {
    title: 'Noise floor: how far is a broker apart from itself, under another name?',
    heads: NOISE_HEADS.map(({ head }) => head),
    rows: pairs.map((pair) => {
      const { metric, setting, broker, alias, own, again, ratio, claim, apartMost } = pair;
      const shown = claim ? withInterval(ratio, claim.interval, 2) : formatNumber(ratio, 2);
      const runs = `${own.length} and ${again.length}`;
      const names = `${broker}, ${alias}`;
      return [metric.name, setting, names, runs, shown, callOf(pair), percent(apartMost)];
    }),
    notes: [...Map.groupBy(pairs, ({ metric }) => metric).values()].map(floorOf),
  };
}

function callOf({ claim }: TwinPair): string {
  if (claim === undefined) return 'no claim';
  return claim.isTie ? 'tie' : 'different';
}

/** One line for a metric: the floor, where it is, and how many false alarms there were. */
function floorOf(pairs: readonly TwinPair[]): string {
  const [first] = pairs;
  const most = pairs.reduce((worst, pair) =>
    apart(pair.ratio, 1) > apart(worst.ratio, 1) ? pair : worst,
  );
  const alarms = pairs.filter((pair) => callOf(pair) === 'different').length;
  return (
    `${first!.metric.name}: medians at most ${percent(apart(most.ratio, 1))} apart ` +
    `(${most.setting}), ${alarms} of ${pairs.length} called different`
  );
}

function percent(share: number): string {
  return `${formatNumber(share * 100, 1)} %`;
}
