/** `--consumer FILE`: a consumer of the user's own in place of a template, checked beforehand. */
import { fork } from 'node:child_process';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BROKERS } from '../brokers/index.ts';
import type { OwnConsumer } from '../lab/trial-context.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import type { ProbeAnswer } from './consumer-probe.ts';
import { sumOf } from './load-consumer.ts';
import type { RunOptions } from './options.ts';
import { UsageError } from './usage-error.ts';

const PROBE_MODULE = fileURLToPath(new URL('consumer-probe.ts', import.meta.url));
/** A client library loads in a second or two, on a busy machine in some more. */
const LOAD_MS_MAX = 30_000;

/**
 * By broker; `null` runs along with its own, as the ceiling. Empty without the flag.
 * @throws UsageError for a file that cannot be loaded or lacks a broker's function, and where its
 *   results would stand among those of the lab's own consumers
 */
export async function ownConsumersOf({
  brokers,
  consumer,
  out,
  resume,
}: Pick<RunOptions, 'brokers' | 'consumer' | 'out' | 'resume'>): Promise<
  Readonly<Record<string, OwnConsumer>>
> {
  if (consumer === undefined) return {};
  if (out === undefined && resume === undefined) {
    throw new UsageError(
      `--consumer ${consumer}: its results never stand among the lab's own; keep them in a ` +
        'folder with --out',
    );
  }
  const path = resolve(consumer);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new UsageError(`--consumer ${consumer}: there is no such file; name a module`);
  }
  const named = brokers.filter((broker) => broker !== 'null');
  const functions = await functionsIn(path, consumer);
  for (const broker of named) {
    const wanted = BROKERS[broker]!.consumerFunction;
    if (functions.includes(wanted)) continue;
    throw new UsageError(
      `--consumer ${consumer}: it exports no function ${wanted}, which ${broker} needs (as ` +
        `consumers/ has it); add it, or name with --brokers only those that the file is for`,
    );
  }
  if (named.length === 0) {
    throw new UsageError(`--consumer ${consumer}: name the brokers that it is for with --brokers`);
  }
  const own = { path, sha256: sumOf(path) };
  return Object.fromEntries(named.map((broker) => [broker, own]));
}

/**
 * A run that goes on has one consumer for each broker, from its beginning to its end.
 * @throws UsageError that names a trial of another one
 */
export function refuseOtherConsumers(
  before: readonly TrialResult[],
  own: Readonly<Record<string, OwnConsumer>>,
): void {
  const other = before.find(({ broker, consumer }) => consumer?.sha256 !== own[broker]?.sha256);
  if (other === undefined) return;
  const had = other.consumer === undefined ? "the lab's own" : `the file ${other.consumer.file}`;
  throw new UsageError(
    `--resume: another consumer counted in trial ${other.trial}, ${had} as it was then; go on ` +
      'with that one, or start a new run',
  );
}

/** In a process of its own, since nobody knows what the file does. */
async function functionsIn(path: string, shown: string): Promise<readonly string[]> {
  const probe = fork(PROBE_MODULE, [path], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: LOAD_MS_MAX,
    killSignal: 'SIGKILL',
  });
  const told = new Promise<ProbeAnswer>((resolve) => {
    probe.once('message', (message) => resolve(message as ProbeAnswer));
    probe.once('error', ({ message }) => resolve({ error: message }));
    probe.once('close', (code, signal) => {
      const late = `it takes longer than ${LOAD_MS_MAX / 1000} s`;
      resolve({
        error: signal === 'SIGKILL' ? late : `it ends the process with exit code ${code}`,
      });
    });
  });
  const answer = await told;
  if ('functions' in answer) return answer.functions;
  const [reason] = answer.error.split('\n');
  throw new UsageError(`--consumer ${shown}: it cannot be loaded: ${reason}; mend it`);
}
