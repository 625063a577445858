import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CountReader, openCountReader } from '../../store/count-reader.ts';
import { randomFrom } from './made-likes.ts';
import { VirtualTime } from './virtual-time.ts';

/**
 * A queue, a consumer that stores and later acknowledges, and a store, in which every request of
 * anything takes a random time and looks at the truth at a random moment within it.
 */
class ModelPipeline {
  readonly time = new VirtualTime();
  readonly #random: () => number;
  /** When each like was accepted, and its post; those before `#stored` are in the counts. */
  readonly accepted: { readonly atMs: number; readonly post: string }[] = [];
  readonly #counts = new Map<string, number>();
  #stored = 0;
  #acknowledged = 0;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** Now at once, now slowly. */
  async #someTime(limitMs: number): Promise<void> {
    await this.time.pause(this.below(2) * this.below(limitMs));
  }

  async produce(likes: number): Promise<void> {
    for (let like = 0; like < likes; like++) {
      await this.time.pause(this.below(6));
      this.accepted.push({ atMs: this.time.nowMs, post: `post-${this.below(4)}` });
    }
  }

  async consume(likes: number): Promise<void> {
    while (this.#acknowledged < likes) {
      const until = Math.min(this.accepted.length, this.#stored + this.below(10));
      await this.#someTime(30);
      for (const { post } of this.accepted.slice(this.#stored, until)) {
        this.#counts.set(post, (this.#counts.get(post) ?? 0) + 1);
      }
      this.#stored = until;
      await this.#someTime(30);
      this.#acknowledged = until;
    }
  }

  backlogOf = async (): Promise<number> => {
    await this.#someTime(40);
    const backlog = this.accepted.length - this.#acknowledged;
    await this.#someTime(40);
    return backlog;
  };

  /** Tells in the unlikes when it began to read. */
  countsOf = async (posts: readonly string[]) => {
    const beganMs = this.time.nowMs;
    await this.#someTime(40);
    const counts = posts.map((post) => {
      return { post, likes: this.#counts.get(post) ?? 0, unlikes: beganMs };
    });
    await this.#someTime(40);
    return counts;
  };

  /** Reads again and again, and holds every answer against what the queue had accepted. */
  async read(reader: CountReader, reads: number): Promise<void> {
    for (let read = 0; read < reads; read++) {
      await this.time.pause(this.below(40));
      const requestMs = this.time.nowMs;
      const maxStalenessMs = [0, 5, 50, 500][this.below(4)]!;
      const posts = ['post-0', 'post-1', 'post-2', 'post-3'].slice(this.below(4));
      const counts = await reader.countsOf(posts, { maxStalenessMs });
      for (const { post, likes, unlikes: readMs, ageMs, missingAtMost = Number.NaN } of counts) {
        expect(readMs).toBeGreaterThanOrEqual(requestMs - maxStalenessMs);
        expect(ageMs).toBeGreaterThanOrEqual(0);
        const asOfMs = this.time.nowMs - ageMs;
        const before = this.accepted.filter((like) => like.post === post && like.atMs < asOfMs);
        const missing = before.length - likes;
        expect(missing).toBeLessThanOrEqual(missingAtMost);
      }
    }
  }
}

describe('the bound', () => {
  test('is never broken, whoever counts and reads meanwhile and however slowly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const model = new ModelPipeline(seed);
        const { time, backlogOf } = model;
        const nowMs = () => time.nowMs;
        const backlogIntervalMs = [0, 30, 200][model.below(3)]!;
        const options = { backlogOf, maxStalenessMs: 50, backlogIntervalMs, nowMs };
        const reader = openCountReader(model, options);
        const work = Promise.all([
          model.produce(150),
          model.consume(150),
          ...Array.from({ length: 5 }, () => model.read(reader, 20)),
        ]);
        const failed = work.catch((error: unknown) => error);
        await Promise.race([time.run(), failed]);
        await work;
      }),
      { numRuns: 60 },
    );
  });

  test('is the whole backlog where nothing is counted', async () => {
    const model = new ModelPipeline(1);
    const { time, backlogOf } = model;
    const options = { backlogOf, maxStalenessMs: 0, nowMs: () => time.nowMs };
    const reader = openCountReader(model, options);
    void model.produce(40);
    await time.run();
    const counts = reader.countsOf(['post-0']);
    await time.run();
    const [count] = await counts;
    expect(count).toMatchObject({ likes: 0, missingAtMost: 40 });
  });
});
