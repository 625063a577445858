/** Stops and continues a process, and reads from the system that it really stands still. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A signal takes effect at once; a process that waits for the disk takes a little longer. */
const STOP_TIMEOUT_MS = 2_000;
const STOP_POLL_MS = 10;

/** The system's letter for the state of a process, such as T for stopped; '' when it is gone. */
export function stateOf(pid: number): string {
  try {
    if (process.platform !== 'linux') {
      return execFileSync('ps', ['-o', 'state=', '-p', String(pid)], {
        encoding: 'utf8',
      }).trim()[0]!;
    }
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2)[0]!;
  } catch {
    return ''; // A process that has ended has no entry, and `ps` exits with 1.
  }
}

export interface Stillness {
  readonly pid: number;
  /** As read right after SIGSTOP, and right before SIGCONT: T both times, or it did not stand. */
  readonly stateAtStop: string;
  readonly stateBeforeContinue: string;
  readonly stoodStillMs: number;
}

/** SIGSTOP, `work` while it stands still, SIGCONT; continued whatever happens. */
export async function whileStopped(pid: number, work: () => Promise<unknown>): Promise<Stillness> {
  const beganMs = performance.now();
  // A second Ctrl-C ends the lab at once; a stopped process would never hear of it.
  const goOn = () => signal(pid, 'SIGCONT');
  process.once('exit', goOn);
  signal(pid, 'SIGSTOP');
  try {
    const deadlineMs = beganMs + STOP_TIMEOUT_MS;
    while (isAtWork(pid) && performance.now() < deadlineMs) await sleep(STOP_POLL_MS);
    const stateAtStop = stateOf(pid);
    await work();
    const stateBeforeContinue = stateOf(pid);
    const stoodStillMs = Math.round(performance.now() - beganMs);
    return { pid, stateAtStop, stateBeforeContinue, stoodStillMs };
  } finally {
    process.off('exit', goOn);
    goOn();
  }
}

/** Neither stopped nor dead nor gone. */
function isAtWork(pid: number): boolean {
  return !['T', 'Z', ''].includes(stateOf(pid));
}

/** One that is gone gets none; its state says so. No id at all would mean our own processes. */
function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  if (pid > 0 && stateOf(pid) !== '') process.kill(pid, name);
}

export function doubtsOfStillness({ stateAtStop, stateBeforeContinue }: Stillness): string[] {
  const isStopped = (state: string) => state === 'T';
  if (isStopped(stateAtStop) && isStopped(stateBeforeContinue)) return [];
  return [
    `the process was in state ${stateAtStop || 'gone'} after SIGSTOP and ` +
      `${stateBeforeContinue || 'gone'} before SIGCONT, not stopped`,
  ];
}
