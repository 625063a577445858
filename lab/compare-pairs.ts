/** Which trials of one run are runs of the same thing as which trials of another. */
import { withoutTwins } from './comparison.ts';
import { settingOf } from './metrics.ts';
import { describePath } from './path-plan.ts';
import type { TrialResult } from './trial-result.ts';

/** What a row of a comparison is about. */
export interface Subject {
  readonly broker: string;
  readonly tier: string;
  /** Experiment and what was done in it, in words that tell it from the broker's other trials. */
  readonly trial: string;
}

/** All runs of the same thing, on both sides at least one. */
export interface Pair extends Subject {
  readonly a: readonly TrialResult[];
  readonly b: readonly TrialResult[];
}

/** Runs of something that the other side has not. */
export interface Lone extends Subject {
  readonly results: readonly TrialResult[];
}

export interface Pairing {
  readonly pairs: readonly Pair[];
  readonly onlyInA: readonly Lone[];
  readonly onlyInB: readonly Lone[];
}

/** Pairs by broker, setting (lab/metrics.ts) and fault, in the order in which A ran them. */
export function pairTrials(
  allOfA: readonly TrialResult[],
  allOfB: readonly TrialResult[],
): Pairing {
  const [a, b] = [allOfA, allOfB].map(comparable) as [TrialResult[], TrialResult[]];
  const keyOf = keysOf([...a, ...b]);
  const [ofA, ofB] = [Map.groupBy(a, keyOf), Map.groupBy(b, keyOf)];
  const subjects = subjectsOf(new Map([...ofB, ...ofA]));
  const lone = (own: Map<string, TrialResult[]>, others: Map<string, TrialResult[]>) =>
    [...own]
      .filter(([key]) => !others.has(key))
      .map(([key, results]): Lone => ({ ...subjects.get(key)!, results }));
  const pairs = [...ofA].flatMap(([key, results]): Pair[] => {
    const others = ofB.get(key);
    return others ? [{ ...subjects.get(key)!, a: results, b: others }] : [];
  });
  return { pairs, onlyInA: lone(ofA, ofB), onlyInB: lone(ofB, ofA) };
}

/** A second name would double a broker's runs, and steps of a search differ from run to run. */
function comparable(results: readonly TrialResult[]): TrialResult[] {
  return withoutTwins(results).filter(({ capacity }) => capacity?.probe === undefined);
}

/**
 * The setting with broker and fault. A trial that broke off does not know how many likes its broker
 * takes in a send; it goes with one that does, and differs in nothing else.
 */
function keysOf(results: readonly TrialResult[]): (result: TrialResult) => string {
  const exact = ({ broker, faults }: TrialResult, setting: string) =>
    JSON.stringify([broker, faults?.name, setting]);
  const withoutSends = (result: TrialResult) => {
    const plan = { ...result.plan, likesPerSend: undefined };
    return exact(result, settingOf({ ...result, plan }));
  };
  const known = new Map<string, string>();
  for (const result of results) {
    if (result.plan.likesPerSend === undefined || known.has(withoutSends(result))) continue;
    known.set(withoutSends(result), exact(result, settingOf(result)));
  }
  return (result) =>
    (result.plan.likesPerSend === undefined ? known.get(withoutSends(result)) : undefined) ??
    exact(result, settingOf(result));
}

function subjectsOf(groups: ReadonlyMap<string, readonly TrialResult[]>): Map<string, Subject> {
  const named = [...groups].map(([key, results]) => ({ key, result: results[0]! }));
  const alike = Map.groupBy(named, ({ result }) => shortNameOf(result));
  const subjects = named.map(({ key, result }) => {
    const namesakes = alike.get(shortNameOf(result))!.map((other) => detailsOf(other.result));
    const own = detailsOf(result);
    const telling = own.filter((detail, place) =>
      namesakes.some((other) => other[place] !== detail),
    );
    const trial = [trialOf(result), ...telling].join(', ');
    return [key, { broker: result.broker, tier: result.tier, trial }] as const;
  });
  return new Map(subjects);
}

const shortNameOf = (result: TrialResult) =>
  JSON.stringify([result.broker, result.tier, trialOf(result)]);

function trialOf({ experiment, plan, faults }: TrialResult): string {
  const what = faults?.name ?? (plan.mode === 'paced' ? undefined : plan.mode);
  return [experiment, what, plan.pace].filter((part) => part !== undefined).join(', ');
}

/** Always in the same places, so that those that differ can be found. */
function detailsOf({ plan, workload }: TrialResult): string[] {
  const { consumers, lanes, shards, likesPerSend } = plan;
  return [
    consumers === 1 ? '1 consumer' : `${consumers} consumers`,
    lanes === 1 ? '1 lane' : `${lanes} lanes`,
    shards === 1 ? '1 shard' : `${shards} shards`,
    `${likesPerSend ?? 'no'} likes per send`,
    `workload ${workload.name}`,
    `data ${workload.data ?? 'of the lab'}`,
    plan.path === undefined ? 'no HTTP' : describePath(plan.path),
  ];
}
