/** `lab produce`: sends the likes of a workload to a queue, as fast as it may or at a rate. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { evenPace } from '../lab/pace.ts';
import { NAME_LENGTH_MAX } from '../likes/like.ts';
import {
  openWorkload,
  type PlannedLike,
  takeNext,
  WORKLOADS,
  type WorkloadName,
} from '../likes/workloads/workload.ts';
import { whole } from './flag-values.ts';
import { watchInterrupt } from './interrupt.ts';
import { LIKES_PER_SEND_MAX, parseLikes, SEED_MAX } from './options.ts';
import { ProduceTally } from './produce-tally.ts';
import { addQueueOptions, openQueue, type QueueOptions } from './queue-options.ts';
import { openStatusLine } from './status-line.ts';
import { EXIT } from './usage-error.ts';

const LINE_INTERVAL_MS = 1_000;
const LIKES_PER_S_MAX = 10_000_000;
/** The longest sleep of an open loop: the clock of Node's timers ticks in ms. */
const TICK_MS = 1;

interface ProduceOptions extends QueueOptions {
  readonly likes: number | 'all';
  readonly rate?: number;
  readonly workload: WorkloadName;
  readonly seed: number;
  readonly data?: string;
  readonly likesPerSend?: number;
  readonly source?: string;
}

export function addProduceCommand(program: Command): void {
  const command = program
    .command('produce')
    .description('send the likes of a workload to a queue')
    .requiredOption('--likes <number|all>', 'distinct likes', parseLikes)
    .option(
      '--rate <number>',
      'likes per second, whatever the system does (default: as fast as they are acknowledged)',
      whole(1, LIKES_PER_S_MAX),
    )
    .addOption(
      new Option('--workload <name>', 'which likes')
        .choices(WORKLOADS.map(({ name }) => name))
        .default('trending'),
    )
    .option('--seed <number>', 'repeats the same likes in the same order', whole(0, SEED_MAX), 1)
    .option('--data <file>', 'for trending: a CSV file of your own, columns date, video_id, likes')
    .option(
      '--likes-per-send <number>',
      "likes of one send, at most (default: the broker's own habit)",
      whole(1, LIKES_PER_SEND_MAX),
    )
    .option('--source <name>', 'who numbers the likes (default: a new one each time)', asSource);
  addQueueOptions(command).action(async (options: ProduceOptions) => {
    process.exitCode = await produce(options);
  });
}

function asSource(text: string): string {
  if (text.length > 0 && text.length <= NAME_LENGTH_MAX) return text;
  throw new InvalidArgumentError(`allowed are 1 to ${NAME_LENGTH_MAX} characters.`);
}

/** Resolves with the exit code: 0 when the server has acknowledged all that was sent. */
async function produce(options: ProduceOptions): Promise<number> {
  const { likes, seed, data, json, queue } = options;
  const workload = openWorkload(options.workload, {
    likes,
    seed,
    ...(data !== undefined && { data: resolve(data) }),
  });
  const line = openStatusLine(process.stdout);
  const interrupt = watchInterrupt(
    (text) => process.stderr.write(`${text}\n`),
    'what is under way is sent first',
  );
  const source = options.source ?? newSource();
  await using opened = await openQueue(options);
  const { broker } = opened;
  await using producer = await broker.openProducer(queue);
  const tally = new ProduceTally({ producer, source, likes: workload.likes });
  const telling = setInterval(() => {
    const facts = tally.tell();
    line.show(json ? JSON.stringify(facts) : tally.describe(facts));
  }, LINE_INTERVAL_MS);
  if (!json) line.log(`source ${source}, workload ${workload.name}, seed ${seed}`);
  try {
    await sendAll(workload.stream(), tally, {
      likesPerSend: options.likesPerSend ?? broker.habits.likesPerSend,
      sendsInFlight: broker.habits.sendsInFlight,
      likesPerS: options.rate,
      signal: interrupt,
    });
  } finally {
    clearInterval(telling);
  }
  const total = tally.total();
  line.log(json ? JSON.stringify(total) : tally.describeTotal(total));
  return total.unknown + total.fail > 0 || total.gaveUp ? EXIT.unknown : EXIT.pass;
}

/** A restart is a new source, since nobody remembers which seqs the last one has used. */
function newSource(): string {
  const moment = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  return `produce.${moment}.${randomBytes(4).toString('hex')}`;
}

interface Sending {
  readonly likesPerSend: number;
  readonly sendsInFlight: number;
  /** Without it, the next send goes out as soon as an earlier one is settled. */
  readonly likesPerS: number | undefined;
  readonly signal: AbortSignal;
}

/** Resolves when all sends are settled: the stream is at its end, or it is time to stop. */
async function sendAll(
  stream: Iterable<PlannedLike>,
  tally: ProduceTally,
  { likesPerSend, sendsInFlight, likesPerS, signal }: Sending,
): Promise<void> {
  const rest = stream[Symbol.iterator]();
  const nowUs = () => performance.now() * 1_000;
  const pace = likesPerS === undefined ? undefined : evenPace(nowUs(), likesPerS);
  const inFlight = new Set<Promise<void>>();
  let taken = 0;
  while (!signal.aborted && !tally.hasGivenUp) {
    const due = pace ? pace.dueCount(nowUs()) - taken : likesPerSend;
    if (due > 0 && inFlight.size < sendsInFlight) {
      const batch = takeNext(rest, Math.min(due, likesPerSend));
      if (batch.length === 0) break;
      taken += batch.length;
      const sent: Promise<void> = tally.send(batch).finally(() => inFlight.delete(sent));
      inFlight.add(sent);
    }
    if (inFlight.size >= sendsInFlight) await Promise.race(inFlight);
    else if (pace) await sleep(TICK_MS);
  }
  await Promise.all(inFlight);
}
