import { describe, expect, test } from 'vitest';
import { loadCharts, movesChart } from '../../../report/charts/sharding.ts';
import { renderReport } from '../../../report/page.ts';
import { calculated, sharded } from '../../experiments/made-loads.ts';
import { optionsOf } from '../made-data.ts';

const ROUTINGS = { letters: { likes: 1.8 }, ids: { likes: 14 }, slots: { likes: 3.8 } };
const moves = {
  keys: 1_000,
  shardsBefore: [4, 8, 16, 32],
  routings: [{ routing: 'jump', moved: [0.2, 0.1, 0.06, 0.03], expected: [0.2, 0.1, 0.06, 0.03] }],
};
const RESULTS = [
  calculated('newest', ROUTINGS, { moves }),
  calculated('zipf 1.2', ROUTINGS),
  calculated('zipf 0.6', ROUTINGS),
];

describe('the bars of the shards', () => {
  test('have a panel a routing, of a workload that ranges dread and one that hashes do', () => {
    const charts = loadCharts(RESULTS);
    expect(charts.map(({ name }) => name)).toEqual(['sharding-newest', 'sharding-zipf-1-2']);
    expect(charts[0]!.panels.map(({ title }) => title)).toEqual(
      Object.keys(ROUTINGS).map((routing) => `${routing}: % of the likes of newest`),
    );
    expect(charts[0]!.panels[0]!.svg).toContain('40.0 %');
    expect(charts[0]!.summary).toContain('letters: 40.0 %, 10.0 %');
    expect(loadCharts([sharded('newest', 'slots', 1)])).toEqual([]);
  });

  test('and of the keys that move a panel for each number of shards', () => {
    const chart = movesChart(RESULTS)!;
    expect(chart.panels).toHaveLength(4);
    expect(chart.summary).toContain('4 → 5 shards: % of the keys that move: jump 20.0.');
    expect(movesChart(RESULTS.slice(1))).toBeUndefined();
  });
});

describe('the page', () => {
  const page = renderReport(optionsOf([...RESULTS, sharded('newest', 'slots', 5_000)]));

  test('shows them with the answers, and counts no calculation as a trial on a server', () => {
    expect(page).toContain('id="chart-sharding-newest"');
    expect(page).toContain('id="chart-sharding-moves"');
    expect(page).toContain('<p>Hash spreads keys, not load');
    expect(page).toContain('1 trials on real servers');
  });
});
