/** The lab as a process of its own, as a user starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LAB_FOLDER } from '../../brokers/servers/local/lab-folder.ts';
import {
  identityOf,
  isAlive,
  type ProcessIdentity,
  processIdentity,
} from '../../brokers/servers/local/living.ts';
import { PROCESS_FILE } from '../../brokers/servers/local/process.ts';

const LAB = fileURLToPath(new URL('../../cli/lab.ts', import.meta.url));
const RUNS_FOLDER = join(LAB_FOLDER, 'runs');
/** A lab that takes longer than this to come to a point hangs. */
const LIMIT_MS = 60_000;
const POLL_MS = 20;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A lab that runs; disposing kills it, which takes its servers along. */
export class LabProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #output = { stdout: '', stderr: '' };
  readonly #closed: Promise<unknown>;

  constructor(args: readonly string[], env?: NodeJS.ProcessEnv) {
    const options = env === undefined ? {} : { env };
    this.child = spawn(process.execPath, [LAB, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name]!.setEncoding('utf8').on('data', (text: string) => {
        this.#output[name] += text;
      });
    }
    this.#closed = once(this.child, 'close');
  }

  /** Resolves when standard error, or standard output, matches. */
  async says(pattern: RegExp, where: 'stderr' | 'stdout' = 'stderr'): Promise<void> {
    await until(`the lab says ${pattern}`, () => {
      if (pattern.test(this.#output[where])) return true;
      if (this.child.exitCode === null) return false;
      throw new Error(`it ended without saying ${pattern}: ${this.#output.stderr}`);
    });
  }

  async ended(): Promise<Ended> {
    await this.#closed;
    return { code: this.child.exitCode, ...this.#output };
  }

  /** The run folder that this lab has made; undefined before and after. */
  get runFolder(): string | undefined {
    const name = readdirSync(RUNS_FOLDER).find((entry) => entry.includes(`-${this.child.pid}-`));
    return name === undefined ? undefined : join(RUNS_FOLDER, name);
  }

  /** The servers that this lab has noted down. */
  get servers(): ProcessIdentity[] {
    const folder = this.runFolder;
    if (folder === undefined) return [];
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith(PROCESS_FILE))
      .map((file) => processIdentity.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
  }

  /** The processes that it has started, servers and workers alike. Linux only. */
  get children(): ProcessIdentity[] {
    const { pid } = this.child;
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const pids = text.split(' ').filter((word) => word !== '');
    return pids.map((word) => identityOf(Number(word))).filter((found) => found !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.#closed;
  }
}

export async function runLab(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> {
  await using lab = new LabProcess(args, env);
  return await lab.ended();
}

export async function until(hope: string, isSo: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + LIMIT_MS;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`not so within ${LIMIT_MS} ms: ${hope}`);
    await sleep(POLL_MS);
  }
}

/** Resolves when none of them lives. */
export async function allEnded(processes: readonly ProcessIdentity[]): Promise<void> {
  await until(`${processes.map(({ pid }) => pid).join(', ')} have ended`, () =>
    processes.every((found) => !isAlive(found)),
  );
}

/** The lines of a text, without the empty one behind the last. */
export function linesOf(text: string): string[] {
  return text.trimEnd().split('\n');
}
