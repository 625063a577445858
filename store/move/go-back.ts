/** The way back of a move that was not switched yet. Why it is safe stands in run-move.ts. */
import { shardsOfPost } from '../slot-map.ts';
import { endEverywhere } from './finish-move.ts';
import type { MoveRecord } from './move-record.ts';
import type { MovingStore } from './moving-store.ts';
import type { MoveStep } from './steps.ts';
import { addedShards, movingSlots, waysOf } from './transfers.ts';

/** Whoever stops asking for steps leaves it where it is; it is then to be gone back again. */
export async function* goBack(store: MovingStore, record: MoveRecord): AsyncGenerator<MoveStep> {
  const { from } = record;
  await store.write({ slotMap: from, move: { ...record, stage: 'going back' } });
  yield 'going back';
  for (let index = 0; index < from.shards; index++) {
    const shard = await store.shard(index);
    await shard.begin(false);
    await shard.goBack(from);
    yield 'gone back';
  }
  if (movingSlots(record).length > 0) yield* clearReceivers(store, record);
  yield* endEverywhere(store, from.shards);
  for (const index of addedShards(record)) {
    await store.removeShard(index);
    yield 'shard removed';
  }
  await store.write({ slotMap: from });
  yield 'finished';
}

/** Deletes rows that nobody has read. */
async function* clearReceivers(store: MovingStore, record: MoveRecord): AsyncGenerator<MoveStep> {
  const { from } = record;
  const receivers = new Set(waysOf(record).map(({ receiver }) => receiver));
  for (const index of receivers) {
    if (index >= from.shards) continue;
    const receiver = await store.shard(index);
    let next: string | undefined;
    do {
      const page = await receiver.counts(next, store.pageSizes.counts);
      const strange = page.rows.filter(({ post }) => !shardsOfPost(from, post).includes(index));
      if (strange.length > 0) {
        await receiver.drop(strange.map(({ post }) => post));
        yield 'cleared';
      }
      next = page.next;
    } while (next !== undefined);
  }
}
