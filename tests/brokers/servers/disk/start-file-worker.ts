/** Starts file-worker.ts and tells it what to do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { environmentWith } from '../../../../brokers/servers/local/environment.ts';
import type { FileOrder } from './file-worker.ts';

const WORKER = fileURLToPath(new URL('file-worker.ts', import.meta.url));

export interface FileWorker extends AsyncDisposable {
  readonly pid: number;
  /** Resolves with its answer. */
  tell(order: FileOrder): Promise<string>;
  /** SIGKILL; resolves when the process has ended. */
  kill(): Promise<void>;
}

export function startFileWorker(env: Readonly<Record<string, string>>): FileWorker {
  const child = spawn(process.execPath, [WORKER], {
    env: environmentWith(env),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    pid: child.pid!,
    async tell(order) {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return (await answers.next()).value as string;
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
