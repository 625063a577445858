/** Posts likes to gateways over connections that stay open, and says what the answers mean. */
import { Agent, request as httpRequest } from 'node:http';
import { z } from 'zod';
import type { RequestedLike } from './request-load.ts';
import type { RequestOutcome } from './request-records.ts';

/** As many users may wait at the same time. With fewer, requests that a gateway holds for a second
 * would keep others from leaving, and the client would be what is slow. */
export const CONNECTIONS_MAX = 8_000;
/** Longer than a gateway may take for any answer; it is given up then. */
const REQUEST_MS_MAX = 15_000;

const acceptedSchema = z.object({ source: z.string(), seq: z.int().nonnegative() });
const problemSchema = z.object({ code: z.string(), mayHaveBeenStored: z.boolean().optional() });

export class LikeClient implements Disposable {
  readonly #urls: readonly URL[];
  readonly #agent: Agent;
  #next = 0;

  /** The gateways take turns. */
  constructor(urls: readonly string[]) {
    this.#urls = urls.map((url) => new URL('/likes', url));
    const maxSockets = Math.floor(CONNECTIONS_MAX / urls.length);
    this.#agent = new Agent({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets });
  }

  /** Resolves with what became of it, whatever that is; never rejects. */
  post(
    { post, user, action, version }: RequestedLike,
    more: Readonly<Record<string, string>> = {},
  ): Promise<RequestOutcome> {
    const { hostname, port, pathname } = this.#urls[this.#next]!;
    this.#next = (this.#next + 1) % this.#urls.length;
    const body = JSON.stringify({ post, user, action, version });
    return new Promise((resolve) => {
      const nothing = () => resolve({ kind: 'noAnswer' });
      const sent = httpRequest(
        {
          ...{ hostname, port, path: pathname, method: 'POST', agent: this.#agent },
          headers: {
            'content-type': 'application/json',
            'content-length': String(Buffer.byteLength(body)),
            ...more,
          },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (part: string) => {
            text += part;
          });
          answer.on('end', () => resolve(meaningOf(answer.statusCode ?? 0, text)));
          answer.on('error', nothing);
        },
      );
      const timer = setTimeout(() => sent.destroy(), REQUEST_MS_MAX);
      sent.on('error', nothing);
      sent.on('close', () => {
        clearTimeout(timer);
        nothing();
      });
      sent.end(body);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** `mayHaveBeenStored` decides: a 503 that says no is certain, one that says yes is not. */
export function meaningOf(status: number, text: string): RequestOutcome {
  if (status === 202) {
    const accepted = acceptedSchema.safeParse(jsonIn(text));
    return accepted.success ? { kind: 'accepted', ...accepted.data } : { kind: 'invalid' };
  }
  if (status === 429) return { kind: 'limited' };
  const problem = problemSchema.safeParse(jsonIn(text));
  if (status !== 503 || !problem.success) return { kind: 'invalid' };
  const { code, mayHaveBeenStored } = problem.data;
  if (mayHaveBeenStored === undefined) return { kind: 'invalid' };
  if (mayHaveBeenStored) return { kind: 'unknown' };
  if (code === 'REFUSED') return { kind: 'refused' };
  return {
    kind: 'shed',
    reason: code
      .replace(/^SHED_/, '')
      .toLowerCase()
      .replaceAll('_', '-'),
  };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
