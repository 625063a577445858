/** What a hot-spot trial does beyond an open loop: how likes are written, and who cures what. */
import type { DetectionTools } from './calculate-detection.ts';
import type { StoreAddress } from './trial-context.ts';

/** What may be done about a hot post; store/hot-posts.ts says what each means. */
export const HOT_CURES = ['isolate', 'split', 'coalesce'] as const;
export type HotCure = (typeof HOT_CURES)[number];

export interface HotSpotPlan {
  /** Cures that the policy may use by itself; without any it only looks. */
  readonly cures: readonly HotCure[];
  /** Likes of one store transaction, at most, and how many a consumer has under way at once. */
  readonly likesPerTransaction: number;
  readonly transactionsAtOnce: number;
  /** Whether the detection is calculated at other rates as well. */
  readonly calculatesDetection?: boolean | undefined;
}

/** Running sums of what a consumer wrote into the store. */
export interface HotWrites {
  /** Of its shards. */
  readonly transactions: number;
  /** Rows of counts that they changed. */
  readonly countUpdates: number;
  readonly likes: number;
}

/** What a consumer told: its window of the posts liked most (store/hot has its shape). */
export interface HotTold {
  readonly atUs: number;
  readonly window: Readonly<Record<string, unknown>>;
  readonly writes: HotWrites;
}

/** Which posts' likes the consumers are to hold from now on (store/hot/hot-path.ts). */
export type HoldOrder = Readonly<Record<string, unknown>>;

/** Something that was found out, decided or done about a post; times on the trial's clock, ms. */
export interface HotEvent {
  readonly atMs: number;
  readonly kind: 'hot' | 'decided' | 'done' | 'failed';
  readonly post: string;
  readonly share?: number;
  readonly cure?: HotCure | 'take-back';
  readonly shards?: readonly number[];
  readonly tookMs?: number;
  readonly problem?: string;
}

/** Looks after hot posts while a trial runs. Disposing it ends what it has under way. */
export interface HotPostsKeeper extends AsyncDisposable {
  /** What all consumers see at one time, to be merged. */
  observe(windows: readonly HotTold['window'][]): void;
  readonly events: readonly HotEvent[];
  /** What it finds hot posts with. */
  readonly detection: DetectionTools;
  /** Whether a post stood on the same shard as the hot one before anything was moved. */
  readonly isNeighbour: (post: string) => boolean;
}

/** Opens one for the store of a trial; the store need not be there yet. */
export type KeepHotPosts = (
  store: StoreAddress,
  plan: HotSpotPlan,
  tools: {
    /** The post that will go viral: whose neighbours are asked for. */
    readonly post: string | undefined;
    /** Of the store's shards, those that hold slots. */
    readonly shardsWithSlots: number;
    readonly nowMs: () => number;
    readonly hold: (order: HoldOrder) => void;
  },
) => Promise<HotPostsKeeper>;
