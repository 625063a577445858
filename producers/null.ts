/**
 * Sends likes to the lab's own null server by HTTP: the same bytes as to every other broker, and
 * nothing else. Its rate is the lab's own ceiling; nobody should run it in production.
 *
 * Promise: when `send` resolves, the likes are in the memory of the server process, in order.
 * After an error they are `unknown`, unless the server answered that it refused them.
 */
import { encodeLike, type LikeProducer, SendError } from '../likes/like.ts';

export interface NullProducerOptions {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly queue: string;
}

/** A send without an answer for this long is given up as unknown. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Resolves when the server answers and has the queue. */
export async function openNullProducer(options: NullProducerOptions): Promise<LikeProducer> {
  const address = `${options.url}/queues/${encodeURIComponent(options.queue)}`;
  await expectOk(await fetch(address, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }));

  const sending = new Set<Promise<Response>>();
  return {
    async send(likes) {
      if (likes.length === 0) return; // The server takes no empty body.
      const sent = fetch(`${address}/likes`, {
        method: 'POST',
        body: likes.map(encodeLike).join('\n'),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      sending.add(sent);
      try {
        await expectOk(await sent);
      } catch (error) {
        const outcome = error instanceof RefusedError ? 'fail' : 'unknown';
        throw new SendError(
          likes.map(() => outcome),
          error,
        );
      } finally {
        sending.delete(sent);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(sending);
    },
  };
}

class RefusedError extends Error {}

async function expectOk(response: Response): Promise<void> {
  const body = await response.text();
  if (!response.ok) throw new RefusedError(`${response.status} ${body}`);
}
