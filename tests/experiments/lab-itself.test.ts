import { expect, test } from 'vitest';
import { describeLabItself } from '../../experiments/lab-itself.ts';
import { madePlan, madeRates, madeResult } from '../lab/made-result.ts';

function emptyAt(likesPerS: number, p99Us: number) {
  const latency = {
    ...{ samples: 9, meanUs: 9, p50Us: 9, p90Us: 9, maxUs: 9 },
    ...{ notPositive: 0, tooLong: 0, histogram: '' },
  };
  return madeResult({
    ...{ broker: 'null', tier: 'memory', experiment: 'calibration' },
    plan: { ...madePlan('paced'), likesPerS },
    addedLatency: {
      toDelivered: { ...latency, p99Us: p99Us / 2 },
      toVisible: { ...latency, p99Us },
    },
  });
}

const closed = madeResult({
  ...{ broker: 'null', tier: 'memory' },
  plan: madePlan('publish-then-count'),
  rates: madeRates({ publishedLikesPerS: 600_000, countedLikesPerS: 600_000 }),
});

test('a report says what the lab adds, as the median of its trials, and what it can bear', () => {
  const results = [1_000, 9_000, 2_400].map((us) => emptyAt(5_000, us));
  expect(describeLabItself([...results, emptyAt(100, 50_000), closed])).toBe(
    'The lab itself adds 2.4 ms (p99) at 5,000 likes/s, up to the delivery 1.2 ms; ' +
      'its ceiling is 300,000 likes/s the whole way.',
  );
});

test('where the lab misses its aim, the report says by how much and with what', () => {
  expect(describeLabItself([emptyAt(5_000, 4_500)])).toBe(
    'The lab itself adds 4.5 ms (p99) at 5,000 likes/s, up to the delivery 2.3 ms (its aim is 3 ' +
      'ms, missed by 1.5 ms; in it is the commit of the store, and producer, server, consumer ' +
      'and reader share 2 cores).',
  );
});

test('of what was not measured it says nothing, and of what does not stand why', () => {
  expect(describeLabItself([madeResult()])).toBeUndefined();
  expect(describeLabItself([closed])).toBeUndefined();
  const struck = { ...emptyAt(5_000, 99), numbersValid: false, numbersStruck: ['generator late'] };
  expect(describeLabItself([struck])).toBe(
    'What the lab itself adds at 5,000 likes/s could not be measured: generator late.',
  );
});
