/**
 * A process that counts likes at a steady rate while somebody moves posts, and delivers every like
 * again a second later: `node writer.ts '<WriterOrder as JSON>'`. It ends when its standard input
 * does, delivers what it sent in the last second once more, and prints a WriterReport.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Like } from '../../likes/like.ts';
import { StoreUnavailableError } from '../../store/errors.ts';
import { openStore, type StoreOptions } from '../../store/open-store.ts';
import { WriterLikes } from './writer-likes.ts';

export interface WriterOrder {
  readonly store: StoreOptions;
  readonly source: string;
  readonly seed: number;
  /** Its number, from 0. */
  readonly writer: number;
  readonly likesPerS: number;
}

/** A batch that took a while to be stored, retries included. */
export interface SlowBatch {
  /** Since the epoch, on the machine's monotonic clock. */
  readonly fromMs: number;
  readonly tookMs: number;
}

export type WriterLine =
  | { readonly kind: 'counting' }
  | {
      readonly kind: 'done';
      readonly made: number;
      readonly ratePerS: number;
      readonly slow: readonly SlowBatch[];
      readonly outages: number;
    };

const TICK_MS = 10;
const BATCH_LIKES_MAX = 1_000;
const AGAIN_AFTER_MS = 1_000;
/** Most batches are faster; only how the slowest ones met a pause is of interest. */
const SLOW_MS = 1;
const OUTAGE_WAIT_MS = 20;

const order = JSON.parse(process.argv[2]!) as WriterOrder;
const print = (line: WriterLine) => process.stdout.write(`${JSON.stringify(line)}\n`);

let isStopping = false;
process.stdin.on('end', () => {
  isStopping = true;
});
process.stdin.resume();

const likes = new WriterLikes(order.source, order.seed, order.writer);
const sent: { readonly atMs: number; readonly batch: readonly Like[] }[] = [];
const slow: SlowBatch[] = [];
let made = 0;
let outages = 0;

await using store = await openStore(order.store);
const startMs = performance.now();
for (let isFirst = true; !isStopping; isFirst = false) {
  const due = Math.floor(((performance.now() - startMs) / 1_000) * order.likesPerS) - made;
  const fresh = likes.next(Math.min(due, BATCH_LIKES_MAX));
  made += fresh.length;
  const again = takeAgain(performance.now() - AGAIN_AFTER_MS);
  await count([...fresh, ...again]);
  if (fresh.length > 0) sent.push({ atMs: performance.now(), batch: fresh });
  if (isFirst) print({ kind: 'counting' });
  await wait(TICK_MS);
}
const ratePerS = made / ((performance.now() - startMs) / 1_000);
await count(takeAgain(Number.POSITIVE_INFINITY));
print({ kind: 'done', made, ratePerS, slow, outages });

function takeAgain(untilMs: number): Like[] {
  const again: Like[] = [];
  while (sent.length > 0 && sent[0]!.atMs <= untilMs) again.push(...sent.shift()!.batch);
  return again;
}

/** As every consumer does: until it is stored. */
async function count(batch: readonly Like[]): Promise<void> {
  if (batch.length === 0) return;
  const fromMs = performance.now();
  for (;;) {
    try {
      await store.apply(batch);
      break;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      outages++;
      await wait(OUTAGE_WAIT_MS);
    }
  }
  const tookMs = performance.now() - fromMs;
  if (tookMs >= SLOW_MS) slow.push({ fromMs: performance.timeOrigin + fromMs, tookMs });
}
