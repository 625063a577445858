/** One server process: started with its log in a file, waited for, ended, killed, measured. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KillProof } from '../server.ts';
import { environmentWith } from './environment.ts';
import { LocalServerError, systemCodeOf } from './errors.ts';
import { childrenOf, identityOf, isAlive, lastLinesOf, type ProcessIdentity } from './living.ts';
import type { PlainUser } from './plain-user.ts';
import { findSetpriv } from './programs.ts';

const START_TIMEOUT_MS = 60_000;
const START_POLL_MS = 20;
const STOP_TIMEOUT_MS = 15_000;
const KILL_TIMEOUT_MS = 10_000;
const PORT_TIMEOUT_MS = 1_000;
const PORT_CLOSED_POLL_MS = 10;
const LOG_LINES_SHOWN = 15;

export const HOST = '127.0.0.1';
/** Beside the log of each server: which process it is, so that a later lab can end a leftover. */
export const PROCESS_FILE = 'process.json';
export const LOG_FILE = 'server.log';

export interface Command {
  /** For people: "Kafka", "Redis". */
  readonly title: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Gets the log and the note of the process id. */
  readonly folder: string;
  /** Where it listens; 127.0.0.1 unless told, and always an address of this machine. */
  readonly host?: string;
  readonly port: number;
  /** Added to this process's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whom it runs as, where that is not who runs the lab. */
  readonly user?: PlainUser | undefined;
  /** What asks it to end; SIGTERM unless told. */
  readonly stopSignal?: NodeJS.Signals;
  /**
   * Asks the server something over its own protocol, and whether it is the one of this process:
   * two labs may have chosen the same free port. False or a rejection: not yet.
   */
  answers(pid: number): Promise<boolean>;
}

/** For tests that cannot wait as long as a slow machine may need. */
export interface Limits {
  readonly startTimeoutMs?: number;
  readonly stopTimeoutMs?: number;
}

/** Children that this process must not leave behind, whatever ends it. */
const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** A process that answered when it was handed out. It may have died since: see `pid`. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #command: Command;
  readonly #limits: Required<Limits>;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess, command: Command, limits: Limits) {
    this.#child = child;
    this.#command = command;
    const usual = { startTimeoutMs: START_TIMEOUT_MS, stopTimeoutMs: STOP_TIMEOUT_MS };
    this.#limits = { ...usual, ...limits };
    this.#ended = once(child, 'exit').finally(() => {
      alive.delete(child);
      rmSync(join(command.folder, PROCESS_FILE), { force: true });
    });
  }

  get pid(): number | undefined {
    const running = this.#child.exitCode === null && this.#child.signalCode === null;
    return running ? this.#child.pid : undefined;
  }

  /** @throws LocalServerError SERVER_NOT_STARTED with the last lines of the server's log */
  static async start(command: Command, limits: Limits = {}): Promise<ServerProcess> {
    const setpriv = await findSetpriv();
    // The kernel then ends the server when the lab dies, even by SIGKILL; `setpriv` becomes the
    // server itself, so that the child's pid is the server's.
    const [file, ...args] = setpriv
      ? [setpriv, '--pdeathsig', 'KILL', command.file, ...command.args]
      : [command.file, ...command.args];
    const log = await open(join(command.folder, LOG_FILE), 'a');
    try {
      const child = spawn(file!, args, {
        cwd: command.folder,
        env: environmentWith(command.environment ?? {}),
        stdio: ['ignore', log.fd, log.fd],
        ...(command.user && { uid: command.user.uid, gid: command.user.gid }),
        // A process group of its own: Ctrl-C reaches the lab, and the lab decides what it ends.
        detached: true,
      });
      await once(child, 'spawn').catch((cause: unknown) => {
        throw new LocalServerError(
          'SERVER_NOT_STARTED',
          `${command.title} cannot be run (${cause}); check ${command.file}`,
          { cause },
        );
      });
      alive.add(child);
      // A program that cannot be run ends at once, and then there is nothing to note down.
      const identity = identityOf(child.pid!);
      if (identity) writeFileSync(join(command.folder, PROCESS_FILE), JSON.stringify(identity));
      const started = new ServerProcess(child, command, limits);
      await started.#waitUntilItAnswers();
      return started;
    } finally {
      await log.close();
    }
  }

  async #waitUntilItAnswers(): Promise<void> {
    const { startTimeoutMs } = this.#limits;
    const deadlineMs = Date.now() + startTimeoutMs;
    while (Date.now() < deadlineMs) {
      const { pid } = this;
      if (pid === undefined) throw await this.#notStarted('ended before it answered');
      if (await this.#command.answers(pid).catch(() => false)) return;
      await sleep(START_POLL_MS);
    }
    await this.kill();
    throw await this.#notStarted(`did not answer within ${startTimeoutMs / 1000} s`);
  }

  async #notStarted(problem: string): Promise<LocalServerError> {
    const log = join(this.#command.folder, LOG_FILE);
    return new LocalServerError(
      'SERVER_NOT_STARTED',
      `${this.#command.title} ${problem}; correct what the end of its log names and run again ` +
        `(whole log: ${log}):`,
      { lines: await lastLinesOf(log, LOG_LINES_SHOWN) },
    );
  }

  /** Asks it to end, and SIGKILL for a server that has not ended within 15 s. */
  async stop(): Promise<void> {
    if (this.pid === undefined) return;
    this.#child.kill(this.#command.stopSignal ?? 'SIGTERM');
    await Promise.race([this.#ended, sleep(this.#limits.stopTimeoutMs, undefined, { ref: false })]);
    if (this.pid !== undefined) await this.kill();
  }

  /**
   * Resolves when the process is reaped and its port refuses connections. Processes of its own go
   * with it, such as PostgreSQL's for its clients: else they would hold its files a moment longer.
   */
  async kill(): Promise<KillProof> {
    const { pid } = this;
    if (pid === undefined) {
      throw new LocalServerError(
        'SERVER_NOT_RUNNING',
        `${this.#command.title} is not running, so it cannot be killed; start it first`,
      );
    }
    const { port, host } = this.#command;
    const deadlineMs = Date.now() + KILL_TIMEOUT_MS;
    const children = childrenOf(pid);
    this.#child.kill('SIGKILL');
    await Promise.race([this.#ended, sleep(KILL_TIMEOUT_MS, undefined, { ref: false })]);
    while (Date.now() < deadlineMs) {
      const endedBy = this.#child.signalCode ?? `exit code ${this.#child.exitCode}`;
      const left = children.filter(killIfAlive);
      const isGone = this.pid === undefined && left.length === 0;
      if (isGone && (await portRefuses(port, host))) {
        return { pid, endedBy, portRefused: true };
      }
      await sleep(PORT_CLOSED_POLL_MS);
    }
    throw new LocalServerError(
      'SERVER_NOT_ENDED',
      `${this.#command.title} (process ${pid}, port ${port}) was still there ` +
        `${KILL_TIMEOUT_MS / 1000} s after SIGKILL; look for a process stuck in the disk`,
    );
  }
}

/** True when it was still alive. */
function killIfAlive(found: ProcessIdentity): boolean {
  if (!isAlive(found)) return false;
  try {
    process.kill(found.pid, 'SIGKILL');
  } catch (error) {
    // It may have ended since.
    if (systemCodeOf(error) !== 'ESRCH') throw error;
  }
  return true;
}

function outcomeOfConnecting(port: number, host: string): Promise<'open' | 'refused' | 'silent'> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PORT_TIMEOUT_MS });
    const finish = (outcome: 'open' | 'refused' | 'silent') => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once('connect', () => finish('open'));
    socket.once('timeout', () => finish('silent'));
    socket.once('error', (error) =>
      finish('code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'silent'),
    );
  });
}

export async function portRefuses(port: number, host = HOST): Promise<boolean> {
  return (await outcomeOfConnecting(port, host)) === 'refused';
}
