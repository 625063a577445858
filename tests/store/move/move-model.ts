/** A store in memory, those who count in it, and a mover that may die: one step at a time. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Like } from '../../../likes/like.ts';
import { SlotMapChangedError } from '../../../store/errors.ts';
import type { MemoryShard } from '../../../store/memory-shard.ts';
import { goBack } from '../../../store/move/go-back.ts';
import { type MoveWish, moveFor } from '../../../store/move/index.ts';
import { MemoryMovingStore } from '../../../store/move/memory-moving-store.ts';
import { StoreMoveError } from '../../../store/move/move-error.ts';
import { MoveTally } from '../../../store/move/move-tally.ts';
import { runMove } from '../../../store/move/run-move.ts';
import type { MoveStep } from '../../../store/move/steps.ts';
import { readCounts } from '../../../store/read-counts.ts';
import { ShardSet } from '../../../store/shard-set.ts';
import { evenSlotMap, type SlotMap, shardOfLike } from '../../../store/slot-map.ts';
import { madeLike, modelCounts } from '../made-likes.ts';

export const SHARDS = 3;
const WRITERS = 2;
export const POSTS = 12;
/** So small that each table takes several pages. */
export const PAGE_SIZES = { counts: 3, blocks: 2, changes: 4 };

export type Command =
  | { readonly kind: 'count'; readonly writer: number; readonly likes: number }
  | { readonly kind: 'deliver again'; readonly writer: number; readonly from: number }
  | { readonly kind: 'begin'; readonly wish: MoveWish }
  | { readonly kind: 'steps'; readonly steps: number }
  | { readonly kind: 'die' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'roll back' };

const post = fc.integer({ min: 0, max: POSTS - 1 }).map((number) => `post-${number}`);
const wish: fc.Arbitrary<MoveWish> = fc.oneof(
  fc.record({ kind: fc.constant('shards' as const), shards: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant('isolate' as const), post }),
  fc.record({ kind: fc.constant('split' as const), post, slices: fc.integer({ min: 2, max: 3 }) }),
  fc.record({ kind: fc.constant('take back' as const), post }),
  fc.record({
    kind: fc.constant('post' as const),
    post,
    shards: fc.uniqueArray(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 3 }),
  }),
);
const writer = fc.integer({ min: 0, max: WRITERS - 1 });
export const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('count' as const),
      writer,
      likes: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('deliver again' as const),
      writer,
      from: fc.integer({ min: 0, max: 200 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('begin' as const), wish }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('steps' as const),
      steps: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'die' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'resume' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'roll back' as const }) },
);

/** Routes by the map that it last saw; what is refused waits until it is sent again. */
class Writer {
  map: SlotMap;
  waiting: Like[] = [];

  constructor(map: SlotMap) {
    this.map = map;
  }
}

export class World {
  readonly store: MemoryMovingStore;
  readonly writers: readonly Writer[];
  readonly made: Like[] = [];
  /** By `source seq`: those that a shard has said to be fresh. */
  readonly counted = new Map<string, Like>();
  readonly reached = new Set<MoveStep>();
  last: MoveStep | undefined;
  steps: AsyncGenerator<MoveStep> | undefined;

  constructor(store = new MemoryMovingStore(evenSlotMap(SHARDS), PAGE_SIZES)) {
    this.store = store;
    this.writers = Array.from({ length: WRITERS }, () => new Writer(store.slotMap));
  }

  async run(command: Command): Promise<void> {
    switch (command.kind) {
      case 'count': {
        const made = Array.from({ length: command.likes }, () => this.#make());
        return await this.#send(this.writers[command.writer]!, made);
      }
      case 'deliver again': {
        const again = this.made.slice(command.from, command.from + 20);
        return await this.#send(this.writers[command.writer]!, again);
      }
      case 'begin':
        return await this.#begin(command.wish);
      case 'steps':
        return await this.advance(command.steps);
      case 'die':
        this.steps = undefined;
        return;
      case 'resume':
        return await this.#takeUp((stage) => stage === 'going back');
      case 'roll back':
        return await this.#takeUp((stage) => ['copying', 'fencing', 'going back'].includes(stage));
    }
  }

  async advance(steps: number): Promise<void> {
    for (let step = 0; step < steps && this.steps !== undefined; step++) {
      const { done, value } = await this.steps.next();
      if (done) this.steps = undefined;
      else {
        this.reached.add(value);
        this.last = value;
      }
    }
  }

  /** Ends whatever is under way, delivers whatever waits, and then everything once more. */
  async settle(): Promise<void> {
    await this.#takeUp((stage) => stage === 'going back');
    await this.advance(Number.POSITIVE_INFINITY);
    for (const writer of this.writers) {
      writer.waiting.push(...this.made);
      for (let tries = 0; writer.waiting.length > 0 && tries < 3; tries++) {
        await this.#send(writer, []);
      }
      expect(writer.waiting).toEqual([]);
    }
  }

  async readOf(name: string) {
    const { slotMap } = this.store;
    const shards = Array.from({ length: slotMap.shards }, (_, index) =>
      this.store.memoryShard(index),
    );
    const set = new ShardSet(shards, slotMap, () => slotMap);
    return (await readCounts(set, [name])).get(name);
  }

  shards(): MemoryShard[] {
    return Array.from({ length: this.store.slotMap.shards }, (_, index) =>
      this.store.memoryShard(index),
    );
  }

  #make(): Like {
    const seq = this.made.length;
    // Sources with few likes each, so that there are many blocks.
    const source = `source-${seq % 5}`;
    const like = madeLike(source, Math.floor(seq / 5) * 1_000, {
      post: `post-${(seq * 7) % POSTS}`,
      user: `user-${seq % 13}`,
    });
    this.made.push(like);
    return like;
  }

  async #send(writer: Writer, likes: readonly Like[]): Promise<void> {
    const sent = [...writer.waiting, ...likes];
    writer.waiting = [];
    const { map } = writer;
    const byShard = Map.groupBy(sent, (like) => shardOfLike(map, like));
    for (const [index, ofShard] of byShard) {
      try {
        const places = [...ofShard.keys()];
        // One that is gone is still open in a real process, and refuses by its version.
        if (index >= this.store.slotMap.shards)
          throw new SlotMapChangedError(index, -1, map.version);
        const shard = this.store.memoryShard(index);
        const { fresh } = await shard.apply(ofShard, places, map.version);
        for (const place of fresh) this.#note(ofShard[place]!);
      } catch (error) {
        if (!(error instanceof SlotMapChangedError)) throw error;
        writer.waiting.push(...ofShard);
        writer.map = this.store.slotMap;
      }
    }
  }

  #note(like: Like): void {
    const id = `${like.source} ${like.seq}`;
    if (this.counted.has(id)) throw new Error(`like ${id} was counted twice`);
    this.counted.set(id, like);
  }

  async #begin(wish: MoveWish): Promise<void> {
    const { slotMap, move } = await this.store.state();
    if (move !== undefined) return;
    try {
      const record = moveFor(slotMap, wish);
      if (record === undefined) return;
      await this.store.write({ slotMap, move: record });
      this.reached.add('begun');
      this.steps = runMove(this.store, record, new MoveTally());
    } catch (error) {
      if (!(error instanceof StoreMoveError)) throw error;
    }
  }

  async #takeUp(isBack: (stage: string) => boolean): Promise<void> {
    const { move } = await this.store.state();
    if (move === undefined) return;
    this.steps = isBack(move.stage)
      ? goBack(this.store, move)
      : runMove(this.store, move, new MoveTally());
  }
}

export async function checkEnd(world: World): Promise<void> {
  await world.settle();
  const { slotMap, move } = await world.store.state();
  expect(move).toBeUndefined();
  const model = modelCounts(world.counted.values());
  expect(world.counted.size).toBe(new Set(world.made).size);
  for (const expected of model) expect(await world.readOf(expected.post)).toEqual(expected);
  const sums = { moved: 0, counted: 0, marks: 0 };
  for (const shard of world.shards()) {
    expect(await shard.findProblems()).toEqual([]);
    expect(await shard.slotMapVersion()).toBe(slotMap.version);
    const totals = await shard.totals();
    sums.moved += totals.moved?.likes ?? 0;
    sums.counted += totals.likes + totals.unlikes;
    sums.marks += totals.marks;
  }
  // What every shard holds of others, all others miss.
  expect(sums).toEqual({ moved: 0, counted: world.counted.size, marks: world.counted.size });
}
