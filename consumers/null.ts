/**
 * Counts likes from the lab's own null server by HTTP: what the lab costs when the queue is free.
 * Nobody should run it in production.
 *
 * Promise: at least once, in order, as long as the server process lives. A batch is acknowledged
 * only after `handleLikes` has stored it, by the read of the next one; one that is not acknowledged
 * comes again.
 */
import { Agent, request } from 'node:http';
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
  // One connection that stays open: `fetch` would cost more than all else of a small batch.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const call = (method: string, path: string, body = '') =>
    ask(method, address + path, agent, body);
  await call('GET', '').catch((error: unknown) => {
    agent.destroy();
    throw error;
  });
  /** Of the last batch, stored and not yet acknowledged. */
  let stored: string | undefined;

  async function readAndStore(): Promise<void> {
    const before = stored === undefined ? '' : `&acknowledge=${stored}`;
    stored = undefined; // After an error nobody knows whether it was acknowledged.
    const path = `/likes?max=${LIKES_PER_BATCH_MAX}&waitMs=${READ_WAIT_MS}${before}`;
    const { text, batch } = await call('GET', path);
    if (batch === undefined) return;
    const messages = text.split('\n');
    const headersOf = (index: number) => JSON.parse(messages[index]!).headers;
    try {
      const refusals = await handleMessages(messages, handleLikes, undefined, headersOf);
      for (const { index, reason } of refusals) {
        await call('POST', '/parked', JSON.stringify({ text: messages[index], reason }));
      }
    } catch (error) {
      // Giving the batch back at once keeps an outage from waiting for the server's own limit.
      await call('POST', `/returned/${batch}`);
      throw error;
    }
    stored = batch;
  }

  return consumeLoop(readAndStore, {
    isHopeless: (error) => error instanceof RefusedError,
    async close() {
      // What is stored and not acknowledged comes again, and counts no second time.
      if (stored !== undefined) await call('DELETE', `/batches/${stored}`).catch(() => undefined);
      agent.destroy();
    },
  });
}

class RefusedError extends Error {}

interface Answer {
  readonly text: string;
  readonly batch: string | undefined;
}

function ask(method: string, url: string, agent: Agent, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': Buffer.byteLength(body) };
    const asked = request(url, { method, agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part)).on('error', reject);
      response.on('end', () => {
        clearTimeout(timer);
        const text = Buffer.concat(parts).toString();
        const batch = response.headers.batch as string | undefined;
        if (response.statusCode! < 300) resolve({ text, batch });
        else reject(new RefusedError(`${response.statusCode} ${text}`));
      });
    });
    const timer = setTimeout(
      () => asked.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)),
      ANSWER_TIMEOUT_MS,
    );
    asked.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    asked.end(body);
  });
}
