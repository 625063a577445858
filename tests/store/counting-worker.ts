/**
 * A process that counts as every consumer does, in a loop that tries again after an outage:
 * `node counting-worker.ts '<CountingOrder as JSON>'`. Prints a line of JSON for each batch that
 * is stored, for each outage, and at the end what it has parked.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { consumeLoop, encodeLike, handleMessages } from '../../likes/like.ts';
import { openStore } from '../../store/open-store.ts';
import { madeLikes } from './made-likes.ts';

export interface CountingOrder {
  readonly folder: string;
  readonly source: string;
  readonly likes: number;
  readonly batchSize: number;
  readonly pauseMs: number;
  /** Comes after the likes, so that a worker that never parks anything would be found out. */
  readonly poison: string;
}

export type CountingLine =
  | { readonly kind: 'not opened'; readonly code: string; readonly message: string }
  | { readonly kind: 'stored'; readonly batches: number }
  | { readonly kind: 'outage'; readonly code: string; readonly message: string }
  | { readonly kind: 'done'; readonly parked: readonly string[] };

const order = JSON.parse(process.argv[2]!) as CountingOrder;
const print = (line: CountingLine) => process.stdout.write(`${JSON.stringify(line)}\n`);

function linesOf(kind: 'not opened' | 'outage', error: unknown): void {
  const { code = 'none', message } = error as Error & { code?: string };
  print({ kind, code, message });
}

const store = await openStore({ folder: order.folder }).catch((error: unknown) => {
  linesOf('not opened', error);
  process.exit();
});
const messages = [...madeLikes(order.source, order.likes).map(encodeLike), order.poison];
const parked: string[] = [];
const done = Promise.withResolvers<void>();
let batches = 0;

const consumer = consumeLoop(
  async () => {
    const batch = messages.slice(batches * order.batchSize, (batches + 1) * order.batchSize);
    if (batch.length === 0) {
      done.resolve();
      return await wait(order.pauseMs);
    }
    try {
      const refusals = await handleMessages(batch, (likes) => store.apply(likes));
      parked.push(...refusals.map(({ index }) => batch[index]!));
      batches += 1;
      print({ kind: 'stored', batches });
    } catch (error) {
      linesOf('outage', error);
      throw error;
    }
    await wait(order.pauseMs);
  },
  { isHopeless: () => false, close: async () => await store[Symbol.asyncDispose]() },
);
await done.promise;
await consumer.stop();
print({ kind: 'done', parked });
