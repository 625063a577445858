/** `lab rebuild`: the counts again, from the queue's log, beside the store that is there. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Broker, Reread, RereadProgress } from '../brokers/broker.ts';
import { messageOf } from '../lab/lab-error.ts';
import { formatNumber } from '../lab/table.ts';
import { compareStores } from '../store/compare-stores.ts';
import type { CountStore } from '../store/count-store.ts';
import { openStore } from '../store/open-store.ts';
import { readStoreFile } from '../store/store-file.ts';
import { named } from './flag-values.ts';
import { watchInterrupt } from './interrupt.ts';
import {
  addNamedQueueOptions,
  type NamedQueueOptions,
  openQueue,
  refuseReadOnce,
} from './queue-options.ts';
import { describeDifference, describeGaps, judgeRebuild } from './rebuild-judgement.ts';
import { openStatusLine, type StatusLine } from './status-line.ts';
import { EXIT, UsageError } from './usage-error.ts';

const POLL_INTERVAL_MS = 500;
/** A reader that gets nothing for so long, and is not done, will not be: longer than a session. */
const SILENCE_LIMIT_MS = 60_000;
/** Differences that are printed as text. */
const SHOWN_MAX = 20;

interface RebuildOptions extends NamedQueueOptions {
  readonly store: string;
  readonly into?: string;
  readonly partial: boolean;
}

export function addRebuildCommand(program: Command): void {
  const command = program
    .command('rebuild')
    .description("count a queue's log again, by a group of its own, and compare with a store")
    .requiredOption('--store <folder>', 'the store that counted it', named)
    .option('--into <folder>', 'keep the counts of the log in a new store there', named)
    .option('--partial', 'also when the beginning of the log is gone', false)
    .addHelpText(
      'after',
      '\nExit codes: 0 all counts are those of the log, 1 some are wrong, 2 it could not be ' +
        'judged,\n64 the queue has no log, or a wrong flag.',
    );
  addNamedQueueOptions(command).action(async (options: RebuildOptions) => {
    process.exitCode = await rebuild(options);
  });
}

/** The log could not be counted again to its end. */
class RebuildError extends Error {
  override readonly name = 'RebuildError';
  readonly code = 'REBUILD_UNFINISHED';
}

async function rebuild(options: RebuildOptions): Promise<number> {
  const { brokers, queue, partial, json } = options;
  refuseReadOnce(brokers, 'rebuild');
  readStoreFile(options.store); // Refuses a folder that is no store.
  using place = placeFor(options);
  const line = openStatusLine(process.stdout);
  const interrupt = watchInterrupt(
    (text) => process.stderr.write(`${text}\n`),
    'the counts that are there stay as they are',
  );
  await using opened = await openQueue(options);
  const { broker } = opened;
  await using store = await openStore({ folder: options.store, readOnly: true });
  await using log = await broker.reread!(queue);
  if (log.gaps.length > 0 && !partial) throw new RebuildError(describeGaps(log.gaps));
  await using again = await openStore({
    folder: place.folder,
    shards: store.shards.length,
    rule: store.rule,
  });
  const read = await countAgain(log, again, { line, json, interrupt });
  const { judgement, differences, facts } = await compare(broker, queue, { log, store, again });
  const shown = json ? differences : differences.slice(0, SHOWN_MAX);
  for (const one of shown) line.log(json ? JSON.stringify(one) : describeDifference(one));
  if (shown.length < differences.length) {
    line.log(`… and ${differences.length - shown.length} more; --json shows all`);
  }
  line.log(json ? JSON.stringify({ ...read, ...facts }) : describeRead(read));
  if (!json) line.log(judgement.text);
  return judgement.code;
}

/** A new folder that stays, or one for as long as this takes. */
function placeFor({ into, store }: RebuildOptions): Disposable & { folder: string } {
  if (into !== undefined) {
    if (resolve(into) === resolve(store) || existsSync(into)) {
      throw new UsageError(`--into ${into}: is there already; name a folder that is not`);
    }
    return { folder: into, [Symbol.dispose]: () => undefined };
  }
  const parent = mkdtempSync(join(tmpdir(), 'like-lab-rebuild-'));
  return {
    folder: join(parent, 'store'),
    [Symbol.dispose]: () => rmSync(parent, { recursive: true, force: true }),
  };
}

interface Read {
  /** Of the log, when it was opened. */
  readonly messages: number;
  /** Counted again, each like once. */
  readonly likes: number;
  /** Messages of the log that are no likes, or that no store takes. */
  readonly refused: number;
}

/** Resolves when the server says that the second group has all that the log held. */
async function countAgain(
  log: Reread,
  again: CountStore,
  { line, json, interrupt }: { line: StatusLine; json: boolean; interrupt: AbortSignal },
): Promise<Read> {
  const tally = { handled: 0, likes: 0, changedMs: performance.now() };
  await using consumer = await log.openConsumer(async (likes, placeOf) => {
    const observer = ({ fresh }: { fresh: readonly number[] }) => {
      tally.likes += fresh.length;
    };
    await again.apply(likes, observer, placeOf).finally(() => {
      tally.handled += likes.length;
      tally.changedMs = performance.now();
    });
  });
  const failed = consumer.failed.catch((error: unknown) => {
    throw new RebuildError(`the reader cannot go on: ${messageOf(error)}; start it again`);
  });
  failed.catch(() => undefined); // It may fail while nobody waits for it.
  const { messages } = log;
  const beganMs = performance.now();
  for (;;) {
    const { isDone, parked } = await Promise.race([log.progress(), failed]);
    if (isDone) return { messages, likes: tally.likes, refused: parked };
    if (interrupt.aborted) throw new RebuildError('stopped before the end of the log');
    if (performance.now() - tally.changedMs > SILENCE_LIMIT_MS) {
      throw new RebuildError(
        `nothing new for ${SILENCE_LIMIT_MS / 1_000} s, after ${tally.handled} of ${messages} ` +
          'messages; see that the server is well, and start it again',
      );
    }
    const seconds = (performance.now() - beganMs) / 1_000;
    const facts = { messages, read: tally.handled, likesPerS: Math.round(tally.likes / seconds) };
    line.show(json ? JSON.stringify(facts) : describeProgress(facts));
    await Promise.race([sleep(POLL_INTERVAL_MS), failed]);
  }
}

/** What may have changed is asked before and after the store is read, so that nothing slips by. */
async function compare(
  broker: Broker,
  queue: string,
  { log, store, again }: { log: Reread; store: CountStore; again: CountStore },
) {
  const { waiting, unacknowledged } = await broker.backlog(queue);
  const { posts, differences } = await compareStores(store, again);
  const { hasGrown, hasShrunk }: RereadProgress = await log.progress();
  const isShort = hasShrunk || log.gaps.length > 0;
  const circumstances = { uncounted: waiting + unacknowledged, hasGrown, isShort };
  const judgement = judgeRebuild({ posts, differences }, circumstances, store.rule);
  const verdict = { [EXIT.pass]: 'equal', [EXIT.fail]: 'different' }[judgement.code] ?? 'unknown';
  const facts = { posts, differences: differences.length, ...circumstances, verdict };
  return { judgement, differences, facts };
}

const number = (value: number): string => formatNumber(value, 0);

function describeProgress(facts: { messages: number; read: number; likesPerS: number }): string {
  const { messages, read, likesPerS } = facts;
  return `read again ${number(read)} of ${number(messages)} · ${number(likesPerS)} likes/s`;
}

function describeRead({ messages, likes, refused }: Read): string {
  const [likesRead, none] = [number(likes), number(refused)];
  return `${number(messages)} messages of the log: ${likesRead} likes, ${none} refused`;
}
