import { describe, expect, test } from 'vitest';
import { consumedPerS, producedPerS } from '../../bench/kafka-tools.ts';

/** What the tools of Kafka 4.3.1 print, as they printed it. */
const PRODUCED = [
  'Reading payloads from: payloads.txt',
  'Number of records read: 10048',
  'W' +
    'armup first 50000 records. Steady state results will print after the complete test summary.',
  '500000 records sent, 192975.685064 records/sec (27.56 MB/sec), ' +
    '333.06 ms avg latency, 659.00 ms max latency, 376 ms 50th, 610 ms 95th, 647 ms 99th, ' +
    '657 ms 99.9th.',
  '450000 steady state records sent, 234619.395203 records/sec (33.51 MB/sec), ' +
    '362.18 ms avg latency, 659.00 ms max latency, 396 ms 50th, 612 ms 95th, 647 ms 99th, ' +
    '657 ms 99.9th.',
  '',
].join('\n');
const CONSUMED =
  '2026-11-23 21:23:32:086, 2026-11-23 21:23:33:361, 71.4195, 56.0153, 500000, 392156.8627, ' +
  '441, 834, 85.6349, 599520.3837\n';

describe("Kafka's own tools", () => {
  test('are quoted by their rate after the warm-up, and while they fetch', () => {
    expect(producedPerS(PRODUCED, 500_000)).toBe(234_619.395203);
    expect(consumedPerS(CONSUMED, 500_000)).toBe(599_520.3837);
  });

  test('are struck out when they sent or read another number than asked', () => {
    expect(() => producedPerS(PRODUCED, 500_001)).toThrow('500000 instead of 500001');
    expect(() => consumedPerS(CONSUMED, 502_500)).toThrow('500000 instead of 502500');
  });

  test('are struck out when they print something else', () => {
    expect(() => producedPerS('', 1)).toThrow('not the line that is looked for');
    expect(() => consumedPerS('WARNING: no records', 1)).toThrow('not the line that is looked for');
  });
});
