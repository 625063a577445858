/**
 * Sends likes to a queue of Amazon SQS, or of a server that speaks like it, with the AWS SDK 3.
 *
 * Promise: when `send` resolves, the server has acknowledged every like. What that survives is the
 * server's: SQS keeps several copies before it answers, ElasticMQ none but in memory unless it was
 * given a file. A queue whose address ends in `.fifo` delivers the likes of a post in the order
 * sent, any other in no order. After an error the likes that are `unknown` may have arrived:
 * sending them again is safe only if the counting side counts each (source, seq) once.
 *
 * The settings it rests on:
 * - every entry of an answer is looked at: SendMessageBatch answers 200 when it refused some.
 * - standard queues, `maxAttempts: 1`: by default the SDK sends again by itself, which doubles
 *   likes without any error. A FIFO queue drops a copy that comes within 5 minutes, so there the
 *   SDK tries again, and an answer that was lost does not make a like unknown.
 * - FIFO: the next like of a post goes out when the one before it is acknowledged, over all sends
 *   of this producer. Requests side by side overtake each other, and ElasticMQ shuffles the likes
 *   in one request. So throughput comes from many posts; two producers of one source have no order.
 * - FIFO: after an unknown like the rest of its send is not sent but `fail`, so that no later like
 *   of a post arrives in place of an earlier one. Other sends go on: who sends a like again after
 *   later ones of its post has put it behind them.
 */
import { createHash } from 'node:crypto';
import { SQS, type SQSClientConfig, type SQSServiceException } from '@aws-sdk/client-sqs';
import { encodeLike, type Like, type LikeProducer, SendError } from '../likes/like.ts';

export interface SqsProducerOptions {
  /** Region, endpoint and credentials, as the SDK takes them. */
  readonly client: SQSClientConfig;
  readonly queueUrl: string;
}

/** As many as SQS takes in one request. */
const LIKES_PER_REQUEST_MAX = 10;
/** Of all sends together; well below the 50 sockets that the SDK opens at most. */
const REQUESTS_IN_FLIGHT_MAX = 16;
const FIFO_TRIES_MAX = 3;
/** A connection or an answer that takes longer, in ms, is given up. */
const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true };

type Message = { readonly like: Like; readonly headers: Record<string, string> | undefined };
type Answer = { readonly outcome: SendError['outcomes'][number]; readonly cause?: unknown };

/** Connects with the first send: until then nobody knows whether the queue is there. */
export async function openSqsProducer(options: SqsProducerOptions): Promise<LikeProducer> {
  const isFifo = options.queueUrl.endsWith('.fifo');
  const maxAttempts = isFifo ? FIFO_TRIES_MAX : 1;
  const sqs = new SQS({ maxAttempts, requestHandler: TIMEOUTS, ...options.client });
  const waiting: (PromiseWithResolvers<Answer> & Message)[] = [];
  /** The last like of each post that has no answer yet; on a standard queue each by itself. */
  const lasts = new Map<string | Like, Promise<Answer>>();
  let requests = 0;

  async function request(batch: typeof waiting): Promise<void> {
    const entries = batch.map(({ like, headers }, at) => {
      const entry = { Id: `${at}`, MessageBody: bodyOf(like), MessageAttributes: textsOf(headers) };
      const MessageDeduplicationId = idOf(`${like.source}.${like.seq}`);
      return isFifo ? { ...entry, MessageGroupId: idOf(like.post), MessageDeduplicationId } : entry;
    });
    try {
      const answer = await sqs.sendMessageBatch({ QueueUrl: options.queueUrl, Entries: entries });
      for (const { Id } of answer.Successful ?? []) batch[Number(Id)]!.resolve({ outcome: 'ok' });
      for (const { Id, SenderFault, Message: cause } of answer.Failed ?? [])
        batch[Number(Id)]!.resolve({ outcome: SenderFault ? 'fail' : 'unknown', cause });
    } catch (cause) {
      // When the last of several tries was refused, an earlier one may have got through.
      const { $fault, $metadata } = cause as SQSServiceException;
      const isRefused = $fault === 'client' && $metadata?.attempts === 1;
      for (const { resolve } of batch) resolve({ outcome: isRefused ? 'fail' : 'unknown', cause });
    }
    for (const { resolve } of batch) resolve({ outcome: 'unknown' }); // If nothing was said of it.
    requests -= 1;
    setImmediate(requestMore); // By then the next likes of these posts wait as well.
  }

  function requestMore(): void {
    for (; requests < REQUESTS_IN_FLIGHT_MAX && waiting.length > 0; requests += 1)
      void request(waiting.splice(0, LIKES_PER_REQUEST_MAX));
  }

  function turnOf(like: Like, headers: Message['headers'], send: { isOver: boolean }) {
    const group = isFifo ? like.post : like;
    const turn = (async (): Promise<Answer> => {
      await lasts.get(group);
      if (send.isOver) return { outcome: 'fail' };
      const one = { like, headers, ...Promise.withResolvers<Answer>() };
      if (waiting.push(one) === 1) setImmediate(requestMore);
      const answer = await one.promise;
      send.isOver ||= answer.outcome === 'unknown';
      return answer;
    })();
    lasts.set(group, turn);
    void turn.then(() => lasts.get(group) === turn && lasts.delete(group));
    return turn;
  }

  return {
    async send(likes, headersOf = () => ({})) {
      const send = { isOver: false };
      const answers = await Promise.all(likes.map((like, at) => turnOf(like, headersOf(at), send)));
      const outcomes = answers.map(({ outcome }) => outcome);
      if (outcomes.every((outcome) => outcome === 'ok')) return;
      throw new SendError(outcomes, answers.find(({ cause }) => cause !== undefined)?.cause);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(lasts.values());
      sqs.destroy();
    },
  };
}

/** Within JSON, these two are all that SQS does not take and that is not escaped anyway. */
const bodyOf = (like: Like): string =>
  encodeLike(like).replaceAll('\ufffe', '\\ufffe').replaceAll('\uffff', '\\uffff');

/** SQS takes 1 to 128 printable characters of ASCII, no blanks; any other name is hashed. */
const idOf = (name: string): string =>
  /^[!-~]{1,128}$/.test(name) ? name : createHash('sha256').update(name).digest('hex');

/** One attribute a header. They count towards the size of a message, and SQS takes at most ten. */
const textsOf = (headers: Message['headers'] = {}) =>
  Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, attributeOf(text)]));
const attributeOf = (StringValue: string) => ({ DataType: 'String', StringValue });
