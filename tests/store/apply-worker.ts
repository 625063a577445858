/**
 * A process that applies made likes to a store: `node apply-worker.ts '<WorkerOrder as JSON>'`.
 * Prints one line of JSON when it begins, and one with the number of fresh likes when it is done.
 */
import type { Like } from '../../likes/like.ts';
import { openStore } from '../../store/open-store.ts';
import { madeLikes, randomFrom } from './made-likes.ts';

export interface WorkerOrder {
  readonly folder: string;
  readonly sources: readonly string[];
  readonly likesPerSource: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Wall-clock time before which the store is not opened, so that workers open it at once. */
  readonly openAtMs: number;
}

const order = JSON.parse(process.argv[2]!) as WorkerOrder;
const batches = shuffledBatches();
// Spins rather than sleeps: a timer would spread the openings over a millisecond or more.
while (Date.now() < order.openAtMs);

await using store = await openStore({ folder: order.folder });
let fresh = 0;
process.stdout.write('{"begun":true}\n');
for (const batch of batches) {
  await store.apply(batch, (commit) => {
    fresh += commit.fresh.length;
  });
}
process.stdout.write(`${JSON.stringify({ fresh })}\n`);

/** All likes of all sources in an order of this worker's own; one in ten batches comes twice. */
function shuffledBatches(): Like[][] {
  const random = randomFrom(order.seed);
  const likes = order.sources.flatMap((source) => madeLikes(source, order.likesPerSource));
  const batches: Like[][] = [];
  for (let start = 0; start < likes.length; start += order.batchSize) {
    batches.push(likes.slice(start, start + order.batchSize));
  }
  const keyed = batches
    .flatMap((batch) => (random() < 0.1 ? [batch, batch] : [batch]))
    .map((batch) => ({ batch, key: random() }));
  return keyed.sort((one, other) => one.key - other.key).map(({ batch }) => batch);
}
