/** The dead letters of a queue on Redis Streams: a stream of their own, with the reasons. */
import { crc32 } from 'node:zlib';
import type { ChainableCommander, Redis } from 'ioredis';
import { decodeLike, NotALikeError } from '../likes/like.ts';
import type { ParkedMessage } from './broker.ts';

/** Dead letters that are moved back at a time. */
const REDRIVE_CHUNK_MAX = 500;

export const deadOf = (queue: string): string => `${queue}:dead`;

export async function parkedOf(redis: Redis, queue: string): Promise<ParkedMessage[]> {
  const entries = await redis.xrange(deadOf(queue), '-', '+');
  return entries.map(([, fields]) => {
    return { text: fieldOf(fields, 'like'), reason: fieldOf(fields, 'reason') };
  });
}

export async function redriveLetters(
  redis: Redis,
  queue: string,
  lanes: number,
  max = Number.POSITIVE_INFINITY,
): Promise<{ redriven: number }> {
  const total = Math.min(max, await redis.xlen(deadOf(queue)));
  let redriven = 0;
  while (redriven < total) {
    const count = Math.min(total - redriven, REDRIVE_CHUNK_MAX);
    const moved = await redriveSome(redis, queue, lanes, count);
    if (moved === 0) break; // Somebody else was faster.
    redriven += moved;
  }
  return { redriven };
}

async function redriveSome(
  redis: Redis,
  queue: string,
  lanes: number,
  count: number,
): Promise<number> {
  const letters = await redis.xrange(deadOf(queue), '-', '+', 'COUNT', count);
  const sends = redis.pipeline();
  for (const [, fields] of letters) {
    const text = fieldOf(fields, 'like');
    sends.xadd(`${queue}:${laneOf(text, lanes)}`, '*', 'like', text);
  }
  await allDone(sends);
  if (letters.length > 0) await redis.xdel(deadOf(queue), ...letters.map(([id]) => id));
  return letters.length;
}

function fieldOf(fields: readonly string[], name: string): string {
  return fields[fields.indexOf(name) + 1] ?? '';
}

/** As producers choose it; what is no like has no post and goes to the first. */
function laneOf(text: string, lanes: number): number {
  try {
    return crc32(decodeLike(text).post) % lanes;
  } catch (error) {
    if (!(error instanceof NotALikeError)) throw error;
    return 0;
  }
}

/** `exec` resolves even when commands failed; rejects with the first error among them. */
async function allDone(commands: ChainableCommander): Promise<void> {
  for (const [error] of (await commands.exec()) ?? []) {
    if (error) throw error;
  }
}
