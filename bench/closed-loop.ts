/**
 * `npm run closed-loop`: the same gateway under autocannon, a client that nobody here wrote.
 *
 * A closed loop: each connection asks again when it has its answer, so a slow service is asked
 * less, and its latencies leave out what waiting users would have met. None of them belongs beside
 * the latencies of `direct-or-queued`, which are from due. What can be cross-checked is what both
 * must agree in: each 202 of the client is in the count, and the connections are the rate times
 * the mean time of an answer (Little's law).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { postgresUrl } from '../brokers/servers/local/postgres.ts';
import { startLocalStoreServer } from '../brokers/servers/local/store-servers.ts';
import { watchInterrupt } from '../cli/interrupt.ts';
import { EXIT } from '../cli/usage-error.ts';
import { messageOf } from '../lab/lab-error.ts';
import { formatNumber, type Table, toText } from '../lab/table.ts';
import { endWithUs } from './child.ts';
import { Stage } from './stage.ts';

const LAB = fileURLToPath(new URL('../cli/lab.ts', import.meta.url));
const CONNECTIONS = [1, 10, 100];
const WARM_UP_S = 2;
const LOAD_S = 5;
/** What is not counted within this time after the last answer is looked for no longer. */
const COUNTED_MS_MAX = 60_000;
/** Counts that a gateway shows may be as old as a second. */
const COUNTED_POLL_MS = 2_000;
/** Of a command that did not come up. */
const LAST_WORDS_CHARACTERS = 2_000;
const RULE = 'states';
const POST = 'p';

/** What is used of its results; it has no types of its own. */
interface Cannonade {
  readonly duration: number;
  readonly non2xx: number;
  readonly errors: number;
  readonly '2xx': number;
  readonly latency: { readonly average: number };
}
type Fire = (options: Record<string, unknown>) => Promise<Cannonade>;

/** A gateway to fire at, with whatever counts behind it. */
interface Target extends AsyncDisposable {
  readonly way: string;
  readonly url: string;
}

/** Told apart over all cannonades of a run. */
let users = 0;

const likeOf = (user: number): string =>
  JSON.stringify({ user: `u-${user}`, post: POST, action: 'like', version: 1 });

interface Fired {
  readonly row: readonly string[];
  /** Answered 202 and not in the count. */
  readonly lost: number;
}

async function fireAt({ way, url }: Target, connections: number): Promise<Fired> {
  const autocannon = createRequire(import.meta.url)('autocannon') as Fire;
  const options = {
    url: `${url}/likes`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // A user of its own for each like, so that each of them counts.
    requests: [{ setupRequest: (request: object) => ({ ...request, body: likeOf(users++) }) }],
    connections,
  };
  await autocannon({ ...options, duration: WARM_UP_S });
  const before = await settled(url);
  const found = await autocannon({ ...options, duration: LOAD_S });
  const accepted = found['2xx'];
  const more = (await settled(url)) - before;
  const perS = accepted / found.duration;
  const all = (accepted + found.non2xx) / found.duration;
  const row = [
    way,
    formatNumber(connections, 0),
    formatNumber(perS, 0),
    formatNumber(found.non2xx + found.errors, 0),
    formatNumber((all * found.latency.average) / 1_000, 1),
    `${formatNumber(more, 0)} of ${formatNumber(accepted, 0)}`,
  ];
  return { row, lost: Math.max(0, accepted - more) };
}

/** The count once it has stood still: autocannon leaves requests unanswered when its time is up. */
async function settled(url: string): Promise<number> {
  const deadlineMs = performance.now() + COUNTED_MS_MAX;
  for (let last = -1; ; ) {
    const answer = await fetch(`${url}/posts/${POST}/likes`);
    const { count } = (await answer.json()) as { readonly count: number };
    if (count === last || performance.now() > deadlineMs) return count;
    last = count;
    await sleep(COUNTED_POLL_MS);
  }
}

/** A command of the lab as a process of its own, once it is ready; disposing ends it in order. */
async function startLab(args: readonly string[], env: NodeJS.ProcessEnv) {
  const words = ['--disable-warning=TimeoutNegativeWarning', LAB, ...args];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], env });
  endWithUs(child);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-LAST_WORDS_CHARACTERS);
  });
  const ended = once(child, 'close').then(() => undefined);
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, 'line'), ended]);
  if (first === undefined)
    throw new Error(`lab ${args[0]} ended before it was ready: ${complaints}`);
  // What it says later nobody reads, and a full pipe would hold it up.
  lines.on('line', () => undefined);
  return {
    said: String(first[0]),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const GATEWAY = ['gateway', '--port', '0', '--json', '--limiter', 'off', '--rule', RULE];

async function openDirect(stage: Stage): Promise<Target> {
  await using stack = new AsyncDisposableStack();
  const folder = stage.newPath('postgres');
  await mkdir(folder, { mode: 0o711 });
  const server = stack.use(await startLocalStoreServer('postgres', { tier: 'power', folder }));
  const database = ['--path', 'direct', '--database', postgresUrl(server.endpoint)];
  const gateway = stack.use(await startLab([...GATEWAY, ...database], {}));
  const { url } = JSON.parse(gateway.said) as { readonly url: string };
  const held = stack.move();
  const way = 'direct into PostgreSQL';
  return { way, url, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Behind it one worker counts into SQLite files, so that its work is in what is measured. */
async function openQueued(stage: Stage): Promise<Target> {
  await using stack = new AsyncDisposableStack();
  const { address } = stack.use(await stage.freshBroker('redis-streams', 'power'));
  const env = { LIKE_LAB_REDIS: `redis://${address}` };
  const folder = stage.newPath('store');
  const queue = ['--brokers', 'redis-streams', '--queue', 'likes', '--runtime', 'external'];
  const counting = ['count', ...queue, '--create', '--store', folder, '--rule', RULE];
  stack.use(await startLab(counting, env));
  const gateway = stack.use(await startLab([...GATEWAY, ...queue, '--store', folder], env));
  const { url } = JSON.parse(gateway.said) as { readonly url: string };
  const held = stack.move();
  const way = 'queue on redis-streams';
  return { way, url, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

async function fireAtAll(): Promise<{ readonly table: Table; readonly lost: number }> {
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const signal = watchInterrupt(log);
  await using stage = await Stage.open({ likes: 0, signal, log });
  const fired: Fired[] = [];
  for (const open of [openDirect, openQueued]) {
    await using target = await open(stage);
    for (const connections of CONNECTIONS) {
      if (!signal.aborted) fired.push(await fireAt(target, connections));
    }
  }
  const table = {
    title: 'Closed loop (autocannon): each connection asks again when it is answered',
    heads: ['way', 'connections', '202/s', 'not 202', 'rate x mean answer', 'counted of 202'],
    rows: fired.map(({ row }) => row),
    notes: [
      'no latency of a closed loop is shown: a service that is slow is asked less, and so looks ' +
        'better than it is to its users; direct-or-queued offers its load from due',
      'counted may be more than 202 by as many as there are connections, whose last answers ' +
        'autocannon does not wait for; fewer would be lost',
      'all likes are for one post, by the rule states',
    ],
  };
  return { table, lost: fired.reduce((sum, { lost }) => sum + lost, 0) };
}

try {
  const { table, lost } = await fireAtAll();
  process.stdout.write(`${toText(table)}\n`);
  if (lost > 0) process.exitCode = EXIT.fail;
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = EXIT.unknown;
}
