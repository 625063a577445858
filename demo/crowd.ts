/**
 * A flash crowd: many users, each of whom likes the same post once. An open loop: presses come when
 * they are due, however long the answers take, and latencies are from due to answer.
 */
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { giveLike } from './give-like.ts';
import type { AnsweredPress, ChildMessage, CrowdSetup } from './messages.ts';

const TICK_MS = 5;
const TELL_INTERVAL_MS = 150;
/** Each press without an answer holds one; the gateway has room for more. */
const CONNECTIONS_MAX = 8_000;

/** Resolves when every press that was sent is answered. Aborted, it sends no more. */
export async function runCrowd(
  setup: CrowdSetup,
  tell: (message: ChildMessage) => void,
  stopped: AbortSignal,
): Promise<void> {
  const { url, post, likes, likesPerS, firstUser } = setup;
  using agent = asDisposable(new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX }));
  let [sent, lateMsMax] = [0, 0];
  let answered: AnsweredPress[] = [];
  const open = new Set<Promise<void>>();
  const startMs = performance.now();
  const press = async (user: number, dueMs: number) => {
    const { outcome } = await giveLike({ url, post, user, agent: agent.value });
    answered.push([user, outcome, Math.round((performance.now() - dueMs) * 100) / 100]);
  };
  const tellPresses = () => {
    tell({ kind: 'pressed', sent, lateMsMax, answered });
    answered = [];
  };
  const telling = setInterval(tellPresses, TELL_INTERVAL_MS);
  while (sent < likes && !stopped.aborted) {
    const nowMs = performance.now();
    const due = Math.min(likes, Math.floor(((nowMs - startMs) * likesPerS) / 1_000) + 1);
    for (; sent < due; sent++) {
      const dueMs = startMs + (sent * 1_000) / likesPerS;
      lateMsMax = Math.max(lateMsMax, nowMs - dueMs);
      const pressed = press(firstUser + sent, dueMs);
      open.add(pressed);
      void pressed.then(() => open.delete(pressed));
    }
    await sleep(TICK_MS, undefined, { signal: stopped }).catch(() => undefined);
  }
  await Promise.all(open);
  clearInterval(telling);
  tellPresses();
  tell({ kind: 'done' });
}

function asDisposable(agent: Agent): Disposable & { readonly value: Agent } {
  return { value: agent, [Symbol.dispose]: () => agent.destroy() };
}
