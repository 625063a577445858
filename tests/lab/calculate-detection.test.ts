import { describe, expect, test } from 'vitest';
import {
  agreement,
  calculateDetection,
  type DetectionTools,
} from '../../lab/calculate-detection.ts';
import { openWorkload, type WorkloadName } from '../../likes/workloads/workload.ts';
import { policyFor } from '../../store/hot/hot-policy.ts';
import { HALF_WINDOW_MS, HotWindow, mergeWindows } from '../../store/hot/hot-window.ts';

function toolsWith(options: ConstructorParameters<typeof HotWindow>[0] = {}): DetectionTools {
  return {
    openWindow: () => new HotWindow(options),
    merge: (windows) => mergeWindows(windows as ReturnType<HotWindow['summary']>[]),
    halfWindowMs: HALF_WINDOW_MS,
    enterShare: policyFor(4, []).enterShare,
  };
}

const SECONDS = 5;

function detect(name: WorkloadName, likesPerS: number, tools = toolsWith(), startMs = 0) {
  const likes = likesPerS * SECONDS;
  const flash = { post: 'p05000', fromSeq: Math.floor(likes / 3) };
  const workload = openWorkload(name, { likes, seed: 11 });
  const setting = { likesPerS, processes: 3, mergeEveryMs: 500, startMs };
  return calculateDetection(workload, { ...setting, ...(name === 'flash' && { flash }) }, tools);
}

describe('hot posts are found by merged sketches', () => {
  test.each<[WorkloadName, number]>([
    ['trending', 1_000],
    ['trending', 20_000],
    ['zipf', 1_000],
    ['zipf', 20_000],
    ['flash', 1_000],
    ['flash', 20_000],
  ])(
    'on %s at %i likes/s: the ten with most likes, all of them and no others',
    (name, likesPerS) => {
      const { merges, precisionAt10, recallAt10 } = detect(name, likesPerS);
      expect(merges).toBeGreaterThanOrEqual(8);
      expect(precisionAt10).toBeGreaterThanOrEqual(0.95);
      expect(recallAt10).toBeGreaterThanOrEqual(0.95);
    },
  );

  test('a flash post within a second, whenever it starts', () => {
    const delays = [0, 100, 200, 300, 400].map((startMs) => {
      return detect('flash', 2_000, toolsWith(), startMs).delayMs!;
    });
    expect(Math.max(...delays)).toBeLessThanOrEqual(1_000);
    expect(Math.min(...delays)).toBeGreaterThan(0);
  });
});

describe('the measure would tell', () => {
  test('a sketch that is too small', () => {
    const { precisionAt10, recallAt10 } = detect('zipf', 20_000, toolsWith({ counters: 20 }));
    expect(precisionAt10).toBeLessThan(0.9);
    expect(recallAt10).toBeLessThan(0.9);
  });

  test('a sketch that never forgets', () => {
    const fresh = detect('flash', 2_000).delayMs!;
    const old = detect('flash', 2_000, toolsWith({ halfMs: 60_000 }));
    expect(old.delayMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(2 * fresh);
    expect(detect('trending', 20_000, toolsWith({ halfMs: 60_000 })).recallAt10).toBeLessThan(0.9);
  });

  test('a process whose summary got lost on the way', () => {
    const tools = toolsWith();
    const one = { ...tools, merge: (windows: Parameters<typeof tools.merge>[0]) => windows[0]! };
    expect(detect('zipf', 1_000, one).recallAt10).toBeLessThan(0.95);
  });
});

test('posts with the same number of likes may stand in for each other', () => {
  const truth = Array.from(
    { length: 15 },
    (_, post) => [`p${post}`, post < 8 ? 20 - post : 5] as const,
  );
  const named = (...posts: string[]) => ({
    posts: posts.map((post) => ({ post, likes: 1, error: 0 })),
  });
  const first = Array.from({ length: 8 }, (_, post) => `p${post}`);
  expect(agreement(named(...first, 'p13', 'p14'), truth)).toEqual({ precision: 1, recall: 1 });
  expect(agreement(named(...first.slice(1), 'x', 'y', 'z'), truth)).toEqual({
    precision: 0.7,
    recall: 7 / 8,
  });
  expect(agreement(named(), [])).toEqual({ precision: 1, recall: 1 });
});
