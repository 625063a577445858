/** Tells whether a process that was noted down earlier still lives, and what it has used. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ServerUsage } from '../server.ts';
import { systemCodeOf } from './errors.ts';

/** A process id alone is used again sooner or later; with its start time it names one process. */
export const processIdentity = z.object({
  pid: z.int().positive(),
  startedAt: z.string().min(1),
});
export type ProcessIdentity = z.infer<typeof processIdentity>;

/** /proc counts processor time in ticks of this length for every program, whatever the kernel's. */
const TICK_US = 10_000;
/** `stat` reports occupied space in blocks of this size on every system. */
const BLOCK_BYTES = 512;

/** Fields of /proc/PID/stat after the program's name, which may itself hold blanks. */
function linuxStatOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    // ESRCH is what a process gives that ends while it is read.
    if (['ENOENT', 'ESRCH'].includes(systemCodeOf(error) ?? '')) return undefined;
    throw error;
  }
}

function psOf(pid: number, columns: string): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', columns, '-p', String(pid)], { encoding: 'utf8' });
    return text.trim() || undefined;
  } catch (error) {
    // `ps` exits with 1 when there is no such process, and cannot be told apart from other
    // failures.
    if (error instanceof Error && 'status' in error && error.status === 1) return undefined;
    throw error;
  }
}

/** When a process started, in the system's own words; undefined when it has ended. */
function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return psOf(pid, 'lstart=');
  const fields = linuxStatOf(pid);
  // A zombie has ended; only its parent has not asked yet.
  if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return fields[19];
}

/** Undefined when the process has already ended. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startedAt = startOf(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return startOf(identity.pid) === identity.startedAt;
}

/** The processes that a process has started itself and that still live. */
export function childrenOf(pid: number): ProcessIdentity[] {
  const text = process.platform === 'linux' ? linuxChildrenOf(pid) : psChildrenOf(pid);
  return text.split(/\s+/).flatMap((word) => (word === '' ? [] : (identityOf(Number(word)) ?? [])));
}

/** A process with threads has children of each of them. */
function linuxChildrenOf(pid: number): string {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads
      .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'))
      .join(' ');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(systemCodeOf(error) ?? '')) return '';
    throw error;
  }
}

function psChildrenOf(pid: number): string {
  const lines = execFileSync('ps', ['-A', '-o', 'ppid=,pid='], { encoding: 'utf8' }).split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/));
  return pairs.flatMap(([parent, child]) => (parent === String(pid) ? [child] : [])).join(' ');
}

/** Reads `[[days-]hours:]minutes:seconds` as `ps` prints processor time. */
export function cpuUsIn(text: string): number {
  const found = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text.trim());
  if (!found) throw new TypeError(`ps printed "${text}" as processor time, which nobody expects`);
  const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
  return Math.round((((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1e6);
}

/**
 * With the processor time of its children, those that have ended included: some servers have a
 * process for each connection. Undefined when the process has ended.
 */
export function usageOf(pid: number): Omit<ServerUsage, 'diskBytes'> | undefined {
  if (process.platform !== 'linux') {
    const [cpuText, memoryKiB] = psOf(pid, 'time=,rss=')?.split(/\s+/) ?? [];
    if (cpuText === undefined) return undefined;
    return { cpuUs: cpuUsIn(cpuText), memoryBytes: Number(memoryKiB) * 1024 };
  }
  const fields = linuxStatOf(pid);
  if (fields === undefined || fields[0] === 'Z') return undefined;
  const children = childrenOf(pid).reduce(
    (sum, child) => sum + (usageOf(child.pid)?.cpuUs ?? 0),
    0,
  );
  const memoryKiB = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    cpuUs: fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_US + children,
    memoryBytes: Number(memoryKiB ?? 0) * 1024,
  };
}

/**
 * Bytes that the files below a folder occupy. Kafka's index files are 10 MiB long and almost
 * empty, so their length would say nothing.
 */
export async function diskBytesOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map((file) =>
      stat(join(file.parentPath, file.name)).then(
        (found) => found.blocks * BLOCK_BYTES,
        (error: unknown) => {
          // A server deletes segments while we walk; what is gone occupies nothing.
          if (systemCodeOf(error) === 'ENOENT') return 0;
          throw error;
        },
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The last lines of a text file, fewer when it is short; none when it is not there. */
export async function lastLinesOf(file: string, lines: number): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return '';
    throw error;
  });
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-lines);
}
