/** What all shards say, put together as what their store says. Pure. */
import type { PostCount, Totals } from './count-store.ts';

export function sumOver<Item>(items: readonly Item[], partOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + partOf(item), 0);
}

/** One count a post: those of its slices, added up. */
export function summed(counts: readonly PostCount[]): Map<string, PostCount> {
  const sums = new Map<string, PostCount>();
  for (const count of counts) {
    const { post, likes, unlikes } = sums.get(count.post) ?? { ...count, likes: 0, unlikes: 0 };
    sums.set(post, { post, likes: likes + count.likes, unlikes: unlikes + count.unlikes });
  }
  return sums;
}

export function sumOfTotals(all: readonly Totals[]): Totals {
  return {
    posts: sumOver(all, ({ posts }) => posts),
    likes: sumOver(all, ({ likes }) => likes),
    unlikes: sumOver(all, ({ unlikes }) => unlikes),
    marks: sumOver(all, ({ marks }) => marks),
    marksDropped: sumOver(all, ({ marksDropped }) => marksDropped),
    ...(all.some(({ states }) => states !== undefined) && {
      states: sumOver(all, ({ states = 0 }) => states),
    }),
  };
}

/** Equal in all shards, or the different values of all joined. */
export function joinedSettings(
  all: readonly Readonly<Record<string, string>>[],
): Readonly<Record<string, string>> {
  const names = new Set(all.flatMap((settings) => Object.keys(settings)));
  const joined = [...names].map((name) => {
    const values = new Set(all.map((settings) => settings[name] ?? 'not set'));
    return [name, [...values].join(', ')];
  });
  return Object.fromEntries(joined);
}
