/** The tables of `write-path`: a row for each hop, and Little's law at each of them. */
import { BROKER_HEAD, brokerOf, TIER_HEAD } from '../lab/common-columns.ts';
import type { Column } from '../lab/experiment.ts';
import { cellOf, formatNumber, type Table } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { hopsOf } from '../lab/write-path/hops.ts';
import { DIFFERENCE_SHARE_MAX, READING_US, TOLD_SHARE_MAX } from '../lab/write-path/little.ts';
import { describeExported, type HopFigures } from '../lab/write-path-schema.ts';

export const OFFERED_HEAD = {
  head: 'offered',
  meaning: 'Open loop: requests due per second, whatever the system does.',
};

function hopOf({ writePath }: TrialResult, name: string): HopFigures | undefined {
  return writePath?.hops.find((hop) => hop.name === name);
}

/** By its share of the mean; undefined where nothing was traced. */
export function slowestHopOf({ writePath }: TrialResult): HopFigures | undefined {
  return writePath?.hops.toSorted((one, other) => other.meanUs - one.meanUs)[0];
}

export function hopsTables(results: readonly TrialResult[]): Table[] {
  const told = results.filter(({ writePath }) => writePath !== undefined);
  if (told.length === 0) return [];
  return [hopTable(told), littleTable(told)];
}

type Value = (hop: HopFigures) => number;

function hopColumn(name: string, value: Value, digits: number): Column {
  return {
    ...{ head: '', meaning: '', digits },
    value: (result) => {
      const hop = hopOf(result, name);
      return hop && value(hop);
    },
  };
}

function hopTable(results: readonly TrialResult[]): Table {
  const figures: readonly [string, Value, number][] = [
    ['p50 ms', ({ p50Us }) => p50Us / 1_000, 2],
    ['p99 ms', ({ p99Us }) => p99Us / 1_000, 2],
    ['max ms', ({ maxUs }) => maxUs / 1_000, 1],
    ['mean ms', ({ meanUs }) => meanUs / 1_000, 2],
    ['% of the mean', ({ share }) => 100 * share, 0],
  ];
  return {
    title: 'The hops of a like, from due to visible',
    heads: [BROKER_HEAD.head, TIER_HEAD.head, 'offered', 'hop', ...figures.map(([head]) => head)],
    rows: rowsOf(results, (name, group) =>
      figures.map(([, value, digits]) => cellOf(hopColumn(name, value, digits), group)),
    ),
    notes: [
      ...meanings(results),
      ...struckOf(results),
      ...deliveredFirst(results),
      ...spansLost(results),
    ],
  };
}

function littleTable(results: readonly TrialResult[]): Table {
  const figures: readonly [string, Value, number][] = [
    ['L: likes in it', ({ little }) => little.inHop, 3],
    ['λ: likes/s', ({ little }) => little.likesPerS, 0],
    ['λW', ({ little }) => little.product, 3],
    ['may differ by', ({ little }) => little.bound, 3],
  ];
  return {
    title: "Little's law at each hop: L = λW",
    heads: [
      BROKER_HEAD.head,
      TIER_HEAD.head,
      'offered',
      'hop',
      ...figures.map(([head]) => head),
    ].concat('verdict'),
    rows: rowsOf(results, (name, group) => [
      ...figures.map(([, value, digits]) =>
        cellOf({ ...hopColumn(name, value, digits), isFinding: true }, group),
      ),
      verdictOf(name, group),
    ]),
    notes: [
      'L and λ are from counts that each process keeps of all likes, W from the spans of the ' +
        `traced ones. They may differ by ${100 * DIFFERENCE_SHARE_MAX} %, by ${READING_US} µs a ` +
        'like, and by three standard errors of W where not all likes are traced. Each hop is ' +
        'looked at from one moment at which it is as good as empty to another. The law asks ' +
        'for a steady flow: a backlog that grows fails it too, and such means stand for ' +
        `nothing. Where they may differ by more than ${100 * TOLD_SHARE_MAX} % of either, as in ` +
        'a hop of a few µs, it cannot tell',
    ],
  };
}

/** A row for each hop of each row of trials, which are repeats of each other. */
function rowsOf(
  results: readonly TrialResult[],
  cells: (name: string, group: readonly TrialResult[]) => string[],
): string[][] {
  return groupsOf(results).flatMap((group) => {
    const [first] = group;
    const key = [brokerOf(first!), first!.tier, first!.plan.pace ?? ''];
    return first!.writePath!.hops.map(({ name }) => [...key, name, ...cells(name, group)]);
  });
}

export function groupsOf(results: readonly TrialResult[]): TrialResult[][] {
  const keyOf = (one: TrialResult) => `${brokerOf(one)} ${one.tier} ${one.plan.pace}`;
  const rateOf = ([first]: readonly TrialResult[]) => first!.plan.likesPerS ?? 0;
  const nameOf = ([first]: readonly TrialResult[]) => `${brokerOf(first!)} ${first!.tier}`;
  return [...Map.groupBy(results, keyOf).values()].sort((one, other) => {
    return nameOf(one).localeCompare(nameOf(other), 'en') || rateOf(one) - rateOf(other);
  });
}

function verdictOf(name: string, group: readonly TrialResult[]): string {
  const failing = group.filter((result) => hopOf(result, name)!.little.problems.length > 0);
  if (failing.length === 0) {
    return group.some((result) => isTooLoose(hopOf(result, name)!)) ? 'cannot tell' : 'holds';
  }
  return group.length === 1 ? 'fails' : `fails in ${failing.length} of ${group.length}`;
}

/** A law that allows for so much agrees with nearly anything. */
function isTooLoose({ little }: HopFigures): boolean {
  const larger = Math.max(Math.abs(little.inHop), Math.abs(little.product));
  return little.bound > TOLD_SHARE_MAX * larger;
}

function meanings(results: readonly TrialResult[]): string[] {
  const kinds = new Set(results.map(({ plan }) => plan.path?.kind ?? 'queued'));
  return [...kinds].flatMap((kind) =>
    hopsOf(kind).map(({ name, meaning }) => `${kind}, ${name}: ${meaning}`),
  );
}

function struckOf(results: readonly TrialResult[]): string[] {
  const told = results.flatMap((result) =>
    result.numbersStruck.map(
      (reason) => `${brokerOf(result)} ${result.plan.pace}: numbers struck out, ${reason}`,
    ),
  );
  return [...new Set(told)];
}

function deliveredFirst(results: readonly TrialResult[]): string[] {
  return results
    .filter(({ writePath }) => writePath!.deliveredFirst > 0)
    .map((result) => {
      const percent = formatNumber(100 * result.writePath!.deliveredFirst, 0);
      const row = `${brokerOf(result)} ${result.plan.pace}`;
      return `${row}: ${percent} % were delivered before their acknowledgement was back`;
    });
}

/** What an OTLP receiver shows is then less than what was measured, which is from files. */
function spansLost(results: readonly TrialResult[]): string[] {
  return results.flatMap((result) => {
    const lost = describeExported(result.writePath?.exported);
    return lost === undefined ? [] : [`${brokerOf(result)} ${result.plan.pace}: ${lost}`];
  });
}
