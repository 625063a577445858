/**
 * Checks a trial that tests/lab/write-clean-trial.ts has written, and prints one line of JSON:
 * `node tests/lab/check-clean-trial.ts FOLDER LIKES`. A process of its own, so that its largest
 * memory is the checker's and nobody else's.
 */
import { existsSync, readFileSync } from 'node:fs';
import { type CheckInput, check } from '../../lab/checker.ts';
import { openStore } from '../../store/open-store.ts';
import { cleanTrialIn } from './clean-trial.ts';

const PROCESS_STATUS = '/proc/self/status';

const [folder, argument] = process.argv.slice(2);
const likes = Number(argument);
const { storeFolder, expectedPath, ...records } = cleanTrialIn(folder!);
await using store = await openStore({ folder: storeFolder, synchronous: 'OFF' });
const expected = new Map(JSON.parse(readFileSync(expectedPath, 'utf8')));
const usageBefore = process.cpuUsage();
const startedMs = performance.now();
const { ledger, truncations } = await check({
  ...records,
  stored: store,
  parked: [],
  drained: true,
  sums: { attempted: likes },
  expected: expected as CheckInput['expected'],
});
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage(usageBefore);
const cpuSeconds = (user + system) / 1e6;
const result = { ledger, truncations, seconds, cpuSeconds, memoryBytesMax: memoryBytesMax() };
console.log(JSON.stringify(result));

/**
 * Resident memory at its largest. The system's sum of a process begins, on Linux, with that of its
 * parent; only the process's own status knows better.
 */
function memoryBytesMax(): number {
  if (!existsSync(PROCESS_STATUS)) return process.resourceUsage().maxRSS * 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(PROCESS_STATUS, 'utf8'))!;
  return Number(kibibytes) * 1024;
}
