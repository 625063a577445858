/** How evenly the posts, and their likes, are spread over the shards of the store. */
import * as Plot from '@observablehq/plot';
import type { TrialResult } from '../../lab/trial-result.ts';
import type { Chart } from '../drawing.ts';
import { anchorOf } from '../shown.ts';
import { drawRows, type Row } from './rows.ts';

interface ShardRow extends Row {
  readonly count: number;
  readonly text: string;
  readonly href: string;
}

type Shards = NonNullable<TrialResult['shards']>;

/** Of the trial with the most likes in a store as usual; undefined where no trial tells it. */
export function shardsChart(results: readonly TrialResult[]): Chart | undefined {
  const told = results.filter(
    ({ shards = [], plan }) => shards.length > 0 && plan.sharding === undefined,
  );
  const largest = told.reduce<TrialResult | undefined>(
    (most, one) => (most && countedIn(most) >= countedIn(one) ? most : one),
    undefined,
  );
  if (largest === undefined) return undefined;
  const shards = largest.shards!;
  const sides = [
    { title: 'likes and unlikes', rows: rowsOf(largest, ({ likes, unlikes }) => likes + unlikes) },
    { title: 'posts', rows: rowsOf(largest, ({ posts }) => posts) },
  ];
  return {
    name: 'shards',
    title: 'Counts per shard',
    reading:
      'Which shard a post stands in follows from its id, so the shards have nearly as many ' +
      'posts. How many likes follows from which posts are liked: the same for every broker.',
    summary:
      `${largest.broker}, tier ${largest.tier}, workload ${largest.workload.name}: ` +
      shards.map((one) => `shard ${one.shard} ${one.likes + one.unlikes} in ${one.posts} posts`) +
      '.',
    panels: sides.map(({ title, rows }) => ({
      title: `${title} in each shard`,
      svg: drawRows({
        ...{ rows, rowPx: 26, marginRight: 110, label: `${title} in each shard` },
        x: { type: 'linear', domain: [0, Math.max(1, ...rows.map(({ count }) => count))] },
        ...{ ticks: [], tickFormat: String, marks: marksOf },
      }),
    })),
  };
}

const countedIn = ({ shards = [] }: TrialResult) =>
  shards.reduce((sum, { likes, unlikes }) => sum + likes + unlikes, 0);

function rowsOf(result: TrialResult, countOf: (shard: Shards[number]) => number): ShardRow[] {
  const all = result.shards!.reduce((sum, shard) => sum + countOf(shard), 0);
  return result.shards!.map((shard) => {
    const count = countOf(shard);
    const share = all > 0 ? ((count * 100) / all).toFixed(1) : '0';
    return {
      ...{ label: `shard ${shard.shard}`, count },
      ...{ text: `${count.toLocaleString('en-US')} (${share} %)`, href: `#${anchorOf(result)}` },
    };
  });
}

function marksOf(row: ShardRow, className: string | undefined): Plot.Markish[] {
  const y = () => row.label;
  return [
    Plot.barX([row], {
      ...{ x1: 0, x2: 'count', y, fill: 'var(--quiet)', className },
      ...{ href: 'href', title: 'text' },
    }),
    Plot.text([row], { x: 'count', y, text: 'text', textAnchor: 'start', dx: 5, className }),
  ];
}
