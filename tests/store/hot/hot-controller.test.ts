import { describe, expect, test } from 'vitest';
import { HotController, type HotEvent } from '../../../store/hot/hot-controller.ts';
import { policyFor } from '../../../store/hot/hot-policy.ts';
import type { HotSummary } from '../../../store/hot/space-saving.ts';
import { CURES, type Cure, type PostMover } from '../../../store/hot-posts.ts';
import { slotOf } from '../../../store/slot.ts';
import { evenSlotMap, type SlotMap, withPostMoved } from '../../../store/slot-map.ts';

/** Four shards with slots, and one without any. */
const SPARE: SlotMap = { ...evenSlotMap(4), shards: 5 };

/** Moves by map alone, and fails as often as it is told to. */
class MadeMover implements PostMover {
  map: SlotMap;
  failures = 0;
  readonly calls: string[] = [];

  constructor(map: SlotMap) {
    this.map = map;
  }

  async isolate(post: string, shard: number): Promise<void> {
    this.#move(`isolate ${post} on ${shard}`, post, [shard]);
  }

  async split(post: string, shards: readonly number[]): Promise<void> {
    this.#move(`split ${post} over ${shards.length}`, post, shards);
  }

  async takeBack(post: string): Promise<void> {
    this.#move(`take back ${post}`, post, [this.map.shardOfSlot[slotOf(post)]!]);
  }

  #move(call: string, post: string, shards: readonly number[]): void {
    this.calls.push(call);
    if (this.failures-- > 0) throw new Error('the shard is away');
    this.map = withPostMoved(this.map, post, shards);
  }
}

function controlled(cures: readonly Cure[], map = SPARE) {
  const mover = new MadeMover(map);
  const events: HotEvent[] = [];
  const held: (readonly string[])[] = [];
  const clock = { ms: 0 };
  const controller = new HotController(policyFor(4, cures), {
    mover,
    loadSlotMap: () => mover.map,
    hold: (posts) => void held.push(posts),
    nowMs: () => clock.ms,
    onEvent: (event) => void events.push(event),
    retryWaitMs: 1,
  });
  const observe = async (shares: Record<string, number>, seconds: number) => {
    const posts = Object.entries(shares).map(([post, likes]) => ({ post, likes, error: 0 }));
    const summary: HotSummary = { total: 1_000, posts, unlistedMax: 0 };
    for (const endMs = clock.ms + seconds * 1_000; clock.ms < endMs; clock.ms += 500) {
      controller.observe(summary);
      await controller.settled();
    }
  };
  return { mover, events, held, observe, controller };
}

describe('the controller of hot posts', () => {
  test('holds and splits a hot post, and takes both back when it has cooled', async () => {
    const { mover, held, observe, events } = controlled(CURES);
    await observe({ hot: 500 }, 5);
    expect(held).toEqual([['hot']]);
    expect(mover.map.exceptions.get('hot')).toHaveLength(3);
    await observe({ hot: 10 }, 30);
    expect(held).toEqual([['hot'], []]);
    expect(mover.map.exceptions.size).toBe(0);
    expect(mover.calls).toEqual(['split hot over 3', 'take back hot']);
    expect(events.map(({ kind, cure }) => `${kind} ${cure ?? ''}`)).toEqual([
      'hot ',
      'decided coalesce',
      'decided split',
      'done coalesce',
      'done split',
      'decided take-back',
      'done take-back',
    ]);
  });

  test('isolates on a shard that holds nothing else', async () => {
    const { mover, observe } = controlled(['isolate']);
    await observe({ hot: 900 }, 5);
    expect(mover.calls).toEqual(['isolate hot on 4']);
    await observe({ hot: 900, second: 400 }, 5);
    // A shard of its own for one post is none for another, which gets a new one.
    expect(mover.calls).toEqual(['isolate hot on 4', 'isolate second on 5']);
  });

  test('isolates on a new shard where none is empty', async () => {
    const { mover, observe } = controlled(['isolate'], evenSlotMap(4));
    await observe({ hot: 900 }, 2);
    expect(mover.calls).toEqual(['isolate hot on 4']);
  });

  test('gives a move up after some tries, and says why it failed each time', async () => {
    const { mover, observe, events } = controlled(['split']);
    mover.failures = 5;
    await observe({ hot: 900 }, 2);
    const failed = events.filter(({ kind }) => kind === 'failed');
    expect(failed.map(({ problem }) => problem)).toEqual(Array(5).fill('the shard is away'));
    expect(mover.calls).toHaveLength(5);
  });

  test('tries a move again that failed', async () => {
    const { mover, observe, events } = controlled(['split']);
    mover.failures = 1;
    await observe({ hot: 500 }, 2);
    expect(mover.calls).toEqual(['split hot over 3', 'split hot over 3']);
    expect(events.map(({ kind }) => kind)).toEqual(['hot', 'decided', 'failed', 'done']);
  });

  test('takes back a move of which nobody knows how far it came', async () => {
    const { mover, observe, controller } = controlled(['split']);
    mover.failures = 99;
    await observe({ hot: 500 }, 2);
    mover.failures = 0;
    await observe({ hot: 1 }, 20);
    await controller.stop();
    expect(mover.calls.at(-1)).toBe('take back hot');
  });

  test('tells of a post once, each time that it becomes hot', async () => {
    const { observe, events } = controlled([]);
    await observe({ hot: 500 }, 2);
    await observe({ hot: 10 }, 1);
    await observe({ hot: 500 }, 2);
    expect(events.map(({ kind, atMs }) => [kind, atMs])).toEqual([
      ['hot', 0],
      ['hot', 3_000],
    ]);
  });
});

test('what was cured before this controller ran is taken back as its own', async () => {
  const { mover, held, observe, controller } = controlled(CURES);
  mover.map = withPostMoved(mover.map, 'old', [1, 2]);
  controller.adopt({ moved: mover.map.exceptions, held: ['old', 'other'] });
  await observe({ calm: 20 }, 20);
  expect(mover.calls).toEqual(['take back old']);
  expect(held).toEqual([['other'], []]);
  expect(mover.map.exceptions.size).toBe(0);
});
