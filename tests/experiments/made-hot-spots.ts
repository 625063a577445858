/** Results of `hot-spot` as trials make them: a post that is viral from 10 to 20 s. */
import type { HotCure } from '../../lab/hot-spot-plan.ts';
import type { HotSpotFacts } from '../../lab/hot-spot-schema.ts';
import { type TrialResult, trialResultSchema } from '../../lab/trial-result.ts';
import { madePlan, madeResult } from '../lab/made-result.ts';

const SECONDS = Array.from({ length: 30 }, (_, second) => second);
const isFlash = (second: number) => second >= 10 && second < 20;

export interface MadeHotSpot {
  readonly cures: readonly HotCure[];
  readonly share: number;
  /** p99 ms of the post and of its neighbours while it is viral. */
  readonly post: number;
  readonly neighbours: number;
  readonly changed?: Partial<HotSpotFacts>;
}

export function hotSpotResult(made: MadeHotSpot): TrialResult {
  const { cures, share, post, neighbours } = made;
  const groupOf = (group: 'post' | 'neighbours' | 'others', p99Ms: number) => {
    return { ...{ group, likes: 900, duePerS: 90, countedPerS: 80 }, p50Ms: 3, p99Ms, maxMs: 5e3 };
  };
  const secondsOf = (ms: number) => ({
    due: SECONDS.map((second) => (isFlash(second) ? 90 : 30)),
    counted: SECONDS.map((second) => (isFlash(second) ? 80 : 30)),
    p99Ms: SECONDS.map((second) => (isFlash(second) ? ms : 5)),
  });
  const isCured = cures.length > 0;
  return trialResultSchema.parse(
    madeResult({
      ...{ experiment: 'hot-spot', broker: 'redis-streams', rates: undefined },
      trial: `hot-${share}-${cures.join('-')}`,
      plan: { ...madePlan('hot-spot'), likesPerS: 360, pace: '360/s' },
      workload: { name: 'flash', likes: 10_000, seed: 1, hash: 'abc' },
      hotSpot: {
        ...{ post: 'p05000', flashShare: share, cures: [...cures] },
        ...{ likesPerTransaction: 1, transactionsAtOnce: 8, transactionsPerSMax: 200 },
        spareShards: 1,
        flash: { fromS: 10, toS: 20 },
        measured: { fromS: 15, toS: 20 },
        groups: [groupOf('post', post), groupOf('neighbours', neighbours), groupOf('others', 20)],
        ...{ transactionsPerLike: 1, countUpdatesPerLike: 1, foundAfterMs: 600 },
        ...(isCured && { curedAfterMs: 1_500 }),
        events: [{ atS: 10.6, kind: 'hot', post: 'p05000', share }],
        seconds: {
          post: secondsOf(post),
          neighbours: secondsOf(neighbours),
          others: secondsOf(20),
        },
        ...made.changed,
      },
    }),
  );
}

/** What the course would expect, at half of the likes; at nine tenths a shard is too little. */
export const EXPECTED: readonly TrialResult[] = [
  hotSpotResult({ cures: [], share: 0.5, post: 2_000, neighbours: 1_500 }),
  hotSpotResult({ cures: ['isolate'], share: 0.5, post: 1_800, neighbours: 40 }),
  hotSpotResult({ cures: ['split'], share: 0.5, post: 60, neighbours: 50 }),
  hotSpotResult({ cures: [], share: 0.9, post: 9_000, neighbours: 8_000 }),
  hotSpotResult({ cures: ['isolate'], share: 0.9, post: 8_800, neighbours: 7_000 }),
  hotSpotResult({ cures: ['split'], share: 0.9, post: 70, neighbours: 60 }),
];
