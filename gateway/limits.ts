/** Every wait, size and number that bounds the gateway, by name, with what it is unless told. */

export interface GatewayLimits {
  /** The first like after a rest waits for company for so long before it is sent. */
  readonly lingerMs: number;
  /** Likes of one send, at most. */
  readonly likesPerSendMax: number;
  /** Sends (or, on the direct path, transactions) under way at the same time. */
  readonly sendsInFlightMax: number;
  /** Likes that may wait for their send. One more is answered 503 at once. */
  readonly waitingMax: number;
  /** A like whose send has not begun after so long is answered 503 and never sent. */
  readonly waitMsMax: number;
  /** A like whose send has no answer after so long is answered 503: it may have been stored. */
  readonly answerMsMax: number;
  /** From the signal to stop on, what is in hand has so long to be settled and answered. */
  readonly drainMsMax: number;
  /** While Node's event loop is late by more, and stays so, likes are answered 503 unread. */
  readonly loopDelayMsMax: number;
  /** How long a request waits for the limiter's Redis before the process decides alone. */
  readonly limiterMsMax: number;
  /** How long a request waits for the store of first answers before that counts as away. */
  readonly firstAnswerMsMax: number;
  /** How long the first answer to an idempotency key is kept. */
  readonly firstAnswerKeptMs: number;
  /** How long reading a count may take. */
  readonly readMsMax: number;
  /** How long `/readyz` waits for each of the systems it asks. */
  readonly readyMsMax: number;
}

export const LIMITS: GatewayLimits = {
  lingerMs: 5,
  likesPerSendMax: 500,
  sendsInFlightMax: 1,
  waitingMax: 10_000,
  waitMsMax: 1_000,
  answerMsMax: 5_000,
  drainMsMax: 10_000,
  loopDelayMsMax: 250,
  limiterMsMax: 50,
  firstAnswerMsMax: 250,
  firstAnswerKeptMs: 24 * 60 * 60 * 1_000,
  readMsMax: 1_000,
  readyMsMax: 1_000,
};

/** Bounds of HTTP itself; Node and fastify keep them. */
export const HTTP_LIMITS = {
  /** A like is about 150 bytes. */
  bodyBytesMax: 4 * 1024,
  /** All header lines of a request together. */
  headerBytesMax: 8 * 1024,
  /** Header lines beyond these are not looked at. */
  headersMax: 64,
  /** From the first byte of a request to the last of its headers, and of its body. */
  headersMsMax: 5_000,
  requestMsMax: 10_000,
  /** How often Node looks for requests that are late. */
  lateCheckMs: 1_000,
  /** A connection without a request, between two requests and at all. */
  keepAliveMsMax: 30_000,
  idleMsMax: 60_000,
  /** Further connections are closed as they come. */
  connectionsMax: 10_000,
  /** A post's name in a path, each of its bytes written as %XX. */
  pathPartCharactersMax: 2_048,
} as const;
