/** `lab count`: the counting consumer alone, as one would deploy it, on a queue that is there. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { messageOf } from '../lab/lab-error.ts';
import type { CountingRule } from '../lab/store-plan.ts';
import type { LikeConsumer } from '../likes/like.ts';
import { openStore } from '../store/open-store.ts';
import { CountTally, describeFacts, describeTotal } from './count-tally.ts';
import { ruleOption } from './counting-rule.ts';
import { named, whole } from './flag-values.ts';
import { HotReporter } from './hot-reporter.ts';
import { untilAborted, watchInterrupt } from './interrupt.ts';
import { LagWatch } from './lag-watch.ts';
import { SHARDS_MAX } from './options.ts';
import { addQueueOptions, openQueue, type QueueOptions } from './queue-options.ts';
import { openStatusLine } from './status-line.ts';
import { countInto, openBatchTracing } from './traced-counting.ts';
import { describeExported, otlpFlag, type TracingFlags } from './tracing-options.ts';
import { EXIT } from './usage-error.ts';
import { metricsPortOption } from './watch/metrics-option.ts';
import { openWatchedCounting } from './watch/watched-counting.ts';

/** From the signal on, the batch in hand has this long to be stored and acknowledged. */
const STOP_LIMIT_MS = 20_000;
const LINE_INTERVAL_MS = 1_000;
/** How long the last line waits for the server's last word. */
const LAST_ANSWER_LIMIT_MS = 5_000;

/** How long the last spans may take to their receiver. */
const SPANS_LIMIT_MS = 5_000;

interface CountOptions extends QueueOptions, TracingFlags {
  readonly store: string;
  readonly shards?: number;
  readonly rule?: CountingRule;
  readonly untilDrained: boolean;
  readonly hotPosts: boolean;
  readonly metricsPort?: number;
}

export function addCountCommand(program: Command): void {
  const command = program
    .command('count')
    .description('count the likes of a queue into a store, until it is told to stop')
    .requiredOption('--store <folder>', 'the store: made when it is not there yet', named)
    .option(
      '--shards <number>',
      'shards of a store that is made (default: 4)',
      whole(1, SHARDS_MAX),
    )
    .addOption(ruleOption())
    .option('--hot-posts', 'find hot posts, and hold the likes of those that lab hot names', false)
    .option('--until-drained', 'end when the server says that nothing is left', false)
    .addOption(metricsPortOption());
  addQueueOptions(otlpFlag(command)).action(async (options: CountOptions) => {
    process.exitCode = await count(options);
  });
}

/** The consumer cannot go on by itself. */
class CountingEndedError extends Error {
  override readonly name = 'CountingEndedError';
  readonly code = 'COUNTING_ENDED';
}

/** Resolves with the exit code, once everything in hand is stored and acknowledged. */
async function count(options: CountOptions): Promise<number> {
  const line = openStatusLine(process.stdout);
  const log = (text: string) => void process.stderr.write(`${text}\n`);
  const interrupt = watchInterrupt(log, 'the batch in hand is stored and acknowledged first');
  await using opened = await openQueue(options);
  const { broker } = opened;
  const { store: folder, shards, rule, queue, metricsPort } = options;
  await using store = await openStore({ folder, rule, ...(shards !== undefined && { shards }) });
  const tally = new CountTally();
  using hot = options.hotPosts ? new HotReporter(store, folder) : undefined;
  const counted = { broker, queue, store, folder, hot, metricsPort, log };
  await using counting = await openWatchedCounting(counted);
  const names = { system: broker.name, destination: queue, database: 'sqlite' };
  const traced = await openBatchTracing(options, names);
  const opening = broker.openConsumer(
    queue,
    countInto(counting, traced?.tracer, (likes, commit) => tally.add(likes, commit)),
  );
  const asked = { backlog: () => counting.backlog(), hasQueue: () => broker.hasQueue(queue) };
  using watch = new LagWatch({ broker: asked, queue }, broker.drainedTimeMs ?? 0);
  const telling = setInterval(() => {
    const facts = tally.tell(watch.lag);
    line.show(options.json ? JSON.stringify(facts) : describeFacts(facts, store.rule));
  }, LINE_INTERVAL_MS);
  const problem = await untilEnded(opening, watch, { interrupt, options });
  const stopping = stopOf(opening, problem !== undefined);
  const isStopped = await isDoneWithin(stopping, STOP_LIMIT_MS).finally(() =>
    clearInterval(telling),
  );
  if (isStopped) await isDoneWithin(watch.ask(), LAST_ANSWER_LIMIT_MS);
  await isDoneWithin(Promise.resolve(traced?.tracing[Symbol.asyncDispose]()), SPANS_LIMIT_MS);
  const undelivered = describeExported(traced?.tracing);
  if (undelivered !== undefined) process.stderr.write(`warning: ${undelivered}\n`);
  const total = tally.total(watch.lag);
  line.log(options.json ? JSON.stringify(total) : describeTotal(total, store.rule));
  if (isStopped && problem === undefined) return EXIT.pass;
  if (isStopped) throw new CountingEndedError(problem);
  const late =
    `not stopped within ${STOP_LIMIT_MS / 1_000} s: likes in hand that are not acknowledged come ` +
    'again to the next consumer, and count once; start it again';
  process.stderr.write(`error: ${problem === undefined ? late : `${problem}; ${late}`}\n`);
  // Whatever hangs would keep this process alive, and nothing in it is worth waiting for.
  process.exit(EXIT.unknown);
}

/** Resolves when it is time to stop; with the reason when that is a failure. */
async function untilEnded(
  opening: Promise<LikeConsumer>,
  watch: LagWatch,
  { interrupt, options }: { interrupt: AbortSignal; options: CountOptions },
): Promise<string | undefined> {
  const failed = opening
    .then((consumer) => consumer.failed)
    .catch(
      (error: unknown) =>
        `the consumer of ${options.brokers} cannot go on: ${messageOf(error)}; ` +
        'mend that and start it again, nothing is lost',
    );
  const gone = watch.gone.then(
    () => `${options.brokers} has no queue ${options.queue} any more; make it and start again`,
  );
  const drained = options.untilDrained ? [watch.drained] : [];
  return (await Promise.race([untilAborted(interrupt), failed, gone, ...drained])) ?? undefined;
}

/** One that has failed may never have opened, and that closing it fails as well is no news. */
async function stopOf(opening: Promise<LikeConsumer>, hasFailed: boolean): Promise<void> {
  const stopped = opening.then((consumer) => consumer.stop());
  await (hasFailed ? stopped.catch(() => undefined) : stopped);
}

/** False when it is still not done at the limit. What it rejects with later has no say any more. */
export async function isDoneWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const over = new AbortController();
  const late = sleep(limitMs, false, { signal: over.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    over.abort();
  }
}
