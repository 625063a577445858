/**
 * Both sides of the contest `hot-watched`: the counting path from messages to the store, with or
 * without a watch for hot posts. Rates are per second of CPU time, of all threads of the process.
 */
import { encodeLike, handleMessages } from '../likes/like.ts';
import { HotPath } from '../store/hot/hot-path.ts';
import { openStore } from '../store/open-store.ts';
import { likeBatches, SHARDS, type StoreOrder } from './store-batches.ts';

/** How often a consumer tells its summary: in CPU time as well, as if it had a core of its own. */
const SUMMARY_EVERY_US = 500_000;
const WARM_UP_SHARE = 0.1;

const order = JSON.parse(process.argv[2]!) as StoreOrder & { readonly watches: boolean };
const { folder, likes, watches } = order;
const batches = likeBatches(likes).map((batch) => batch.map(encodeLike));
await using store = await openStore({ folder, shards: SHARDS, synchronous: 'FULL' });
const path = watches ? new HotPath(store, { nowMs: () => performance.now() }) : undefined;
const counting = path ?? store;

let handled = 0;
let warm: { readonly handled: number; readonly cpuUs: number } | undefined;
let toldAtUs = 0;
let told = 0;
const cpuUs = () => process.cpuUsage().user + process.cpuUsage().system;
for (const messages of batches) {
  await handleMessages(messages, (batch) => counting.apply(batch));
  handled += messages.length;
  if (handled >= likes * WARM_UP_SHARE) warm ??= { handled, cpuUs: cpuUs() };
  if (path === undefined || cpuUs() - toldAtUs < SUMMARY_EVERY_US) continue;
  toldAtUs = cpuUs();
  told += JSON.stringify(path.seen()).length;
}
const perS = ((handled - warm!.handled) * 1e6) / (cpuUs() - warm!.cpuUs);
process.stdout.write(JSON.stringify({ handled, perS, told }));
