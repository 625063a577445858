/** A process of the demo, as the demo sees it: started, told, asked to end, and killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { within } from '../gateway/circuit.ts';
import { LabError } from '../lab/lab-error.ts';
import type { ChildCommand, ChildMessage, ChildSetup } from './messages.ts';

/** One that is not ready by then has met something that it does not tell. */
const READY_MS_MAX = 30_000;
const LAST_WORDS_LINES = 6;

/** What the page can do about one that has ended. */
const NEXT: Readonly<Record<ChildSetup['role'], string>> = {
  gateway: 'clear the round, which starts another one',
  worker: 'start a new one',
  crowd: 'call another one',
};

export interface ChildEvents {
  onMessage(message: ChildMessage): void;
  /** It has ended although nobody asked it to. */
  onDeath(reason: string): void;
}

export class DemoChild {
  readonly pid: number;
  /** With its address where it listens. Rejects when it ends before, or takes too long. */
  readonly ready: Promise<string>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<string>;
  readonly #lastWords: string[] = [];
  #isMeantToEnd = false;

  constructor(module: string, setup: ChildSetup, events: ChildEvents) {
    this.#child = fork(module, {
      // kafkajs sets a timer to a negative time, which Node 24 warns about on every start.
      execArgv: ['--disable-warning=TimeoutNegativeWarning'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.pid = this.#child.pid ?? 0;
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.#remember(text));
    }
    const ready = Promise.withResolvers<string>();
    this.ready = ready.promise;
    this.ready.catch(() => undefined);
    const next = NEXT[setup.role];
    const late = setTimeout(() => {
      const reason = `the ${setup.role} is not ready within ${READY_MS_MAX / 1_000} s; ${next}`;
      ready.reject(new LabError('WORKER_DIED', reason));
    }, READY_MS_MAX);
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        clearTimeout(late);
        const endedBy = signal ?? `exit code ${code}`;
        const words = this.#lastWords.map((line) => ` · ${line}`).join('');
        const reason = `the ${setup.role} has ended (${endedBy})${words}; ${next}`;
        ready.reject(new LabError('WORKER_DIED', reason));
        if (!this.#isMeantToEnd) events.onDeath(reason);
        resolve(endedBy);
      });
    });
    this.#child.on('message', (message: ChildMessage) => {
      if (message.kind === 'ready') {
        clearTimeout(late);
        ready.resolve(message.url ?? '');
      } else if (message.kind === 'ended') this.#isMeantToEnd = true;
      else if (message.kind === 'failed') this.#remember(message.reason);
      else events.onMessage(message);
    });
    // A process that has just been killed cannot be told anything; its exit is told.
    this.#child.on('error', () => undefined);
    this.tell(setup);
  }

  tell(message: ChildSetup | ChildCommand): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** SIGKILL. Resolves when it is reaped, with what ended it. */
  kill(): Promise<string> {
    this.#isMeantToEnd = true;
    this.#child.kill('SIGKILL');
    return this.#exited;
  }

  /** SIGTERM, and SIGKILL for one that has not ended within the limit. */
  async end(limitMs: number): Promise<void> {
    this.#isMeantToEnd = true;
    this.#child.kill('SIGTERM');
    await within(limitMs, () => this.#exited).catch(() => this.kill());
  }

  #remember(text: string): void {
    this.#lastWords.push(...text.split('\n').filter((line) => line.trim() !== ''));
    this.#lastWords.splice(0, Math.max(0, this.#lastWords.length - LAST_WORDS_LINES));
  }
}
