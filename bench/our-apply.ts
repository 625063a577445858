/** Our side of the stores' contests: the same likes, one by one, each counted once for ever. */
import { openStore, type StoreOptions } from '../store/open-store.ts';
import { likeBatches } from './store-batches.ts';
import { WarmRate } from './warm-rate.ts';

const { store: options, likes } = JSON.parse(process.argv[2]!) as {
  readonly store: StoreOptions;
  readonly likes: number;
};
const batches = likeBatches(likes);
await using store = await openStore(options);
const rate = new WarmRate(likes);
for (const batch of batches) {
  await store.apply(batch);
  rate.add(batch.length);
}
rate.print();
