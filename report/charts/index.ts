/** All charts, by the name of the experiment that they stand with. */

import { withoutTwins } from '../../lab/comparison.ts';
import type { Chart } from '../drawing.ts';
import { pointsOf, type ReportData, resultsOf } from '../shown.ts';
import { waysCharts } from './direct-or-queued.ts';
import { disorderChart } from './disorder.ts';
import { hotSpotCharts } from './hot-spot.ts';
import { latencyChart } from './latency.ts';
import { partsChart } from './parts.ts';
import { loadCharts, movesChart } from './sharding.ts';
import { shardsChart } from './shards.ts';
import { throughputChart } from './throughput.ts';
import { writePathChart } from './write-path.ts';

export function chartsOf(data: ReportData): ReadonlyMap<string, Chart[]> {
  const paced = pointsOf(data);
  const all = withoutTwins(data.shown.flatMap(({ results }) => results));
  const sharded = resultsOf(data, 'sharding');
  const found: [string, (Chart | undefined)[]][] = [
    ['throughput', [throughputChart(resultsOf(data, 'throughput')), shardsChart(all)]],
    ['latency', [latencyChart(paced), partsChart(paced)]],
    ['ordering', [disorderChart(resultsOf(data, 'ordering'))]],
    ['hot-spot', hotSpotCharts(resultsOf(data, 'hot-spot'))],
    ['direct-or-queued', waysCharts(resultsOf(data, 'direct-or-queued'))],
    ['write-path', [writePathChart(resultsOf(data, 'write-path'))]],
    ['sharding', [...loadCharts(sharded), movesChart(sharded)]],
  ];
  return new Map(
    found.map(([name, charts]) => [name, charts.filter((chart) => chart !== undefined)]),
  );
}
