import { expect, test } from 'vitest';
import { writePathChart } from '../../../report/charts/write-path.ts';
import { tracedResult } from '../../experiments/made-write-paths.ts';

const BYTES_MAX = 15_000;

test('each broker has the way of one like, with the p99 of each hop, in few bytes', () => {
  const faster = tracedResult('kafka');
  const later = { ...faster, plan: { ...faster.plan, likesPerS: 2_000, pace: '2,000/s' } };
  const chart = writePathChart([tracedResult('redis-streams'), later, faster])!;
  expect(chart.panels.map(({ title }) => title)).toEqual([
    'kafka at 100/s: ms since due',
    'redis-streams at 100/s: ms since due',
  ]);
  const five = ['bullmq', 'direct', 'kafka', 'redis-streams', 'sqs'].map((one) =>
    tracedResult(one),
  );
  const bytes = writePathChart(five)!.panels.reduce((sum, { svg }) => sum + svg.length, 0);
  expect(bytes).toBeLessThan(BYTES_MAX);
  for (const { svg } of chart.panels) {
    expect(svg).not.toContain('NaN');
    expect(svg.match(/<rect /g)).toHaveLength(7);
    expect(svg).toContain('in the queue: 0.7 ms');
    expect(svg).toContain('p99 30');
  }
  expect(chart.summary).toContain('50 % of a like\'s time goes into "in the queue"');
  expect(chart.summary).not.toContain('**');
});

test('there is none where no traced trial stands', () => {
  expect(writePathChart([])).toBeUndefined();
  expect(writePathChart([tracedResult('kafka', { numbersValid: false })])).toBeUndefined();
});
