import { expect, test } from 'vitest';
import { rateNamedIn } from '../../../../lab/audit/formats/rate-names.ts';

test.each([
  ['100-partitions-200K-rate-4-producer', false, 200_000],
  ['1-topic-0.5M-rate', false, 500_000],
  ['at 500 req/s', false, 500],
  ['2k rps', false, 2_000],
  ['mirrored-30k.json', true, 30_000],
  ['mirrored-30k.json', false, undefined],
  ['1-topic-16-partitions-1kb', false, undefined],
  ['1-topic-16-partitions-1kb.json', true, undefined],
  ['max-rate-10-topics', false, undefined],
  ['result.json', true, undefined],
])('%s as a file (%s) names %s/s', (text, isFile, perS) => {
  expect(rateNamedIn(text, isFile)).toBe(perS);
});
