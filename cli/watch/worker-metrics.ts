/**
 * What a counting process tells Prometheus: its side of the queue by the OpenTelemetry messaging
 * conventions, what its commits did to the store, and which posts are hot. All is added up once a
 * batch or once a commit, never a like at a time.
 */
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { LoopDelay } from '../../gateway/loop-delay.ts';
import { errorTypeOf, SECONDS_BUCKETS } from '../../gateway/metrics.ts';
import type { Like } from '../../likes/like.ts';
import type { CommitObserver } from '../../store/count-store.ts';
import { boardNowMs } from '../../store/hot/hot-board.ts';
import { POLICY_TIMES, policyFor } from '../../store/hot/hot-policy.ts';
import { HotWindow, type WindowSummary } from '../../store/hot/hot-window.ts';
import { addPathMetrics } from './path-metrics.ts';
import type { PathName } from './path-sums.ts';
import type { PathWatch } from './path-watch.ts';
import { addReading } from './readings.ts';

/** Posts that are told by name: each is a series of its own, so only those that stand out. */
const POSTS_TOLD_MAX = 5;
const TOLD_SHARE_LEAST = 0.02;

export interface WorkerMetricsOptions extends PathName {
  /** Shards of the store. */
  readonly shards: number;
  readonly watch: Pick<PathWatch, 'newest'>;
  /** What was liked in the last second, where somebody looks already. */
  readonly seen?: (() => WindowSummary) | undefined;
}

type Commit = Parameters<CommitObserver>[0];

export class WorkerMetrics implements Disposable {
  readonly registry = new Registry();
  readonly #loopDelay = new LoopDelay();
  /** Undefined where somebody else looks. */
  readonly #window: HotWindow | undefined;
  readonly #counters;
  readonly #duration;

  constructor({ system, destination, shards, watch, seen }: WorkerMetricsOptions) {
    this.registry.setDefaultLabels({
      messaging_system: system,
      messaging_destination_name: destination,
    });
    collectDefaultMetrics({ register: this.registry });
    const registers = [this.registry];
    const counter = (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name, help, labelNames, registers });
    this.#counters = {
      consumed: counter(
        'messaging_client_consumed_messages_total',
        'Likes that came from the queue',
        ['messaging_operation_name'],
      ),
      counted: counter('likes_counted_total', 'Likes that changed what the store knows'),
      seen: counter('likes_seen_again_total', 'Likes that changed nothing: known, or overtaken'),
      transactions: counter('likes_store_transactions_total', 'Transactions of the store', [
        'shard',
      ]),
      updates: counter('likes_store_count_updates_total', 'Rows of counts that those change'),
      shard: counter('likes_shard_likes_total', 'Likes of those transactions, new or not', [
        'shard',
      ]),
    };
    // So that a shard without any work is in the mean of all.
    for (let shard = 0; shard < shards; shard++) this.#addToShard(shard, 0, 0);
    this.#duration = new Histogram({
      name: 'messaging_process_duration_seconds',
      help: 'From a batch of the queue to its last commit, or to the error',
      labelNames: ['messaging_operation_name', 'error_type'],
      buckets: SECONDS_BUCKETS,
      registers,
    });
    this.#window = seen === undefined ? new HotWindow() : undefined;
    addHotPosts(this.registry, shards, seen ?? (() => this.#window!.summary(boardNowMs())));
    addPathMetrics(this.registry, watch);
    addReading(this.registry, {
      kind: 'gauge',
      name: 'likes_event_loop_delay_seconds',
      help: 'How late the event loop is',
      read: () => [[{}, this.#loopDelay.ms / 1_000]],
    });
  }

  /** Around whatever stores a batch. */
  async timed(likes: readonly Like[], store: () => Promise<void>): Promise<void> {
    const startedMs = performance.now();
    this.#counters.consumed.inc({ messaging_operation_name: 'receive' }, likes.length);
    this.#window?.see(likes, boardNowMs());
    let error: unknown;
    try {
      await store();
    } catch (cause) {
      error = cause;
      throw cause;
    } finally {
      const failed = error === undefined ? {} : { error_type: errorTypeOf(error) };
      const labels = { messaging_operation_name: 'process', ...failed };
      this.#duration.observe(labels, (performance.now() - startedMs) / 1_000);
    }
  }

  /** Of the batch that is being stored. */
  committed(likes: readonly Like[], { shard, fresh, seen }: Commit): void {
    this.#counters.counted.inc(fresh.length);
    this.#counters.seen.inc(seen.length);
    this.#counters.updates.inc(new Set(fresh.map((place) => likes[place]!.post)).size);
    this.#addToShard(shard, 1, fresh.length + seen.length);
  }

  [Symbol.dispose](): void {
    this.#loopDelay[Symbol.dispose]();
  }

  #addToShard(index: number, transactions: number, likes: number): void {
    const shard = String(index);
    this.#counters.transactions.inc({ shard }, transactions);
    this.#counters.shard.inc({ shard }, likes);
  }
}

/** Of one worker; shares over all workers are for whoever adds them up. */
function addHotPosts(registry: Registry, shards: number, seen: () => WindowSummary): void {
  addReading(registry, {
    kind: 'gauge',
    name: 'likes_window_likes',
    help: 'Likes that came within the last second, or half of it',
    read: () => [[{}, seen().total]],
  });
  addReading(registry, {
    kind: 'gauge',
    name: 'likes_window_post_likes',
    help: 'Those of posts that had many of them, at most',
    labelNames: ['post'],
    read() {
      const { total, posts } = seen();
      // Of a few likes each would be a large share.
      if (total < POLICY_TIMES.likesLeast) return [];
      const many = posts.filter(({ likes }) => likes >= TOLD_SHARE_LEAST * total);
      return many.slice(0, POSTS_TOLD_MAX).map(({ post, likes }) => [{ post }, likes]);
    },
  });
  addReading(registry, {
    kind: 'gauge',
    name: 'likes_hot_post_border_ratio',
    help: 'Share of all likes from which on a post loads its shard twice as much as the mean',
    read: () => [[{}, policyFor(shards, []).enterShare]],
  });
}
