import { expect, test } from 'vitest';
import { CrowdRecord } from '../../demo/crowd-record.ts';

const ABOUT = { way: 'queued', broker: 'Kafka', likesPerS: 500 } as const;

test('a row has what its crowd met, and the transactions that its own likes took', () => {
  const record = new CrowdRecord(ABOUT, { transactions: 100, counted: 1_000 });
  for (let each = 1; each <= 100; each++) record.answered('accepted', each);
  record.answered('refused', 5_000);
  record.answered('unknown', 5_000);
  expect(record.row).toMatchObject({ transactionsPerLike: null, exactAfterMs: null });
  // Nothing can be exact while the crowd is here.
  record.exact(1_000, { transactions: 105, counted: 1_100 });
  expect(record.row.exactAfterMs).toBeNull();
  record.late(12);
  record.done(2_000);
  record.exact(2_400, { transactions: 110, counted: 1_100 });
  record.exact(9_000, { transactions: 900, counted: 9_000 });
  record.strike();
  const { p50Ms, p99Ms, ...row } = record.row;
  expect(row).toEqual({
    ...ABOUT,
    pressed: 102,
    accepted: 100,
    refused: 1,
    unknown: 1,
    transactionsPerLike: 0.1,
    exactAfterMs: 400,
    lateMs: 12,
    struck: false,
  });
  expect(p50Ms).toBeCloseTo(50, 0);
  expect(p99Ms).toBeCloseTo(99, 0);
});

test('a crowd of which nobody was accepted has no latency and no transactions', () => {
  const record = new CrowdRecord(ABOUT, { transactions: 0, counted: 0 });
  record.answered('refused', 3);
  record.strike();
  record.done(10);
  record.exact(10, { transactions: 0, counted: 0 });
  expect(record.row).toMatchObject({
    p50Ms: null,
    p99Ms: null,
    transactionsPerLike: null,
    exactAfterMs: 0,
    struck: true,
  });
});
