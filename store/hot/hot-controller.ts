/** Carries out what the policy decides: one move at a time, and tells what became of it. */
import type { Cure, PostMover } from '../hot-posts.ts';
import type { SlotMap } from '../slot-map.ts';
import { type HotDecision, type HotPolicyOptions, HotPolicyRun } from './hot-policy.ts';
import { emptyShards, shardsForSlices } from './hot-shards.ts';
import type { HotSummary } from './space-saving.ts';

export interface HotEvent {
  readonly atMs: number;
  /**
   * `hot`: the merged window says so for the first time, for sure. `decided`: the policy wants a
   * cure, or to take it back. `done`, `failed`: what became of that.
   */
  readonly kind: 'hot' | 'decided' | 'done' | 'failed';
  readonly post: string;
  readonly share?: number;
  readonly cure?: Cure | 'take-back';
  /** Where the post lives from now on. */
  readonly shards?: readonly number[];
  /** Of a cure that is done or failed: how long it took, ms. */
  readonly tookMs?: number;
  readonly problem?: string;
}

export interface HotControllerTools {
  readonly mover: PostMover;
  /** The map that is in force now. */
  readonly loadSlotMap: () => SlotMap | Promise<SlotMap>;
  /** Tells all consumers whose likes to hold from now on. */
  readonly hold: (posts: readonly string[]) => void | Promise<void>;
  readonly nowMs: () => number;
  readonly onEvent: (event: HotEvent) => void;
  /** Before a move that failed is tried again. */
  readonly retryWaitMs?: number;
}

const RETRY_WAIT_MS = 1_000;
/** A move that failed so often is given up. */
const TRIES_MAX = 5;

export class HotController {
  readonly #policy: HotPolicyRun;
  readonly #options: HotPolicyOptions;
  readonly #tools: HotControllerTools;
  readonly #held = new Set<string>();
  readonly #hot = new Set<string>();
  /** Posts that a move brought away from their slots, or may have. */
  readonly #moved = new Set<string>();
  #work: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(options: HotPolicyOptions, tools: HotControllerTools) {
    this.#options = options;
    this.#policy = new HotPolicyRun(options);
    this.#tools = tools;
  }

  /** Posts that somebody cured before: what they were moved to, and whose likes are held. */
  adopt(before: {
    readonly moved: ReadonlyMap<string, readonly number[]>;
    readonly held: readonly string[];
  }): void {
    const cured = new Map<string, Cure[]>();
    for (const post of before.held) {
      this.#held.add(post);
      cured.set(post, ['coalesce']);
    }
    for (const [post, shards] of before.moved) {
      this.#moved.add(post);
      const kind = shards.length > 1 ? 'split' : 'isolate';
      cured.set(post, [...(cured.get(post) ?? []), kind]);
    }
    this.#policy.adopt(cured, this.#tools.nowMs());
  }

  /** To be called with each merged window. What follows from it is done behind it, in order. */
  observe(summary: HotSummary): void {
    const atMs = this.#tools.nowMs();
    this.#tellHot(summary, atMs);
    for (const decision of this.#policy.advance({ atMs, summary })) {
      const { post, share, kind } = decision;
      this.#tools.onEvent({ atMs, kind: 'decided', post, share, cure: kind });
      this.#work = this.#work.then(() => this.#carryOut(decision));
    }
  }

  /** Resolves when everything that was decided is done, or has failed for good. */
  async settled(): Promise<void> {
    await this.#work;
  }

  /** Ends what is under way, tries nothing again, and takes nothing back. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#work;
  }

  #tellHot({ total, posts }: HotSummary, atMs: number): void {
    if (total < this.#options.likesLeast) return;
    const isHot = ({ likes, error }: HotSummary['posts'][0]) =>
      likes - error >= this.#options.enterShare * total;
    const now = posts.filter(isHot);
    for (const { post, likes } of now) {
      if (this.#hot.has(post)) continue;
      this.#tools.onEvent({ atMs, kind: 'hot', post, share: likes / total });
    }
    this.#hot.clear();
    for (const { post } of now) this.#hot.add(post);
  }

  async #carryOut(decision: HotDecision): Promise<void> {
    const { post, kind } = decision;
    const { retryWaitMs: waitMs = RETRY_WAIT_MS } = this.#tools;
    const startMs = this.#tools.nowMs();
    for (let tries = 1; !this.#isStopping; tries++) {
      try {
        const shards = await this.#do(decision);
        const atMs = this.#tools.nowMs();
        const told = { atMs, post, cure: kind, tookMs: atMs - startMs, ...(shards && { shards }) };
        this.#tools.onEvent({ ...told, kind: 'done' });
        return;
      } catch (error) {
        const atMs = this.#tools.nowMs();
        const problem = error instanceof Error ? error.message : String(error);
        const told = { atMs, post, cure: kind, tookMs: atMs - startMs, problem };
        this.#tools.onEvent({ ...told, kind: 'failed' });
        if (tries === TRIES_MAX) return;
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }

  /** Resolves with the shards that count the post from now on, where it was moved. */
  async #do(decision: HotDecision): Promise<readonly number[] | undefined> {
    const { post } = decision;
    const { mover, loadSlotMap } = this.#tools;
    if (decision.kind === 'coalesce') {
      this.#held.add(post);
      await this.#tools.hold([...this.#held]);
      return undefined;
    }
    if (decision.kind === 'take-back') {
      if (this.#held.delete(post)) await this.#tools.hold([...this.#held]);
      // A move that failed half-way is undone as well.
      if (this.#moved.has(post)) await mover.takeBack(post);
      this.#moved.delete(post);
      return undefined;
    }
    const map = await loadSlotMap();
    if (decision.kind === 'isolate') {
      // One more than there are is a new one.
      const [shard = map.shards] = emptyShards(map);
      this.#moved.add(post);
      await mover.isolate(post, shard);
      return [shard];
    }
    const shards = shardsForSlices(map, post, decision.slices);
    this.#moved.add(post);
    await mover.split(post, shards);
    return shards;
  }
}
