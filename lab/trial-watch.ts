/** Looks after a running trial: tells how far it is, and holds the producer when the disk fills. */

import { LabError } from './lab-error.ts';
import type { TrialContext, TrialLive, TrialProgress } from './trial-context.ts';
import type { TrialPlan } from './trial-plan.ts';
import type { LastCounted } from './worker-messages.ts';
import type { WorkerProcess } from './worker-process.ts';

const LOOK_INTERVAL_MS = 500;
/** While likes are sent: nothing sent and nothing counted for this long is a standstill. */
const STALL_MS = 60_000;
/** Shares of the backlog limit: from the first on, acknowledged likes are deleted from the queue;
 * at the second the producer waits; below the third it goes on. */
const RECLAIM_SHARE = 0.25;
const HOLD_SHARE = 0.7;
const RESUME_SHARE = 0.5;

export interface TrialWatch extends Disposable {
  /**
   * Rejects when the backlog passes its limit before anybody counts, or when nothing is sent and
   * nothing counted any more; never resolves.
   */
  readonly obstacle: Promise<never>;
  enter(phase: TrialProgress['phase']): void;
  readonly diskBytesMax: number;
}

export function watchTrial(options: {
  readonly plan: TrialPlan;
  readonly context: TrialContext;
  readonly queue: string;
  readonly crew: {
    readonly producer: WorkerProcess | undefined;
    readonly counted: number;
    readonly ledger: TrialLive['ledger'];
    readonly lastCounted: LastCounted | undefined;
  };
  readonly likes: number;
  readonly diskBytesBefore: number;
}): TrialWatch {
  const { plan, context, queue, crew, likes } = options;
  const state = { phase: 'preparing' as TrialProgress['phase'], held: false, diskBytesMax: 0 };
  let last = { likesDone: 0, atMs: performance.now() };
  let motion = { moved: 0, atMs: performance.now() };
  const obstacle = Promise.withResolvers<never>();
  obstacle.promise.catch(() => undefined); // Nobody waits for it after the producer is done.

  function report(): void {
    const likesDone =
      state.phase === 'publishing' ? (crew.producer?.produced.attempted ?? 0) : crew.counted;
    const nowMs = performance.now();
    const likesPerS = ((likesDone - last.likesDone) * 1000) / Math.max(1, nowMs - last.atMs);
    last = { likesDone, atMs: nowMs };
    const moved = (crew.producer?.produced.sent ?? 0) + crew.counted;
    if (moved !== motion.moved) motion = { moved, atMs: nowMs };
    if (nowMs - motion.atMs > STALL_MS) obstacle.reject(stalled());
    const { held } = state;
    // How far such a trial is depends on its strikes, which tell it themselves.
    const isStruck = plan.faults !== undefined && state.phase === 'both';
    const phase = isStruck ? 'striking' : state.phase;
    const live = liveOf(crew.ledger, crew.lastCounted, likesPerS > 0);
    context.onProgress({ phase, likesDone, likesTotal: likes, likesPerS, held, live });
  }

  async function guardDisk(): Promise<void> {
    const usage = await context.server.usage();
    if (usage === undefined) return;
    const occupied = usage.diskBytes;
    // What earlier trials left on the server's disk is not this trial's.
    const diskBytes = Math.max(0, occupied - options.diskBytesBefore);
    state.diskBytesMax = Math.max(state.diskBytesMax, diskBytes);
    if (state.phase === 'publishing') {
      // Before the consumers are there nothing can be freed, and holding would wait for ever.
      if (diskBytes > plan.backlogBytesMax) obstacle.reject(tooLarge(plan.backlogBytesMax));
      return;
    }
    if (diskBytes > RECLAIM_SHARE * plan.backlogBytesMax) await context.broker.reclaim(queue);
    const held = diskBytes > (state.held ? RESUME_SHARE : HOLD_SHARE) * plan.backlogBytesMax;
    if (held !== state.held) crew.producer?.tell({ kind: 'hold', held });
    state.held = held;
  }

  let looking = false;
  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    report();
    // A server that is down is the trial's business, not the watch's: it looks again next time.
    await guardDisk().catch(() => undefined);
    looking = false;
  }

  const timer = setInterval(() => void look(), LOOK_INTERVAL_MS);
  return {
    obstacle: obstacle.promise,
    enter(phase) {
      state.phase = phase;
      last = { likesDone: phase === 'publishing' ? 0 : crew.counted, atMs: performance.now() };
    },
    get diskBytesMax() {
      return state.diskBytesMax;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** `moves`: whether likes were counted, or sent before anybody counts, since the last look. */
export function liveOf(
  ledger: TrialLive['ledger'],
  lastCounted: LastCounted | undefined,
  moves: boolean,
  nowMs = Date.now(),
): TrialLive {
  const backlog = Math.max(0, ledger.attempted - ledger.fail - ledger.counted);
  if (lastCounted === undefined) return { ledger, backlog };
  const stands = backlog > 0 && !moves;
  const lagMs = stands ? nowMs - lastCounted.likedAtMs : lastCounted.lagMs;
  return { ledger, backlog, lagMs: Math.max(0, lagMs) };
}

function tooLarge(limitBytes: number): LabError {
  return new LabError(
    'STALLED',
    `the backlog passed its limit of ${limitBytes} bytes before anybody counted; take fewer ` +
      '--likes, or a larger --backlog-limit',
  );
}

function stalled(): LabError {
  return new LabError(
    'STALLED',
    `nothing was sent and nothing counted for ${STALL_MS / 1000} s; look whether the server ` +
      'answers and its disk has room, then run it again',
  );
}
