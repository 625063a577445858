/** `lab demo`: a like's way in the browser, with real servers and real processes to kill. */
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { BROKERS } from '../brokers/index.ts';
import { chooseRuntime } from '../brokers/servers/choose-runtime.ts';
import { prepareServers } from '../brokers/servers/index.ts';
import type { Runtime, ServerName } from '../brokers/servers/server.ts';
import { openDemoServer } from '../demo/demo-server.ts';
import type { RoundParts } from '../demo/round.ts';
import { type Choice, Stage } from '../demo/stage.ts';
import type { OpenTrial } from '../lab/run-jobs.ts';
import { LANES_DEFAULT } from '../lab/trial-plan.ts';
import { openStore, type StoreOptions } from '../store/open-store.ts';
import type { PostgresStoreOptions } from '../store/postgres-store.ts';
import { lookAtDatabase } from './demo-database.ts';
import { port } from './flag-values.ts';
import { untilAborted, watchInterrupt } from './interrupt.ts';
import { ServerPool } from './server-pool.ts';
import { EXIT, UsageError, whyNotListening } from './usage-error.ts';

const CHILD_MODULE = fileURLToPath(new URL('demo-process.ts', import.meta.url));
const PORT_DEFAULT = 8_090;

const TITLES: Readonly<Record<string, string>> = {
  'redis-streams': 'Redis Streams',
  kafka: 'Kafka',
  bullmq: 'BullMQ',
  sqs: 'SQS (ElasticMQ)',
  'sqs-fifo': 'SQS FIFO (ElasticMQ)',
};
const NAMES = Object.keys(TITLES);

interface DemoOptions {
  readonly port: number;
  readonly brokers: readonly string[];
  readonly runtime?: Runtime;
}

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description("a like's way in the browser: press, call a crowd, kill the broker or the worker")
    .option('--port <number>', 'where the page is, on 127.0.0.1; 0 for any', port, PORT_DEFAULT)
    .addOption(
      new Option('--brokers <names>', 'which can be chosen; the first is taken at the start')
        .argParser(brokerNames)
        .default(NAMES, NAMES.join(',')),
    )
    // A server of somebody else's is never killed, and killing is what this is about.
    .addOption(new Option('--runtime <name>', 'who runs the servers').choices(['local', 'compose']))
    .addHelpText('after', '\nCtrl-C ends it and all that it started.')
    .action(async (options: DemoOptions) => {
      process.exitCode = await runDemo(options);
    });
}

function brokerNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => NAMES.includes(name))) return [...new Set(names)];
  throw new InvalidArgumentError(`allowed are ${NAMES.join(', ')}, several by commas.`);
}

async function runDemo(options: DemoOptions): Promise<number> {
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const interrupt = watchInterrupt(log, 'everything that was started is ended');
  const first = BROKERS[options.brokers[0]!]!.server;
  const runtime = options.runtime ?? (await chooseRuntime([first]));
  await using stack = new AsyncDisposableStack();
  // Ends last, although it is opened last: the stage's rounds run on it.
  const pools = stack.use(new AsyncDisposableStack());
  const brokers = options.brokers.map((name) => ({ name, title: TITLES[name]! }));
  const stage = stack.use(new Stage({ brokers, openParts: (choice) => rounds.open(choice), log }));
  const server = stack.use(
    await openDemoServer(stage, options.port, log).catch((error: unknown) => {
      throw listenError(error, options.port);
    }),
  );
  // Not before, so that nothing is cleared up or started for a page that nobody could open.
  const rounds = new Rounds(pools.use(await ServerPool.open([], log, runtime)), runtime, log);
  stage.begin();
  process.stdout.write(`the demo is at ${server.url} · Ctrl-C ends it\n`);
  await untilAborted(interrupt);
  return EXIT.pass;
}

function listenError(error: unknown, port: number): unknown {
  const why = whyNotListening(error);
  if (why === undefined) return error;
  return new UsageError(`port ${port} of 127.0.0.1 ${why}; name another --port, 0 for any`);
}

/** Leases, sessions and the like, one after the other. How long a client waits is none of them. */
function takeoverOf(timeoutsMs: Readonly<Record<string, number>>): number {
  const waits = Object.entries(timeoutsMs).filter(([name]) => name !== 'answer');
  return waits.reduce((sum, [, ms]) => sum + ms, 0);
}

/** Opens what a round runs on. Servers are started when a round first needs them, and stay. */
class Rounds {
  readonly #pool: ServerPool;
  readonly #runtime: Runtime;
  readonly #log: (line: string) => void;
  #opened = 0;

  constructor(pool: ServerPool, runtime: Runtime, log: (line: string) => void) {
    this.#pool = pool;
    this.#runtime = runtime;
    this.#log = log;
  }

  async open({ way, broker: name }: Choice): Promise<RoundParts> {
    const entry = BROKERS[name]!;
    const [tier] = entry.tiers;
    await this.#prepare(entry.server, tier!);
    await using stack = new AsyncDisposableStack();
    const contender = { broker: name, tier: tier!, likesPerSRough: entry.likesPerSRough };
    const trial = stack.use(await this.#pool.openTrial(contender));
    const store = (await trial.storeAddress(1, {
      engine: 'postgres',
      rule: 'states',
    })) as unknown as PostgresStoreOptions;
    const databaseUrl = store.urls[0]!;
    const opened = way === 'queued' ? stack.use(await openStore(store)) : undefined;
    const database = stack.use(lookAtDatabase({ url: databaseUrl, way, store: opened }));
    // A fresh name each time: what an old round left can never come into a new one.
    const post = `post-${process.pid}-${++this.#opened}`;
    const queue = await this.#openQueue(trial, { name, post, store, way }, stack);
    const held = stack.move();
    return {
      childModule: CHILD_MODULE,
      way,
      brokerTitle: TITLES[name]!,
      post,
      database,
      databaseUrl,
      queue,
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  }

  async #prepare(server: ServerName, tier: OpenTrial['server']['tier']): Promise<void> {
    await prepareServers(this.#runtime, [{ name: server, tier }], this.#log);
  }

  async #openQueue(
    { broker, server }: OpenTrial,
    round: Pick<Choice, 'way'> & { name: string; post: string; store: StoreOptions },
    stack: AsyncDisposableStack,
  ): Promise<RoundParts['queue']> {
    const queue = `demo-${round.post}`;
    if (round.way === 'queued') {
      await broker.createQueue(queue, { lanes: LANES_DEFAULT });
      // A broker that lies dead takes nothing any more; the queue of a fresh round is another one.
      stack.defer(async () => {
        if (server.pid !== undefined) await broker.deleteQueue(queue).catch(() => undefined);
      });
    }
    const connection = { ...server.endpoint, tier: server.tier };
    return {
      address: { broker: round.name, connection, queue, store: round.store },
      server,
      drainedTimeMs: broker.drainedTimeMs ?? 0,
      takeoverMsMax: takeoverOf(broker.timeoutsMs),
      backlog: () => broker.backlog(queue),
    };
  }
}
