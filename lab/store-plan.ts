/** Into which store a trial counts, as far as the lab knows it: by name. */

/** What keeps the shards; the engines themselves are in store/. */
export const STORE_ENGINES = ['sqlite', 'postgres', 'cassandra'] as const;
export type StoreEngine = (typeof STORE_ENGINES)[number];

/** How likes become counts: each like once, or the last action of each user and post. */
export const COUNTING_RULES = ['tally', 'states'] as const;
export type CountingRule = (typeof COUNTING_RULES)[number];

export interface StorePlan {
  readonly engine: StoreEngine;
  readonly rule: CountingRule;
}

/** What a trial counts into where nobody says otherwise; results do not name it. */
export const STORE_DEFAULT: StorePlan = { engine: 'sqlite', rule: 'tally' };

export function ruleOf(store: StorePlan | undefined): CountingRule {
  return (store ?? STORE_DEFAULT).rule;
}

/** The store in a few words, such as `postgres` or `sqlite, states`; undefined for the default. */
export function describeStore(store: StorePlan | undefined): string | undefined {
  if (store === undefined) return undefined;
  const { engine, rule } = store;
  if (engine === STORE_DEFAULT.engine && rule === STORE_DEFAULT.rule) return undefined;
  return rule === STORE_DEFAULT.rule ? engine : `${engine}, ${rule}`;
}

/**
 * True for results of the usual store. Answers about queues rest on these alone; trials into
 * another store have rows of their own.
 */
export function isUsualStore({ plan }: { readonly plan: { readonly store?: StorePlan } }): boolean {
  return describeStore(plan.store) === undefined;
}
