/**
 * Counts likes from a queue of Amazon SQS, or of a server that speaks like it, by sqs-consumer 15.
 *
 * Promise: at least once; in order per post on a FIFO queue (its address ends in `.fifo`), in no
 * order on any other. A message is deleted only after `handleLikes` has stored it, so a crash at
 * any moment delivers likes again, once they have been invisible for VISIBILITY_S, and loses none.
 * They are counted once only if `handleLikes` knows which it has seen.
 *
 * Proved by `npm run faults`, a row for each fault in results/README.md, on ElasticMQ with its
 * storage on, which says nothing of Amazon's own servers: of what was acknowledged nothing is lost,
 * and nothing counted twice, when the server, a consumer or a producer is killed, a consumer sleeps
 * through VISIBILITY_S, the network is cut, or the store fails half-way. What a power cut leaves of
 * such a file nobody could test.
 *
 * The settings it rests on:
 * - several pollers: each of them receives, waits for the store and deletes, one after the other.
 * - what all of them received is stored together: ten likes, as many as one receive brings, over
 *   several shards would be a transaction for every few likes.
 * - an outage of the store throws: the messages are visible again after a pause that grows with the
 *   times they were received, so that a redrive policy, which counts those, parks none of them.
 * - what can never be counted goes to the dead-letter queue with its reason as an attribute, before
 *   it is deleted. A redrive policy would know no reason, and would try it many times first. A
 *   message that is as large as SQS allows goes without the reason, since that counts as well.
 * - the right to receive, to delete, to change visibility, and to send to the dead-letter queue:
 *   when one is missing, or a queue is, nothing is lost, and `failed` rejects.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Message, SQS, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import { gatherMessages, type HandleLikes, type LikeConsumer } from '../likes/like.ts';

export interface SqsConsumerOptions {
  /** Region, endpoint and credentials, as the SDK takes them. */
  readonly client: SQSClientConfig;
  readonly queueUrl: string;
  /** FIFO when the queue is. */
  readonly deadLetterQueueUrl: string;
  /**
   * How long the server keeps a receive open when nothing is new, 1 by default; `stop` takes up to
   * as long. 0, with pauses in between, is for FIFO queues on ElasticMQ: while anybody waits, it
   * sorts the whole queue again and again. From a backlog of one post 1,099 instead of 324 likes/s.
   */
  readonly receiveWaitS?: number;
}

/** Each has one request in flight; well below the 50 sockets that the SDK opens at most. */
const POLLERS = 6;
/** As many as SQS gives in one answer. */
const LIKES_PER_RECEIVE_MAX = 10;
/** All that the pollers can have in hand; the first after a rest wait this long for company. */
const GATHER = { messagesMax: POLLERS * LIKES_PER_RECEIVE_MAX, lingerMs: 2 };
/** A message that is not deleted for this long, as after a crash, goes to another consumer. */
export const VISIBILITY_S = 10;
/** The longest pause between two tries of a message; a redrive policy of 1,000 lasts 8 hours. */
const RETRY_PAUSE_S_MAX = 30;
/** A poller rests this long after an error; sqs-consumer by itself would ask again at once. */
const ERROR_PAUSE_MS = 500;
/** When the same request was refused so often in a row, whoever sent it, asking again cannot help:
 * a queue is gone or closed to us, or we have no credentials. A server that has just started may
 * say so for a moment, so this is five rounds of all pollers. */
const REFUSALS_MAX = 5 * POLLERS;
/** Between two receives of a poller that bring nothing, when the server does not wait itself, and
 * between two looks whether all of them have stopped. */
const POLL_PAUSE_MS = 50;
/** The most that SQS takes, less what the name and the type of an attribute count. */
const LETTER_BYTES_MAX = 1024 ** 2 - 12;
/** A connection or an answer that takes longer, in ms, is given up and tried again. */
const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true };

/** Resolves when the pollers have started; when the queue is not there, `failed` rejects later. */
export async function openSqsConsumer(options: SqsConsumerOptions, handleLikes: HandleLikes) {
  const sqs = new SQS({ requestHandler: TIMEOUTS, ...options.client });
  const handleArrival = gatherMessages(handleLikes, GATHER);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // It may fail before anybody listens.
  const rests = new Map<number, Promise<void>>();
  const refusals = new Map<string, number>();

  sqs.middlewareStack.add((next, { commandName = '' }) => async (request) => {
    const sent = next(request);
    const isRefused = await sent.then(() => false, isRefusal);
    refusals.set(commandName, isRefused ? (refusals.get(commandName) ?? 0) + 1 : 0);
    if (refusals.get(commandName) === REFUSALS_MAX) sent.catch(failed.reject);
    return sent;
  });

  const pollers = Array.from({ length: POLLERS }, (_, poller) =>
    Consumer.create({
      sqs,
      queueUrl: options.queueUrl,
      batchSize: LIKES_PER_RECEIVE_MAX,
      waitTimeSeconds: options.receiveWaitS ?? 1,
      visibilityTimeout: VISIBILITY_S,
      terminateVisibilityTimeout: pauseSAfter,
      messageSystemAttributeNames: ['ApproximateReceiveCount'],
      messageAttributeNames: ['All'],
      authenticationErrorTimeout: ERROR_PAUSE_MS,
      suppressFifoWarning: true, // It is about handlers that return some of a batch.
      preReceiveMessageCallback: async () => rests.get(poller),
      async handleMessageBatch(messages) {
        const texts = messages.map(({ Body = '' }) => Body);
        const headersOf = (index: number) => textsOf(messages[index]!);
        for (const { index, reason } of await handleArrival(texts, headersOf))
          await sqs.sendMessage(letterOf(options.deadLetterQueueUrl, messages[index]!, reason));
        return messages; // What is not returned is not deleted.
      },
    })
      .on('error', () => rests.set(poller, pause(ERROR_PAUSE_MS)))
      .on('empty', () => rests.set(poller, pause(options.receiveWaitS === 0 ? POLL_PAUSE_MS : 0))),
  );
  for (const poller of pollers) poller.start();

  const stop = async () => {
    for (const poller of pollers) poller.stop();
    while (pollers.some(({ status }) => status.isPolling)) await pause(POLL_PAUSE_MS);
    sqs.destroy();
  };
  return { stop, failed: failed.promise, [Symbol.asyncDispose]: stop } satisfies LikeConsumer;
}

const isRefusal = (error: { name: string; $metadata?: { httpStatusCode?: number } }): boolean =>
  /^(QueueDoesNotExist|Credentials)/.test(error.name) || error.$metadata?.httpStatusCode === 403;

/** 1, 2, 4 and so on, by how often the message that came most often has come. */
const pauseSAfter = (messages: readonly Message[]): number =>
  Math.min(2 ** (Math.max(...messages.map(timesReceived)) - 1), RETRY_PAUSE_S_MAX);
const timesReceived = ({ Attributes }: Message) => Number(Attributes?.ApproximateReceiveCount ?? 1);

/** Names and values of the attributes, which are the headers of the like. */
const textsOf = ({ MessageAttributes = {} }: Message) =>
  Object.entries(MessageAttributes).flatMap(([name, { StringValue }]) => [name, StringValue]);

/** On a FIFO queue each is a group of its own: one that is read would hide those behind it. */
function letterOf(QueueUrl: string, { Body = '', MessageId: id }: Message, reason: string) {
  const sendable = reason.replace(/[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?');
  const MessageAttributes = { reason: { DataType: 'String', StringValue: sendable || 'none' } };
  const hasRoom = Buffer.byteLength(`${Body}${sendable}`) <= LETTER_BYTES_MAX;
  const ids = QueueUrl.endsWith('.fifo') ? { MessageGroupId: id, MessageDeduplicationId: id } : {};
  return { QueueUrl, MessageBody: Body, ...(hasRoom && { MessageAttributes }), ...ids };
}
