/** The server has no memory left: it refuses likes until it has some again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.ts';

/** Long enough for many sends, and well below the sessions and locks of consumers, 10 s. */
const FULL_MS = 2_000;
/** So far below what it uses that what consumers free meanwhile makes no room. */
const BYTES_BELOW = 64 * 1024 ** 2;

export const memoryFull: Fault = {
  name: 'memory-full',
  summary: `the server's memory is full for ${FULL_MS / 1000} s, and it refuses what needs some`,
  target: 'queue',
  whyNot(broker, server) {
    if (broker.limitMemory === undefined) return 'the memory of its server has no limit to move';
    return server.runtime === 'external' ? 'the server is somebody else’s' : undefined;
  },
  async strike({ broker, clock, signal }) {
    const limit = broker.limitMemory!;
    const full = await limit(-BYTES_BELOW);
    const fullFromMs = performance.now();
    await sleep(FULL_MS, undefined, { signal }).catch(() => undefined); // Lifted in any case.
    const lifted = await limit(undefined);
    const fullMs = Math.round(performance.now() - fullFromMs);
    signal.throwIfAborted();
    const refused = lifted.refused - full.refused;
    const doubts = refused > 0 ? [] : ['the server refused nothing meanwhile'];
    if (full.limitBytes >= full.usedBytes) doubts.push('the server had memory left');
    return {
      facts: { limitBytes: full.limitBytes, usedBytes: full.usedBytes, fullMs, refused },
      doubts,
      recoversFromUs: clock.nowUs(),
    };
  },
};
