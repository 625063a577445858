/** Results of `write-path` whose figures a test can tell. */

import type { TrialResult } from '../../lab/trial-result.ts';
import { hopsOf } from '../../lab/write-path/hops.ts';
import type { HopFigures, WritePath } from '../../lab/write-path-schema.ts';
import { madePlan, madeResult } from '../lab/made-result.ts';

const MEANS_US = [1_000, 100, 4_000, 2_000, 10_000, 100, 2_800];

export function madeWritePath(changed: Partial<WritePath> = {}): WritePath {
  const wholeUs = MEANS_US.reduce((sum, us) => sum + us, 0);
  return {
    ...{ every: 1, samples: 1_000, windowS: 10, deliveredFirst: 0.25 },
    hops: hopsOf('queued').map(({ name }, place): HopFigures => {
      const meanUs = MEANS_US[place]!;
      return {
        ...{ name, samples: 1_000, meanUs, p50Us: meanUs * 0.9, p99Us: meanUs * 3 },
        ...{ maxUs: meanUs * 5, share: meanUs / wholeUs },
        little: {
          ...{ inHop: meanUs / 1e4, likesPerS: 100, product: meanUs / 1e4, bound: meanUs / 2e5 },
          problems: [],
        },
      };
    }),
    whole: { meanUs: wholeUs, p50Us: 18_000, p99Us: 45_000, maxUs: 60_000 },
    median: { trace: 'a'.repeat(32), hopsUs: [900, 90, 5_000, 2_500, -700, 80, 10_130] },
    sums: { likes: 1_000, apart: 0, apartUsMax: 40 },
    ...changed,
  };
}

export function tracedResult(
  broker: string,
  changed: Partial<TrialResult> = {},
  found: Partial<WritePath> = {},
): TrialResult {
  return madeResult({
    ...{ broker, experiment: 'write-path', trial: `001-${broker}-kill-path` },
    plan: {
      ...madePlan('path'),
      ...{ likesPerS: 100, pace: '100/s' },
      path: {
        ...{ kind: 'queued', rule: 'states', updates: 'coalesced', gateways: 1 },
        traces: { every: 1 },
      },
    },
    writePath: madeWritePath(found),
    ...changed,
  });
}
