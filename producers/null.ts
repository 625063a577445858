/**
 * Sends likes to the lab's own null server by HTTP: the same bytes as to every other broker, and
 * nothing else. Its rate is the lab's own ceiling; nobody should run it in production.
 *
 * Promise: when `send` resolves, the likes are in the memory of the server process, in order.
 * After an error they are `unknown`, unless the server answered that it refused them.
 */
import { Agent, request } from 'node:http';
import { encodeLike, type LikeHeaders, type LikeProducer, SendError } from '../likes/like.ts';

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
  // One connection that stays open: `fetch` would cost more than all else of a small send.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await ask('GET', address, agent).catch((error: unknown) => {
    agent.destroy();
    throw error;
  });

  const sending = new Set<Promise<void>>();
  return {
    async send(likes, headersOf) {
      if (likes.length === 0) return; // The server takes no empty body.
      const lines = likes.map((like, index) => lineOf(encodeLike(like), headersOf?.(index)));
      const body = lines.join('\n');
      const sent = ask('POST', `${address}/likes`, agent, body);
      sending.add(sent);
      try {
        await sent;
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
      agent.destroy();
    },
  };
}

/** The server knows lines and no headers, so they travel as a field that no like has. */
function lineOf(like: string, headers: LikeHeaders | undefined): string {
  return headers ? `${like.slice(0, -1)},"headers":${JSON.stringify(headers)}}` : like;
}

class RefusedError extends Error {}

/** Resolves when the server has done it. */
function ask(method: string, url: string, agent: Agent, body = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': Buffer.byteLength(body) };
    const asked = request(url, { method, agent, headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        answer += text;
      });
      response.on('error', reject).on('end', () => {
        clearTimeout(timer);
        if (response.statusCode! < 300) resolve();
        else reject(new RefusedError(`${response.statusCode} ${answer}`));
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
