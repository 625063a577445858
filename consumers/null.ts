/**
 * Counts likes from the lab's own null server by HTTP: what the lab costs when the queue is free.
 * Nobody should run it in production.
 *
 * Promise: at least once, in order, as long as the server process lives. A batch is acknowledged
 * only after `handleLikes` has stored it; one that is not acknowledged comes again.
 */
import { consumeLoop, type HandleLikes, handleMessages, type LikeConsumer } from '../likes/like.ts';

export interface NullConsumerOptions {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly queue: string;
}

/** Likes for one call of `handleLikes`: more than any other consumer takes at once. */
const LIKES_PER_BATCH_MAX = 10_000;
/** How long the server keeps a read open when nothing is new; `stop` takes up to as long. */
const READ_WAIT_MS = 500;
/** A request without an answer for this long is given up and tried again. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Resolves when the server answers and has the queue. */
export async function openNullConsumer(
  options: NullConsumerOptions,
  handleLikes: HandleLikes,
): Promise<LikeConsumer> {
  const address = `${options.url}/queues/${encodeURIComponent(options.queue)}`;
  const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const response = await fetch(address + path, { ...init, signal });
    if (response.ok) return response;
    throw new RefusedError(`${response.status} ${await response.text()}`);
  };
  await (await call('')).text();

  async function readAndStore(): Promise<void> {
    const response = await call(`/likes?max=${LIKES_PER_BATCH_MAX}&waitMs=${READ_WAIT_MS}`);
    const body = await response.text();
    if (response.status === 204) return;
    const messages = body.split('\n');
    try {
      for (const { index, reason } of await handleMessages(messages, handleLikes)) {
        const letter = JSON.stringify({ text: messages[index], reason });
        await (await call('/parked', { method: 'POST', body: letter })).text();
      }
    } catch (error) {
      // Giving the batch back at once keeps an outage from waiting for the server's own limit.
      await call(`/returned/${response.headers.get('batch')}`, { method: 'POST' });
      throw error;
    }
    await call(`/batches/${response.headers.get('batch')}`, { method: 'DELETE' });
  }

  return consumeLoop(readAndStore, {
    isHopeless: (error) => error instanceof RefusedError,
    close: async () => undefined,
  });
}

class RefusedError extends Error {}
