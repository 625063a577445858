/** One like over HTTP, as a browser would give it, and what the answer means. */
import { type Agent, request } from 'node:http';
import { type Outcome, userName } from './press-ledger.ts';

/** Longer than a gateway takes for any answer; then nobody knows what became of the like. */
export const ANSWER_MS_MAX = 8_000;

export interface GivenLike {
  readonly outcome: Outcome;
  /** The gateway's own word where it refused, such as `SHED_TOO_OLD`. */
  readonly code: string | undefined;
}

export interface GiveOptions {
  readonly url: string;
  readonly post: string;
  readonly user: number;
  readonly agent?: Agent;
}

/** Never rejects: that there is no answer is an answer as well. */
export function giveLike({ url, post, user, agent }: GiveOptions): Promise<GivenLike> {
  const body = JSON.stringify({ user: userName(user), post, action: 'like', version: 1 });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve) => {
    const unknown = (code: string) => resolve({ outcome: 'unknown', code });
    const options = { method: 'POST', headers, timeout: ANSWER_MS_MAX, ...(agent && { agent }) };
    const asked = request(`${url}/likes`, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('error', () => unknown('BROKEN'));
      response.once('end', () => resolve(meaningOf(response.statusCode ?? 0, text)));
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.once('error', (error: NodeJS.ErrnoException) => {
      // Nobody listens, so nobody has taken it; anything else may have come too late.
      if (error.code === 'ECONNREFUSED') resolve({ outcome: 'refused', code: 'NO_GATEWAY' });
      else unknown('BROKEN');
    });
    asked.end(body);
  });
}

function meaningOf(status: number, text: string): GivenLike {
  if (status === 202) return { outcome: 'accepted', code: undefined };
  const { code, mayHaveBeenStored } = problemOf(text);
  // A request that the gateway finds wrong, or too fast, was not handed on.
  const isCertain = mayHaveBeenStored === false || (status >= 400 && status < 500);
  return { outcome: isCertain ? 'refused' : 'unknown', code: code ?? `STATUS_${status}` };
}

function problemOf(text: string): { code?: string; mayHaveBeenStored?: boolean } {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}
