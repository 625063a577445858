import { expect, test } from 'vitest';
import { describeCheck, measureCheck } from './check-speed.ts';

const LIKES = 100_000_000;
/** Node itself takes a third of it. */
const MEMORY_BYTES_MAX = 300e6;
/** Far below what it does, so that a slow machine passes and only a change of its kind fails. */
const LIKES_PER_CPU_S_LEAST = 2_000_000;
const TIMEOUT_MS = 1_800_000;

test(
  'a hundred million likes fit into 300 MB, fast, without an alarm',
  async () => {
    const measured = await measureCheck(LIKES);
    console.log(describeCheck(LIKES, measured));
    const { ledger, truncations, cpuSeconds, memoryBytesMax } = measured;
    const { sentAgain, redelivered, expectedPosts, ...rest } = ledger;
    expect({ attempted: LIKES, ok: LIKES, counted: LIKES }).toEqual({
      attempted: ledger.attempted,
      ok: ledger.ok,
      counted: ledger.counted,
    });
    const findings = Object.entries(rest).filter(([, count]) => count !== 0 && count !== LIKES);
    expect({ findings, truncations }).toEqual({ findings: [], truncations: [] });
    // Clients' retries are part of the workload.
    expect(sentAgain).toBeGreaterThan(0);
    expect(redelivered).toBe(sentAgain);
    expect(expectedPosts).toBeGreaterThan(0);
    expect(memoryBytesMax).toBeLessThan(MEMORY_BYTES_MAX);
    expect(LIKES / cpuSeconds).toBeGreaterThan(LIKES_PER_CPU_S_LEAST);
  },
  TIMEOUT_MS,
);
