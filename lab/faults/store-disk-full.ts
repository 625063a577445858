/** The disk below the count store is full for a while: an outage, and no reason to park a like. */
import { fill } from './disk.ts';
import type { Fault } from './fault.ts';

const FULL_MS = 2_000;
/** After another fault, consumers may wait 10 s for a session, a lease or a visibility timeout. */
const WRITE_TIMEOUT_MS = 20_000;

export const storeDiskFull: Fault = {
  name: 'store-disk-full',
  summary: `no room on the disk of the store for ${FULL_MS / 1000} s`,
  target: 'store',
  equipment: ['store-disk'],
  async strike(stage) {
    const { storeDisk, clock } = stage;
    const times = { proofMsMax: WRITE_TIMEOUT_MS, lastsMs: FULL_MS };
    const writesRefused = await fill(storeDisk!, times, stage);
    const recoversFromUs = clock.nowUs();
    const doubts = writesRefused > 0 ? [] : ['no consumer wrote while the disk was full'];
    return { facts: { writesRefused }, doubts, recoversFromUs };
  },
};
