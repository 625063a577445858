import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runSide } from '../../bench/child.ts';
import { median } from '../../lab/statistics/median.ts';

const PAIRS = 5;
const LIKES = 150_000;
/** The most that looking for hot posts may cost of the counting path's CPU. */
const SHARE_MAX = 0.05;

test('looking for hot posts costs the counting path less than a twentieth of its CPU', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hot-apply-'));
  const never = new AbortController().signal;
  const run = async (pair: number, watches: boolean) => {
    const order = { folder: join(folder, `store-${pair}-${watches}`), likes: LIKES, watches };
    const { handled, perS } = await runSide('hot-apply.ts', order, never);
    expect(handled).toBe(LIKES);
    return perS;
  };
  try {
    const ratios: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      // By turns, so that a drift of the machine meets both alike.
      const first = await run(pair, pair % 2 === 0);
      const second = await run(pair, pair % 2 !== 0);
      ratios.push(pair % 2 === 0 ? first / second : second / first);
    }
    expect(median(ratios.sort((a, b) => a - b))).toBeGreaterThan(1 - SHARE_MAX);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
