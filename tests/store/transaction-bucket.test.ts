import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admit } from '../../store/transaction-bucket.ts';

/** Those that come at these moments, each asking again when it was told to; when they got in. */
function admissions(comesUs: readonly number[], perS: number): number[] {
  const asks = [...comesUs];
  const admitted: number[] = [];
  let dueUs: number | undefined;
  while (asks.length > 0) {
    asks.sort((one, other) => one - other);
    const nowUs = asks.shift()!;
    const admission = admit(dueUs, nowUs, perS);
    if ('dueUs' in admission) {
      dueUs = admission.dueUs;
      admitted.push(nowUs);
    } else asks.push(Math.ceil(nowUs + admission.waitUs));
  }
  return admitted;
}

describe('the bucket', () => {
  test('lets in at once what a tenth of a second brings, then one by one at the rate', () => {
    const found = admissions(new Array<number>(25).fill(1_000_000), 200);
    expect(found.slice(0, 20)).toEqual(new Array<number>(20).fill(1_000_000));
    expect(found.slice(20)).toEqual([1_005_000, 1_010_000, 1_015_000, 1_020_000, 1_025_000]);
  });

  test('never lets in more than that and the rate in any time, nor loses any of it', () => {
    const moments = fc.array(fc.nat(3_000_000), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 500 }), (comesUs, perS) => {
        const found = admissions(comesUs, perS);
        expect(found).toHaveLength(comesUs.length);
        const bucket = Math.max(1, perS / 10);
        for (const [first, fromUs] of found.entries()) {
          for (const [last, toUs] of found.entries()) {
            if (last < first) continue;
            const most = bucket + ((toUs - fromUs) * perS) / 1e6;
            // A fraction of a token is nobody's, and waits end at whole µs.
            expect(last - first + 1).toBeLessThanOrEqual(Math.floor(most + 1e-6));
          }
        }
        const tokenUs = 1e6 / perS;
        const latestUs = Math.max(...comesUs) + comesUs.length * tokenUs;
        expect(found.at(-1)!).toBeLessThanOrEqual(Math.ceil(latestUs) + comesUs.length);
      }),
      { numRuns: 40 },
    );
  });

  test('begins anew when its moment lies further ahead than any admission leaves it', () => {
    expect(admit(9e12, 1_000, 200)).toEqual({ dueUs: 6_000 });
  });

  test('of less than ten a second lets in one after the other', () => {
    expect(admissions([0, 0, 0], 2)).toEqual([0, 500_000, 1_000_000]);
  });
});
