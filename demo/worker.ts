/** The demo's worker: a broker's own consumer template into the store, telling what it does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openAgainAndAgain } from '../lab/open-again.ts';
import type { HandleLikes, LikeConsumer } from '../likes/like.ts';
import type { CountStore } from '../store/count-store.ts';
import type { ChildMessage } from './messages.ts';
import { userOf } from './press-ledger.ts';

/** Before a worker's last batch likes gather for so long, so that there is something to see. */
const GATHER_MS = 400;

export interface WorkerTools {
  readonly store: Pick<CountStore, 'apply'>;
  openConsumer(handleLikes: HandleLikes): Promise<LikeConsumer>;
  tell(message: ChildMessage): void;
}

export interface DemoWorker {
  /**
   * Lets likes gather for a moment, stores them, and does not acknowledge them: the worst moment to
   * be killed in, since they all have to come again.
   */
  hold(): void;
  stop(): Promise<void>;
}

/** Resolves when it is reading. A consumer that gives up is opened again, as by a supervisor. */
export async function openWorker({ store, openConsumer, tell }: WorkerTools): Promise<DemoWorker> {
  let [isHolding, hasGathered] = [false, false];
  const handleLikes: HandleLikes = async (likes, placeOf) => {
    tell({ kind: 'delivered', users: likes.map(({ user }) => userOf(user)) });
    let [stored, transactions] = [0, 0];
    const committed: Parameters<CountStore['apply']>[1] = ({ fresh }) => {
      transactions++;
      stored += fresh.length;
    };
    await store.apply(likes, committed, placeOf);
    tell({
      kind: 'counted',
      likes: stored,
      transactions,
      newestLikedAtMs: likes.at(-1)!.likedAtMs,
    });
    if (!isHolding) return;
    if (!hasGathered) {
      hasGathered = true;
      return await sleep(GATHER_MS);
    }
    tell({ kind: 'holding', likes: likes.length });
    // Whoever asked for it kills this process; else its consumer loses its lease in the end.
    await new Promise(() => undefined);
  };
  const consumer = await openAgainAndAgain(() => openConsumer(handleLikes));
  return {
    hold() {
      isHolding = true;
    },
    stop: () => consumer.stop(),
  };
}
