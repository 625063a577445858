/**
 * What makes a comparison of two runs unfair: everything that differs between them besides what was
 * to be compared. Said plainly, and held against nobody.
 */
import type { Pair } from './compare-pairs.ts';
import type { Run } from './result-files.ts';
import { median } from './statistics/median.ts';
import { formatNumber } from './table.ts';
import type { TrialResult } from './trial-result.ts';

/** What differs; files and tests know the warnings by it. */
export const UNFAIRNESSES = [
  'machine',
  'node',
  'lab',
  'server',
  'library',
  'settings',
  'workload',
  'load',
  'profile',
  'consumer',
  'unfinished',
  'same run',
] as const;

export interface Warning {
  readonly what: (typeof UNFAIRNESSES)[number];
  readonly text: string;
}

/** Versions that have a warning of their own; those of servers are told by the broker's results. */
const NODE = 'node';
const LAB = 'lab';
const SERVERS = new Set(['kafka', 'elasticmq', 'redis', 'null']);

/** As trials name them (lab/run-trial.ts). */
const QUEUE_NAME = /likes-[0-9a-f]{10}/g;
/** Latencies under loads that differ by more than this are not latencies of the same thing. */
const OFFERED_DIFFERENCE_MAX = 0.05;

/** From trials that both sides have; others are compared with nothing. */
export function warningsOf(a: Run, b: Run, pairs: readonly Pair[]): Warning[] {
  const ofA = pairs.flatMap((pair) => pair.a);
  const ofB = pairs.flatMap((pair) => pair.b);
  const versions = differences(ofA, ofB, (result) => Object.entries(result.versions));
  const version = (what: Warning['what'], title: string, isOf: (name: string) => boolean) =>
    versions
      .filter(({ name }) => isOf(name))
      .map((found) => warning(what, `${title} ${found.name}`, found));
  const commits = differences(ofA, ofB, ({ commit }) => [['commit', commit]]);
  return [
    ...runWarnings(a, b),
    ...differences(ofA, ofB, ({ machine }) => Object.entries(machine)).map((found) =>
      warning('machine', `another machine, ${found.name}`, found),
    ),
    ...version('node', 'another version of', (name) => name === NODE),
    ...version('lab', 'another version of', (name) => name === LAB),
    ...commits.map((found) => warning('lab', 'another commit of the lab', found)),
    ...version('server', 'another version of the server', (name) => SERVERS.has(name)),
    ...version(
      'library',
      'another version of',
      (name) => name !== NODE && name !== LAB && !SERVERS.has(name),
    ),
    ...bySubject(pairs),
    ...loadWarnings(pairs),
  ];
}

function runWarnings(a: Run, b: Run): Warning[] {
  const unfinished = [
    ['A', a],
    ['B', b],
  ] as const;
  const found = { a: [a.index.profile], b: [b.index.profile] };
  return [
    ...(a.index.run === b.index.run
      ? [{ what: 'same run' as const, text: `A and B are the same run, ${a.index.run}` }]
      : []),
    ...unfinished
      .filter(([, { index }]) => !index.complete)
      .map(([side, { index }]): Warning => {
        const text = `${side} (${index.run}) was not finished: what it lacks is not compared`;
        return { what: 'unfinished', text };
      }),
    ...(a.index.profile === b.index.profile ? [] : [warning('profile', 'another profile', found)]),
  ];
}

/** Settings, servers and consumers, once for each broker and tier. */
function bySubject(pairs: readonly Pair[]): Warning[] {
  const subjects = Map.groupBy(pairs, ({ broker, tier }) => `${broker} at ${tier}`);
  return [...subjects].flatMap(([name, own]) => {
    const ofA = own.flatMap(({ a }) => a);
    const ofB = own.flatMap(({ b }) => b);
    const told = (facts: Facts, what: Warning['what'], title: string) =>
      differences(ofA, ofB, facts).map((found) =>
        warning(what, `${name}: another ${title}${found.name}`, found),
      );
    return [
      ...told(serverOf, 'server', ''),
      ...told(withAll(settingsOf, [...ofA, ...ofB]), 'settings', 'setting of '),
      ...told(consumerOf, 'consumer', ''),
    ];
  });
}

type Facts = (result: TrialResult) => readonly (readonly [string, string])[];

/** Without what is another in every trial: the names of queues, and who the process is. */
const settingsOf: Facts = ({ settings }) =>
  Object.entries(settings)
    .filter(([name]) => name !== 'pid')
    .map(([name, value]) => [name, value.replaceAll(QUEUE_NAME, 'likes-…')] as const);

/** A setting that a server no longer tells, or not yet, has changed as well. */
function withAll(facts: Facts, results: readonly TrialResult[]): Facts {
  const names = [...new Set(results.flatMap(facts).map(([name]) => name))];
  return (result) => {
    const own = new Map(facts(result));
    if (own.size === 0) return []; // It was not asked.
    return names.map((name) => [name, own.get(name) ?? 'not told'] as const);
  };
}

const serverOf: Facts = ({ server }) =>
  server === undefined ? [] : [['server', `${server.title} (${server.runtime})`]];

/** Whose consumer counted; the file's sum tells two of the same name apart. */
const consumerOf: Facts = ({ consumer, verdict }) => {
  if (consumer !== undefined) {
    return [['consumer', `${consumer.file} ${consumer.sha256.slice(0, 12)}`]];
  }
  return verdict === 'unknown' ? [] : [['consumer', "the lab's own"]];
};

/**
 * Each trial that was sent other likes, and each that was offered another load. At a share of its
 * own maximum a broker is offered as much as it takes that day, and so another number of likes.
 */
function loadWarnings(pairs: readonly Pair[]): Warning[] {
  const seeds: Facts = ({ workload }) => [['seed', String(workload.seed)]];
  const hashes: Facts = ({ workload: { hash } }) => (hash === undefined ? [] : [['hash', hash]]);
  const found = pairs.flatMap((pair) => {
    const facts = isShare(pair) ? seeds : hashes;
    return differences(pair.a, pair.b, facts).map((one) => ({ ...one, subject: nameOf(pair) }));
  });
  const alike = Map.groupBy(found, ({ name, a, b }) => JSON.stringify([name, a, b]));
  const likes = [...alike.values()].map((group) => {
    const subjects = group.map(({ subject }) => subject).join(' · ');
    return warning(
      'workload',
      `other likes were sent in ${subjects}, ${group[0]!.name}`,
      group[0]!,
    );
  });
  return [...likes, ...pairs.flatMap(offeredWarnings)];
}

function offeredWarnings(pair: Pair): Warning[] {
  const [a, b] = [offeredIn(pair.a), offeredIn(pair.b)];
  if (a === undefined || b === undefined) return [];
  if (Math.abs(b / a - 1) <= OFFERED_DIFFERENCE_MAX) return [];
  const rate = (likesPerS: number) => [`${formatNumber(likesPerS, 0)} likes/s`];
  const title = `another load was offered in ${nameOf(pair)}`;
  return [warning('load', title, { a: rate(a), b: rate(b) })];
}

function offeredIn(results: readonly TrialResult[]): number | undefined {
  const rates = results.map(({ plan }) => plan.likesPerS).filter((rate) => rate !== undefined);
  return rates.length === 0 ? undefined : median(rates);
}

const isShare = ({ a }: Pair) => / of (own maximum|capacity)/.test(a[0]!.plan.pace ?? '');

const nameOf = ({ broker, tier, trial }: Pair) => `${broker} at ${tier}, ${trial}`;

interface Difference {
  readonly name: string;
  readonly a: readonly string[];
  readonly b: readonly string[];
}

/** Facts that both sides tell, and that differ; what only one tells differs from nothing. */
function differences(
  a: readonly TrialResult[],
  b: readonly TrialResult[],
  facts: Facts,
): Difference[] {
  const [ofA, ofB] = [valuesByName(a, facts), valuesByName(b, facts)];
  return [...ofA].flatMap(([name, values]): Difference[] => {
    const others = ofB.get(name);
    if (others === undefined || isSame(values, others)) return [];
    return [{ name, a: [...values], b: [...others] }];
  });
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((value) => other.has(value));
}

function valuesByName(results: readonly TrialResult[], facts: Facts): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [name, value] of results.flatMap(facts)) {
    found.set(name, (found.get(name) ?? new Set()).add(value));
  }
  return found;
}

function warning(
  what: Warning['what'],
  title: string,
  { a, b }: Pick<Difference, 'a' | 'b'>,
): Warning {
  return { what, text: `${title}: A ${a.join(', ')}; B ${b.join(', ')}` };
}
