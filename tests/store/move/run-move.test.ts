/** Every order in which counting, moving, dying and going on or back can meet, on a model. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryMovingStore } from '../../../store/move/memory-moving-store.ts';
import type { Arrival, MovingShard } from '../../../store/move/moving-shard.ts';
import { BACK_STEPS, MOVE_STEPS, type MoveStep } from '../../../store/move/steps.ts';
import { evenSlotMap, shardsOfPost } from '../../../store/slot-map.ts';
import { modelCounts } from '../made-likes.ts';
import { type Command, checkEnd, command, PAGE_SIZES, POSTS, SHARDS, World } from './move-model.ts';

const manySteps: Command[] = Array.from({ length: 50 }, () => ({ kind: 'steps', steps: 9 }));
/** Chance alone might leave one out. */
const EVERY_STEP: Command[] = [
  ...Array.from({ length: 5 }, () => ({ kind: 'count', writer: 0, likes: 12 }) as const),
  { kind: 'begin', wish: { kind: 'shards', shards: 5 } },
  ...manySteps,
  { kind: 'begin', wish: { kind: 'shards', shards: 2 } },
  { kind: 'steps', steps: 20 },
  { kind: 'roll back' },
  ...manySteps,
  { kind: 'begin', wish: { kind: 'shards', shards: 2 } },
  ...manySteps,
];

describe('a move, however it meets counting, redelivery, death, and the way back', () => {
  test('counts each like once, and reads are right all the while', async () => {
    const reached = new Set<MoveStep>();
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 60 }), async (commands) => {
        const world = new World();
        for (const each of commands) {
          await world.run(each);
          // A post with one shard; slices have to wait for a map that is settled.
          const name = `post-${world.made.length % POSTS}`;
          if (shardsOfPost(world.store.slotMap, name).length === 1) {
            const ofPost = [...world.counted.values()].filter((like) => like.post === name);
            expect(await world.readOf(name)).toEqual(modelCounts(ofPost)[0]);
          }
        }
        await checkEnd(world);
        for (const step of world.reached) reached.add(step);
      }),
      { numRuns: 250, examples: [[EVERY_STEP]] },
    );
    // Proof that no step was left out.
    const all = new Set<MoveStep>([...MOVE_STEPS, ...BACK_STEPS]);
    expect([...all].filter((step) => !reached.has(step))).toEqual([]);
  });

  test.each<[string, (shard: MovingShard) => Partial<MovingShard>]>([
    [
      'marks are left behind',
      (shard) => ({
        receive: (arrivals) => shard.receive(arrivals.map(withoutMarks)),
        adopt: (map, arrivals = [], named = []) =>
          shard.adopt(map, arrivals.map(withoutMarks), named),
      }),
    ],
    [
      'a giver is not fenced',
      (shard) => ({
        async adopt(map, arrivals = [], named = []) {
          if (arrivals.length > 0) await shard.adopt(map, arrivals, named);
        },
      }),
    ],
    [
      'what changes is not noted',
      () => ({
        async changes() {
          return { counts: [], marks: [], upTo: '0', isPart: false };
        },
      }),
    ],
    ['a receiver takes the map before the rest', (shard) => ({ adopt: (map) => shard.adopt(map) })],
  ])('and the model finds it when %s', async (_fault, faultOf) => {
    class FaultyStore extends MemoryMovingStore {
      override async shard(index: number): Promise<MovingShard> {
        const shard = await super.shard(index);
        const fault = faultOf(shard);
        return new Proxy(shard, {
          get(target, name) {
            const own = (fault as Record<string | symbol, unknown>)[name];
            const value = own ?? (target as unknown as Record<string | symbol, unknown>)[name];
            return typeof value === 'function' && own === undefined ? value.bind(target) : value;
          },
        });
      }
    }
    const world = new World(new FaultyStore(evenSlotMap(SHARDS), PAGE_SIZES));
    const busy = async () => {
      await world.run({ kind: 'count', writer: 0, likes: 60 });
      await world.run({ kind: 'begin', wish: { kind: 'shards', shards: 4 } });
      for (let turn = 0; turn < 200; turn++) {
        await world.run({ kind: 'steps', steps: 1 });
        // Of every post there is one that the fence has just not caught.
        const likes = world.last === 'fencing' ? POSTS : 1;
        await world.run({ kind: 'count', writer: 1, likes });
        await world.run({ kind: 'deliver again', writer: 0, from: 0 });
        await world.run({ kind: 'deliver again', writer: 0, from: world.made.length - 20 });
      }
      await checkEnd(world);
    };
    await expect(busy()).rejects.toThrow();
    expect(world.reached).toContain('switched');
  });
});

function withoutMarks(arrival: Arrival): Arrival {
  return { ...arrival, marks: [] };
}
