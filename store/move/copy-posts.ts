/** Copies counts and marks from givers to receivers while everybody goes on counting. */
import { StoreMoveError } from './move-error.ts';
import type { MoveTally } from './move-tally.ts';
import {
  type Arrival,
  type Changes,
  type MovingShard,
  NO_PROGRESS,
  type Page,
  type Progress,
  type Stretch,
} from './moving-shard.ts';
import type { MovingStore } from './moving-store.ts';
import type { MoveStep } from './steps.ts';
import { type Move, movingSlots, receiverBySlot, type Way, waysOf } from './transfers.ts';

/** So few can be brought while writers wait. */
const CHANGES_FEW = 1_000;
/** Catching up is repeated until little is left; if that never comes, writers are too fast. */
const PASSES_MAX = 500;

/** All that stood there when it began, chunk by chunk. Goes on where it was interrupted. */
export async function* copyAll(
  store: MovingStore,
  move: Move,
  tally: MoveTally,
): AsyncGenerator<MoveStep> {
  for (const way of waysOf(move)) {
    const [giver, receiver] = await shardsOfWay(store, way);
    yield* copyCounts(store, giver, receiver, move, tally);
    yield* copyMarks(store, giver, receiver, tally);
  }
}

/**
 * What was changed meanwhile, until it is little.
 * @throws StoreMoveError MOVE_CANNOT_CATCH_UP when it never becomes little
 */
export async function* catchUp(
  store: MovingStore,
  move: Move,
  tally: MoveTally,
): AsyncGenerator<MoveStep> {
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    let most = 0;
    for (const way of waysOf(move)) {
      const [giver, receiver] = await shardsOfWay(store, way);
      const progress = await progressOf(receiver, giver);
      const { arrival, changes } = await changesFor(store, way, move, progress);
      await receiver.receive([arrival]);
      tally.add(arrival);
      const found = Math.max(changes.counts.length, changes.marks.length);
      most = Math.max(most, changes.isPart ? Infinity : found);
      yield 'caught up';
      await store.pause();
    }
    if (most <= CHANGES_FEW) return;
  }
  throw new StoreMoveError(
    'MOVE_CANNOT_CATCH_UP',
    `after ${PASSES_MAX} passes likes are still counted faster than they can be copied; let ` +
      'fewer likes in and resume the move, or roll it back',
  );
}

/** The changes of a giver that a receiver does not know yet, a page of them at most. */
export async function changesFor(
  store: MovingStore,
  way: Way,
  move: Move,
  progress: Progress,
): Promise<{ arrival: Arrival; changes: Changes }> {
  const giver = await store.shard(way.giver);
  const changes = await giver.changes(progress.changes, store.pageSizes.changes);
  const counts = changes.counts.filter(
    ({ post }) => receiverBySlot(move, way.giver, post) === way.receiver,
  );
  const arrival = {
    giver: way.giver,
    counts,
    marks: changes.marks,
    endedSources: [],
    progress: { ...progress, changes: changes.upTo },
  };
  return { arrival, changes };
}

export async function shardsOfWay(
  store: MovingStore,
  { giver, receiver }: Way,
): Promise<[MovingShard, MovingShard]> {
  return [await store.shard(giver), await store.shard(receiver)];
}

async function* copyCounts(
  store: MovingStore,
  giver: MovingShard,
  receiver: MovingShard,
  move: Move,
  tally: MoveTally,
): AsyncGenerator<MoveStep> {
  // Posts that go by their names are not copied ahead, so nothing is looked through for them.
  if (movingSlots(move).length === 0) return;
  for (;;) {
    const progress = await progressOf(receiver, giver);
    if (progress.counts.isDone) return;
    const page = await giver.counts(progress.counts.next, store.pageSizes.counts);
    const counts = page.rows.filter(
      ({ post }) => receiverBySlot(move, giver.index, post) === receiver.index,
    );
    const arrival = { giver: giver.index, counts, marks: [], endedSources: [] };
    await receive(receiver, tally, {
      ...arrival,
      progress: { ...progress, counts: stretchAfter(page) },
    });
    yield 'counts copied';
    await store.pause();
  }
}

async function* copyMarks(
  store: MovingStore,
  giver: MovingShard,
  receiver: MovingShard,
  tally: MoveTally,
): AsyncGenerator<MoveStep> {
  // None can be added to them while the move is under way.
  const endedSources = await giver.endedSources();
  for (;;) {
    const progress = await progressOf(receiver, giver);
    if (progress.marks.isDone) return;
    const page = await giver.marks(progress.marks.next, store.pageSizes.blocks);
    const arrival = { giver: giver.index, counts: [], marks: page.rows, endedSources };
    await receive(receiver, tally, {
      ...arrival,
      progress: { ...progress, marks: stretchAfter(page) },
    });
    yield 'marks copied';
    await store.pause();
  }
}

async function receive(receiver: MovingShard, tally: MoveTally, arrival: Arrival): Promise<void> {
  await receiver.receive([arrival]);
  tally.add(arrival);
}

/** How far a receiver has got with a giver; nobody but the mover changes that. */
export async function progressOf(receiver: MovingShard, giver: MovingShard): Promise<Progress> {
  return (await receiver.arrived(giver.index))?.progress ?? NO_PROGRESS;
}

export function stretchAfter({ next }: Page<unknown>): Stretch {
  return { next, isDone: next === undefined };
}
