/** Messages as they are, on SQS: sent to a queue, read in its dead-letter queue, moved back. */
import { createHash, randomUUID } from 'node:crypto';
import { type Message, SQSServiceException } from '@aws-sdk/client-sqs';
import { decodeLike, NotALikeError } from '../likes/like.ts';
import type { ParkedMessage } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import type { Queues } from './sqs-queues.ts';

/** The most that SQS allows. Consumers park by themselves; this is for messages that kill them. */
export const RECEIVES_MAX = 1_000;
/** While dead letters are read or moved, nobody else sees them: for this long at least, and longer
 * when there are so many of them that moving them at this rate takes longer. */
const HIDDEN_S_LEAST = 60;
const LETTERS_PER_S_LEAST = 20;
/** The most that SQS allows. */
const HIDDEN_S_MAX = 43_200;
const RECEIVE_WAIT_S = 1;
/** As many as one request takes. */
const MESSAGES_PER_REQUEST_MAX = 10;

/** Of a message that the redrive policy moved, or that is too large to carry a reason with it. */
const NO_REASON = `received ${RECEIVES_MAX} times without being deleted, or too large for a reason`;

/** A message group, on FIFO queues, for all that is posted. */
const POSTED_GROUP = 'posted';

/** One after the other, since groups keep their order only so. */
export async function postTexts(
  queues: Queues,
  queue: string,
  texts: readonly string[],
): Promise<void> {
  const QueueUrl = await queues.url(queue);
  for (const MessageBody of texts) {
    const ids = idsOn(QueueUrl, POSTED_GROUP, randomUUID());
    try {
      await queues.ask(queue, queues.sqs.sendMessage({ QueueUrl, MessageBody, ...ids }));
    } catch (error) {
      const { cause } = error as Error;
      const isRefused = cause instanceof SQSServiceException && cause.$fault === 'client';
      throw isRefused ? BrokerError.messageRefused(queues.name, MessageBody, cause) : error;
    }
  }
}

const idsOn = (QueueUrl: string, MessageGroupId: string, MessageDeduplicationId: string) =>
  QueueUrl.endsWith('.fifo') ? { MessageGroupId, MessageDeduplicationId } : {};

/** In the order of their sending, left where they are. */
export async function parkedOf(queues: Queues, letters: string): Promise<ParkedMessage[]> {
  const { waiting } = await queues.counts(letters);
  await using taken = await takeLetters(queues, letters, waiting);
  return taken.messages.map(({ Body = '', MessageAttributes }) => ({
    text: Body,
    reason: MessageAttributes?.reason?.StringValue ?? NO_REASON,
  }));
}

/**
 * All letters are taken in hand first: SQS gives those of different groups in no order, and the
 * likes of a post have to go in theirs.
 */
export async function redriveLetters(
  queues: Queues,
  letters: string,
  queue: string,
  max?: number,
): Promise<{ redriven: number }> {
  const from = await queues.url(letters);
  const QueueUrl = await queues.url(queue);
  const { waiting } = await queues.counts(letters);
  await using taken = await takeLetters(queues, letters, waiting);
  const chosen = taken.messages.slice(0, max);
  for (const { Body: MessageBody = '', MessageId, ReceiptHandle } of chosen) {
    // Not the ids of the first sending: within 5 min a message with those would be dropped.
    const ids = idsOn(QueueUrl, groupOf(MessageBody, MessageId!), `redriven.${MessageId}`);
    await queues.ask(queue, queues.sqs.sendMessage({ QueueUrl, MessageBody, ...ids }));
    await queues.ask(letters, queues.sqs.deleteMessage({ QueueUrl: from, ReceiptHandle }));
    taken.messages.shift(); // It need not be shown again.
  }
  return { redriven: chosen.length };
}

/**
 * Its post's, by the rule of likes/README.md, which its producer followed; what is no like goes
 * alone, so that it blocks nobody.
 */
function groupOf(text: string, otherwise: string): string {
  try {
    const { post } = decodeLike(text);
    return /^[!-~]{1,128}$/.test(post) ? post : createHash('sha256').update(post).digest('hex');
  } catch (error) {
    if (!(error instanceof NotALikeError)) throw error;
    return otherwise;
  }
}

/**
 * The letters, in the order of their sending; those left in `messages` are shown again when it is
 * disposed. SQS gives again what it gave before unless it is hidden meanwhile, so two readers at
 * once would see some of the letters each.
 */
async function takeLetters(
  queues: Queues,
  letters: string,
  count: number,
): Promise<AsyncDisposable & { messages: Message[] }> {
  const QueueUrl = await queues.url(letters);
  const hiddenS = Math.max(HIDDEN_S_LEAST, Math.ceil(count / LETTERS_PER_S_LEAST));
  const messages: Message[] = [];
  const taken = {
    messages,
    async [Symbol.asyncDispose]() {
      for (const { ReceiptHandle } of messages) {
        const show = { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 };
        await queues.ask(letters, queues.sqs.changeMessageVisibility(show));
      }
    },
  };
  try {
    while (messages.length < count) {
      const receive = queues.sqs.receiveMessage({
        QueueUrl,
        MaxNumberOfMessages: MESSAGES_PER_REQUEST_MAX,
        WaitTimeSeconds: RECEIVE_WAIT_S,
        VisibilityTimeout: Math.min(hiddenS, HIDDEN_S_MAX),
        MessageAttributeNames: ['reason'],
        MessageSystemAttributeNames: ['SentTimestamp', 'SequenceNumber'],
      });
      const { Messages = [] } = await queues.ask(letters, receive);
      if (Messages.length === 0) break;
      messages.push(...Messages);
    }
  } catch (error) {
    await taken[Symbol.asyncDispose]();
    throw error;
  }
  messages.sort(bySending);
  return taken;
}

function bySending({ Attributes: one }: Message, { Attributes: other }: Message): number {
  const sentMs = (from: typeof one) => Number(from?.SentTimestamp);
  // Only FIFO queues number their messages, with numbers too long for a Number.
  const numberOf = (from: typeof one) => BigInt(from?.SequenceNumber ?? 0);
  return sentMs(one) - sentMs(other) || Number(numberOf(one) - numberOf(other));
}
