import { expect, test } from 'vitest';
import { hotSpotCharts } from '../../../report/charts/hot-spot.ts';
import { EXPECTED } from '../../experiments/made-hot-spots.ts';

test('each cure has its time line, with the flash and the moment of the cure', () => {
  const [latency, rate] = hotSpotCharts(EXPECTED);
  expect(latency!.panels.map(({ title }) => title)).toEqual([
    '50 % of the likes, no cure',
    '50 % of the likes, isolate',
    '50 % of the likes, split',
    '90 % of the likes, no cure',
    '90 % of the likes, isolate',
    '90 % of the likes, split',
  ]);
  const dashed = (svg: string) => svg.includes('stroke-dasharray="3 2"');
  expect(latency!.panels.map(({ svg }) => dashed(svg))).toEqual([
    ...[false, true, true],
    ...[false, true, true],
  ]);
  expect(latency!.summary).toContain(
    '50 % of the likes, isolate: p99 the post 1,800 ms, neighbours 40 ms, others 20 ms.',
  );
  expect(rate!.summary).toContain('no cure: counted a second, the post 80 of 90 due');
  for (const { svg } of [...latency!.panels, ...rate!.panels]) expect(svg).not.toContain('NaN');
});

test('there is none where no trial with a viral post stands', () => {
  expect(hotSpotCharts([])).toEqual([]);
  expect(hotSpotCharts([{ ...EXPECTED[0]!, numbersValid: false }])).toEqual([]);
});
