/**
 * What a like is, how it travels, and what producers and consumers of likes agree on.
 * This file imports nothing, so that a consumer and this file are all one has to copy.
 */

/** One event: a user likes (or unlikes) a post. Identified for ever by `(source, seq)`. */
export interface Like {
  /** Who numbered the like: one life of one producer. A restart is a new source. */
  readonly source: string;
  /** The like's dense running number within its source, from 0. */
  readonly seq: number;
  readonly post: string;
  readonly user: string;
  readonly action: 'like' | 'unlike';
  /** The user's own running number of actions on this post, from 1: the larger one is the later. */
  readonly version: number;
  /**
   * Wall-clock time of the press, in ms since 1970. For people and audits; nothing is judged by it.
   */
  readonly likedAtMs: number;
}

/** The number of the message format that `encodeLike` writes; `decodeLike` accepts no other. */
export const LIKE_FORMAT = 1;

/** The longest source, post or user that travels, in UTF-16 code units. */
export const NAME_LENGTH_MAX = 256;

/**
 * Writes a like as one JSON object in UTF-8, about 150 bytes; the fields are in likes/README.md.
 */
export function encodeLike(like: Like): string {
  return JSON.stringify({
    format: LIKE_FORMAT,
    source: like.source,
    seq: like.seq,
    post: like.post,
    user: like.user,
    action: like.action,
    version: like.version,
    likedAtMs: like.likedAtMs,
  });
}

/** A message that is not a like and never will be: dead-letter it, do not deliver it again. */
export class NotALikeError extends Error {
  override readonly name = 'NotALikeError';
  readonly code = 'NOT_A_LIKE';
}

/**
 * Reads one message. Fields that are not named here are ignored, so that senders may add some.
 * @throws NotALikeError that names the field, what it held and what is allowed.
 */
export function decodeLike(text: string): Like {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new NotALikeError(`not JSON: ${excerpt(text)}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new NotALikeError(`expected a JSON object, got ${excerpt(text)}`);
  }
  const fields = value as Record<string, unknown>;
  if (fields.format !== LIKE_FORMAT) {
    throw refused('format', fields.format, `${LIKE_FORMAT}, the only format known here`);
  }
  if (fields.action !== 'like' && fields.action !== 'unlike') {
    throw refused('action', fields.action, '"like" or "unlike"');
  }
  return {
    source: nameOf(fields, 'source'),
    seq: numberOf(fields, 'seq', 0),
    post: nameOf(fields, 'post'),
    user: nameOf(fields, 'user'),
    action: fields.action,
    version: numberOf(fields, 'version', 1),
    likedAtMs: numberOf(fields, 'likedAtMs', 0),
  };
}

function nameOf(fields: Record<string, unknown>, field: string): string {
  const value = fields[field];
  if (typeof value === 'string' && value.length > 0 && value.length <= NAME_LENGTH_MAX)
    return value;
  throw refused(field, value, `a string of 1 to ${NAME_LENGTH_MAX} characters`);
}

function numberOf(fields: Record<string, unknown>, field: string, least: number): number {
  const value = fields[field];
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw refused(field, value, `a whole number from ${least} up`);
}

function refused(field: string, value: unknown, allowed: string): NotALikeError {
  const found = value === undefined ? 'nothing' : excerpt(JSON.stringify(value));
  return new NotALikeError(`field "${field}" holds ${found}; allowed is ${allowed}`);
}

function excerpt(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
  return JSON.stringify(shown);
}

/**
 * What a consumer calls with each batch it has decoded.
 * Resolves: all likes are stored, the batch may be acknowledged.
 * Rejects with `RefusedLikesError`: the named likes can never be stored (dead-letter them), the
 * rest are stored. Rejects with anything else: an outage; deliver the whole batch again, and never
 * dead-letter it.
 */
export type HandleLikes = (
  likes: Like[],
  placeOf?: PlaceOf,
  headersOf?: HeadersOf,
) => Promise<void>;

/**
 * Texts that travel beside a like and are no part of it, by name, such as `traceparent` of the W3C.
 * Most likes have none. Names are best lower-case letters, digits and hyphens, values ASCII: what
 * else a queue carries is its own affair: Amazon SQS takes ten headers at most, and none empty.
 */
export type LikeHeaders = Readonly<Record<string, string>>;

/** The headers of the like at `index`. From a consumer never undefined: empty where none came. */
export type HeadersOf = (index: number) => LikeHeaders | undefined;

/**
 * Headers as client libraries hand them out: by name, with texts or bytes; in one list, name after
 * value; or as the text of a JSON object.
 */
export type RawHeaders = Readonly<Record<string, unknown>> | readonly unknown[] | string;
export type RawHeadersOf = (index: number) => RawHeaders | undefined;

/** Never throws: what is no header is left out, since no like is to be held up by one. */
export function readHeaders(raw: RawHeaders | undefined): LikeHeaders {
  let found: unknown = raw;
  try {
    if (typeof raw === 'string') found = JSON.parse(raw);
  } catch {
    return {};
  }
  const pairs = Array.isArray(found)
    ? found.flatMap((name, at) => (at % 2 === 0 ? [[name, found[at + 1]] as const] : []))
    : Object.entries(found ?? {});
  const isText = (value: unknown) => typeof value === 'string' || value instanceof Uint8Array;
  const texts = pairs.filter(([, value]) => isText(value));
  return Object.fromEntries(texts.map(([name, value]) => [name, Buffer.from(value).toString()]));
}

/**
 * Where a message stood in its queue. Only queues that can be read again have places: a later
 * message of a lane has a larger offset, and a message keeps its own however often it comes.
 */
export interface Place {
  /** Tells the lane from all others, also from those of other queues in the same store. */
  readonly lane: string;
  /** From 0 up; not dense. */
  readonly offset: bigint;
}

/** The place of the like (or message) at `index` of a batch. */
export type PlaceOf = (index: number) => Place;

/** One like of a batch that can never be stored. `index` is its place in the batch. */
export interface Refusal {
  readonly index: number;
  readonly reason: string;
}

/** Some likes of a batch can never be stored; all others of the batch are. */
export class RefusedLikesError extends Error {
  override readonly name = 'RefusedLikesError';
  readonly code = 'LIKES_REFUSED';
  readonly refusals: readonly Refusal[];

  constructor(refusals: readonly Refusal[]) {
    super(`${refusals.length} likes refused, the first because: ${refusals[0]?.reason}`);
    this.refusals = refusals;
  }
}

/**
 * Decodes one batch of messages, hands the likes on, and names the messages to dead-letter: those
 * that are no likes and those that the store refuses. Once it resolves, everything else is stored,
 * so after dead-lettering these the whole batch may be acknowledged.
 * Rejects on an outage: acknowledge nothing, dead-letter nothing, deliver the batch again.
 */
export async function handleMessages(
  messages: readonly string[],
  handleLikes: HandleLikes,
  placeOf?: PlaceOf,
  headersOf?: RawHeadersOf,
): Promise<Refusal[]> {
  const likes: Like[] = [];
  const places: number[] = [];
  const refusals: Refusal[] = [];
  for (const [index, message] of messages.entries()) {
    try {
      likes.push(decodeLike(message));
      places.push(index);
    } catch (error) {
      if (!(error instanceof NotALikeError)) throw error;
      refusals.push({ index, reason: error.message });
    }
  }
  if (likes.length > 0) {
    const placeOfLike = placeOf && ((index: number) => placeOf(places[index]!));
    const headersOfLike = headersOf && ((index: number) => readHeaders(headersOf(places[index]!)));
    await handleLikes(likes, placeOfLike, headersOfLike).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
      for (const { index, reason } of error.refusals) {
        refusals.push({ index: places[index]!, reason });
      }
    });
  }
  return refusals;
}

/** By its code: where this file was copied, its class is not that of the store's own copy. */
function isRefusal(error: unknown): error is RefusedLikesError {
  return error instanceof Error && 'code' in error && error.code === 'LIKES_REFUSED';
}

/** Stores what one arrival brought; resolves with the refusals among its own messages. */
export type HandleArrival = (
  messages: readonly string[],
  headersOf?: RawHeadersOf,
) => Promise<Refusal[]>;

/**
 * For clients that hand out messages one or a few at a time, while a store likes many at once:
 * arrivals that come while a batch is being stored wait and go together in the next one. The first
 * one after a rest waits for `lingerMs` for company. Each arrival resolves, or rejects on an
 * outage, when the batch that it was part of has: acknowledge it then, and not before.
 * `messagesMax` bounds a batch, except that one arrival is never cut; what waits is bounded by what
 * the client hands out without an acknowledgement.
 */
export function gatherMessages(
  handleLikes: HandleLikes,
  limits: { readonly messagesMax: number; readonly lingerMs: number },
): HandleArrival {
  type Arrival = {
    messages: readonly string[];
    headersOf: RawHeadersOf | undefined;
  } & PromiseWithResolvers<Refusal[]>;
  let waiting: Arrival[] = [];
  let busy = false;

  function takeBatch(): Arrival[] {
    let size = 0;
    const end = waiting.findIndex((arrival, place) => {
      size += arrival.messages.length;
      return place > 0 && size > limits.messagesMax;
    });
    const batch = waiting.slice(0, end === -1 ? waiting.length : end);
    waiting = waiting.slice(batch.length);
    return batch;
  }

  async function store(batch: readonly Arrival[]): Promise<void> {
    const all = batch.flatMap(({ messages }) => messages);
    const headersOf: RawHeadersOf = (index) => {
      let at = index;
      const arrival = batch.find(({ messages }) => {
        at -= messages.length;
        return at < 0;
      })!;
      return arrival.headersOf?.(at + arrival.messages.length);
    };
    try {
      const refusals = await handleMessages(all, handleLikes, undefined, headersOf);
      let from = 0;
      for (const { messages, resolve } of batch) {
        const first = from;
        from += messages.length;
        const own = refusals.filter(({ index }) => index >= first && index < from);
        resolve(own.map(({ index, reason }) => ({ index: index - first, reason })));
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async function storeAll(): Promise<void> {
    while (waiting.length > 0) await store(takeBatch());
    busy = false;
  }

  return (messages, headersOf) => {
    const arrival = { messages, headersOf, ...Promise.withResolvers<Refusal[]>() };
    waiting.push(arrival);
    if (!busy) {
      busy = true;
      setTimeout(() => void storeAll(), limits.lingerMs);
    }
    return arrival.promise;
  };
}

/**
 * What became of one like of a send: `ok`, the broker acknowledged it; `fail`, the broker provably
 * refused it; `unknown`, anything else, such as a timeout or a broken connection.
 */
export type SendOutcome = 'ok' | 'fail' | 'unknown';

/** Not every like of a send was acknowledged. `outcomes[i]` tells what became of `likes[i]`. */
export class SendError extends Error {
  override readonly name = 'SendError';
  readonly code = 'SEND_INCOMPLETE';
  readonly outcomes: readonly SendOutcome[];

  constructor(outcomes: readonly SendOutcome[], cause: unknown) {
    const count = (wanted: SendOutcome) => outcomes.filter((found) => found === wanted).length;
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${count('unknown')} likes unknown, ${count('fail')} refused: ${why}`, { cause });
    this.outcomes = outcomes;
  }
}

/** Sends likes. Disposing it waits for the sends in flight, then closes the connection. */
export interface LikeProducer extends AsyncDisposable {
  /**
   * Resolves when the broker has acknowledged all likes. Headers travel beside those that have any.
   * @throws SendError with an outcome per like when it has not.
   */
  send(likes: readonly Like[], headersOf?: HeadersOf): Promise<void>;
}

/** Receives likes and hands them to a `HandleLikes` until it is stopped. Disposing it stops it. */
export interface LikeConsumer extends AsyncDisposable {
  /** Resolves when the batch in hand is stored and acknowledged and nothing more is read. */
  stop(): Promise<void>;
  /** Rejects when the consumer cannot go on by itself; never resolves. */
  readonly failed: Promise<never>;
}

/** The first and the longest pause after an error in `consumeLoop`; each is twice the last. */
const RETRY_PAUSE_MS_FIRST = 100;
const RETRY_PAUSE_MS_MAX = 5_000;

/**
 * A consumer for clients that have no loop of their own: repeats `readAndStore` until stopped.
 * After an error it pauses and goes on, for ever, unless `isHopeless` says that it cannot help.
 * `close` runs once, after the last `readAndStore`.
 */
export function consumeLoop(
  readAndStore: () => Promise<void>,
  options: { isHopeless: (error: Error) => boolean; close: () => Promise<void> },
): LikeConsumer {
  let running = true;
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // It may fail before anybody listens.

  async function run(): Promise<void> {
    let pauseMs = RETRY_PAUSE_MS_FIRST;
    while (running) {
      try {
        await readAndStore();
        pauseMs = RETRY_PAUSE_MS_FIRST;
      } catch (error) {
        if (options.isHopeless(error as Error)) return failed.reject(error);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(pauseMs * 2, RETRY_PAUSE_MS_MAX);
      }
    }
  }

  const ended = run();
  let closed: Promise<void> | undefined;
  const stop = () => {
    running = false;
    closed ??= ended.then(options.close);
    return closed;
  };
  return { stop, failed: failed.promise, [Symbol.asyncDispose]: stop };
}
