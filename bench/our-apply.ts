/** Our side of the store's contest: the same likes, one by one, each counted once for ever. */
import { openStore } from '../store/open-store.ts';
import { likeBatches, SHARDS, type StoreOrder } from './store-batches.ts';
import { WarmRate } from './warm-rate.ts';

const { folder, likes } = JSON.parse(process.argv[2]!) as StoreOrder;
const batches = likeBatches(likes);
await using store = await openStore({ folder, shards: SHARDS, synchronous: 'FULL' });
const rate = new WarmRate(likes);
for (const batch of batches) {
  await store.apply(batch);
  rate.add(batch.length);
}
rate.print();
