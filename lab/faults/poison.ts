/** Messages that nobody can count come among the likes: each has to be put aside, and soon. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from '../../brokers/broker.ts';
import { encodeLike, LIKE_FORMAT } from '../../likes/like.ts';
import type { Fault, Stage } from './fault.ts';

/** The named limit of the templates: no lane may be blocked for longer by one bad message. After
 * another fault its lane may first wait for a session, a lease or a visibility timeout of 10 s. */
const PARKED_TIMEOUT_MS = 30_000;
/** ElasticMQ walks over the whole queue to answer. */
const POLL_MS = 200;
/** More than Kafka takes by default, and the most that SQS does. */
const RUBBISH_BYTES = 1024 ** 2;
/** With what Kafka adds, almost as large as a message there may be. */
const RUBBISH_BYTES_LESS = 100;

/** What is wrong with a message, and how to make one that is unlike any other. */
const KINDS: readonly (readonly [kind: string, make: (name: string) => string])[] = [
  ['not JSON', (name) => `${name}: not JSON`],
  ['wrong shape', (name) => JSON.stringify({ format: LIKE_FORMAT, source: name, seq: 'first' })],
  ['1 MiB of rubbish', (name) => `${name} `.padEnd(RUBBISH_BYTES, '#')],
  ['almost as much', (name) => `${name} `.padEnd(RUBBISH_BYTES - RUBBISH_BYTES_LESS, '#')],
  ['foreign event', (name) => JSON.stringify({ type: 'page viewed', id: name, pages: [1, 2] })],
  ['older version', (name) => likeOf(name, LIKE_FORMAT - 1)],
  ['newer version', (name) => likeOf(name, LIKE_FORMAT + 1)],
];

function likeOf(source: string, format: number): string {
  const like = { source, seq: 0, post: 'post', user: 'user', version: 1, likedAtMs: 0 };
  return JSON.stringify({ ...JSON.parse(encodeLike({ ...like, action: 'like' })), format });
}

export const poison: Fault = {
  name: 'poison',
  summary: `${KINDS.length} kinds of messages that are no likes, 1 MiB of rubbish among them`,
  target: 'queue',
  async strike(stage) {
    const { broker, queue, clock } = stage;
    const before = (await broker.backlog(queue)).parked;
    const injected = new Set<string>();
    const refused: string[] = [];
    let firstMs = 0;
    for (const [kind, make] of KINDS) {
      const text = make(`poison ${stage.seed}.${stage.strike}.${kind}`);
      if (await isTaken(broker, queue, text)) injected.add(text);
      else refused.push(kind);
      if (firstMs === 0 && injected.size > 0) firstMs = performance.now();
    }
    const { parked, seenMs } = await untilParked(stage, before, injected);
    return {
      facts: {
        injected: injected.size,
        refusedByServer: refused.length,
        refusedKinds: refused.join(', ') || 'none',
        parked: parked.size,
        // From when the server had the first until all were seen parked: no lane waited longer.
        parkedMsMax: Math.round(seenMs - firstMs),
        parkedTimeoutMs: PARKED_TIMEOUT_MS,
      },
      doubts: injected.size > 0 ? [] : ['the server took none of the messages'],
      recoversFromUs: clock.nowUs(),
    };
  },
};

async function isTaken(broker: Broker, queue: string, text: string): Promise<boolean> {
  try {
    await broker.post(queue, [text]);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== 'MESSAGE_REFUSED') throw error;
    return false;
  }
}

/** Which of them are dead letters, and when that was seen; not all when it takes too long. */
async function untilParked(
  { broker, queue, signal }: Stage,
  before: number,
  injected: ReadonlySet<string>,
): Promise<{ parked: Set<string>; seenMs: number }> {
  const deadlineMs = performance.now() + PARKED_TIMEOUT_MS;
  for (;;) {
    const counted = (await broker.backlog(queue)).parked - before;
    const seenMs = performance.now();
    const isLate = seenMs > deadlineMs;
    // Only the texts tell ours from others, and from a letter that stands twice.
    if (counted >= injected.size || isLate) {
      const texts = (await broker.parked(queue)).map(({ text }) => text);
      const parked = new Set(texts.filter((text) => injected.has(text)));
      if (parked.size === injected.size || isLate) return { parked, seenMs };
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}
