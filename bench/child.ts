/** Runs a bare opponent to its end in a process of its own, and leaves none behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { findSetpriv } from '../brokers/servers/local/programs.ts';
import { StruckOutError } from './contest.ts';

/** Far above what any side takes; one that still runs then has met something unexpected. */
const CHILD_TIMEOUT_MS = 600_000;
/** Lines of its errors that are kept as the last words of a child that failed. */
const LAST_WORDS_LINES = 5;

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** A child that is not over yet is killed when this process ends. */
export function endWithUs(child: ChildProcess): void {
  alive.add(child);
  child.once('close', () => alive.delete(child));
}

/** What the program printed. @throws StruckOutError with its last words when it failed. */
export async function runProgram(
  file: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const setpriv = await findSetpriv();
  // A bench that is killed takes its opponents along; elsewhere they end when their server has.
  const [program, ...words] = setpriv
    ? [setpriv, '--pdeathsig', 'KILL', file, ...args]
    : [file, ...args];
  const child = spawn(program!, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
    timeout: CHILD_TIMEOUT_MS,
  });
  endWithUs(child);
  const [printed, complaints, [code, killedBy]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  if (code === 0) return printed;
  const lines = complaints.split('\n').filter((line) => line.trim() !== '');
  const lastWords = lines.slice(-LAST_WORDS_LINES).join(' | ') || 'it said nothing';
  throw new StruckOutError(`${file} ended by ${killedBy ?? `exit code ${code}`}: ${lastWords}`);
}

/** What a side in a script of this folder prints: one line of JSON. */
export interface SideReport {
  /** All that it handled, to be held against what there was. */
  readonly handled: number;
  /** After the first tenth, per second. */
  readonly perS: number;
}

/** Runs a script of this folder with an order as JSON. */
export async function runSide(
  script: string,
  order: object,
  signal: AbortSignal,
): Promise<SideReport> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return JSON.parse(await runProgram(process.execPath, [path, JSON.stringify(order)], signal));
}
