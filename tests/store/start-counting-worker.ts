/** Starts counting-worker.ts, and reads what it prints. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { environmentWith } from '../../brokers/servers/local/environment.ts';
import type { CountingLine, CountingOrder } from './counting-worker.ts';

const WORKER = fileURLToPath(new URL('counting-worker.ts', import.meta.url));

/** The worker's lines, while it runs and when it has ended. */
export function startCountingWorker(order: CountingOrder, env: Readonly<Record<string, string>>) {
  const worker = spawn(process.execPath, [WORKER, JSON.stringify(order)], {
    env: environmentWith(env),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: CountingLine[] = [];
  const ended = once(worker, 'close');
  createInterface({ input: worker.stdout }).on('line', (text) => lines.push(JSON.parse(text)));
  const of = <Kind extends CountingLine['kind']>(kind: Kind) =>
    lines.filter((line): line is Extract<CountingLine, { kind: Kind }> => line.kind === kind);
  return { of, ended, pid: worker.pid! };
}
