/** What `count`, `produce` and `dead-letters` share: a queue of one broker, on a running server. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Broker } from '../brokers/broker.ts';
import { BROKERS } from '../brokers/index.ts';
import { RUNTIMES, type Runtime } from '../brokers/servers/server.ts';
import { LANES_DEFAULT } from '../lab/trial-plan.ts';
import { findServer } from './find-server.ts';
import { named, whole } from './flag-values.ts';
import { LANES_MAX } from './options.ts';
import { UsageError } from './usage-error.ts';

/** A queue that has to be there. */
export interface NamedQueueOptions {
  /** One name; the flag is called as in the experiments. */
  readonly brokers: string;
  readonly queue: string;
  readonly runtime: Runtime;
  readonly json: boolean;
}

export interface QueueOptions extends NamedQueueOptions {
  readonly create: boolean;
  readonly lanes?: number;
  readonly keepLog?: boolean;
}

export function addQueueOptions(command: Command): Command {
  return addNamedQueueOptions(command)
    .option('--create', 'make the queue when it is not there yet', false)
    .option(
      '--lanes <number>',
      `with --create: lanes of the queue (default: ${LANES_DEFAULT})`,
      whole(1, LANES_MAX),
    )
    .option('--keep-log', 'with --create: keep what is acknowledged, for lab rebuild');
}

export function addNamedQueueOptions(command: Command): Command {
  const names = Object.keys(BROKERS).join(', ');
  return command
    .addOption(
      new Option('--brokers <name>', `the broker: one of ${names}`)
        .argParser(oneBroker)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--queue <name>', 'the queue').argParser(named).makeOptionMandatory())
    .addOption(
      new Option('--runtime <name>', 'who runs the server').choices(RUNTIMES).default('local'),
    )
    .option('--json', 'print one JSON object a line instead of text', false);
}

function oneBroker(text: string): string {
  const allowed = Object.keys(BROKERS);
  if (allowed.includes(text)) return text;
  throw new InvalidArgumentError(`allowed is one of ${allowed.join(', ')}.`);
}

/** Without `create` the queue is never made, and the user is not told how to. */
type MayMakeQueue = NamedQueueOptions & Partial<Pick<QueueOptions, 'create' | 'lanes' | 'keepLog'>>;

export interface OpenQueue extends AsyncDisposable {
  readonly broker: Broker;
}

/**
 * Connects to the server, and makes the queue where `--create` asks for it.
 * @throws UsageError when no server is up, or the queue is not there and not to be made
 */
export async function openQueue(options: MayMakeQueue): Promise<OpenQueue> {
  const { brokers: name, runtime } = options;
  checkMaking(options);
  const entry = BROKERS[name]!;
  const { endpoint, tier } = await findServer(runtime, entry.server);
  const broker = await entry.open({ ...endpoint, tier });
  try {
    await makeSureOfQueue(broker, options);
  } catch (error) {
    await broker[Symbol.asyncDispose]();
    throw error;
  }
  return { broker, [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose]() };
}

function checkMaking({ brokers: name, create, lanes, keepLog }: MayMakeQueue): void {
  const flag = keepLog ? '--keep-log' : lanes !== undefined && `--lanes ${lanes}`;
  if (flag && !create) {
    throw new UsageError(`${flag}: says how to make a queue; add --create or leave it out`);
  }
  if (keepLog) refuseReadOnce(name, '--keep-log');
}

/** @throws UsageError where nobody can read again what was acknowledged, with the reason. */
export function refuseReadOnce(name: string, what: string): void {
  const { readsOnceBecause } = BROKERS[name]!;
  if (readsOnceBecause === undefined) return;
  const able = Object.entries(BROKERS).flatMap(([other, entry]) =>
    entry.readsOnceBecause === undefined ? [other] : [],
  );
  throw new UsageError(
    `${what}: ${name} has no log that could be read again: ${readsOnceBecause}; ` +
      `take ${able.join(' or ')}`,
  );
}

async function makeSureOfQueue(broker: Broker, options: MayMakeQueue): Promise<void> {
  const { queue, create, lanes = LANES_DEFAULT, keepLog = false } = options;
  if (await broker.hasQueue(queue)) return await checkLog(broker, options);
  if (create === undefined) {
    throw new UsageError(`${broker.name} has no queue ${queue}; name one that is there`);
  }
  if (!create) {
    throw new UsageError(`${broker.name} has no queue ${queue}; add --create to make it`);
  }
  try {
    await broker.createQueue(queue, { lanes, keepsLog: keepLog });
  } catch (error) {
    // Somebody else with the same wish may have been faster.
    if (!(await broker.hasQueue(queue))) throw error;
    await checkLog(broker, options);
  }
}

/** How a queue was made cannot be changed afterwards. */
async function checkLog(broker: Broker, { queue, keepLog }: MayMakeQueue): Promise<void> {
  if (!keepLog || (await broker.keepsLog?.(queue))) return;
  throw new UsageError(
    `--keep-log: queue ${queue} of ${broker.name} is there and does not keep its log; leave the ` +
      'flag out, or name another queue',
  );
}
