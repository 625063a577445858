/**
 * SQS queues as the lab runs them, standard and FIFO, each with a dead-letter queue beside it. The
 * server is ElasticMQ, which stands in for the service, or Amazon SQS itself, by its address.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Message,
  type QueueAttributeName,
  QueueDoesNotExist,
  type ReceiveMessageCommandInput,
  SQS,
  type SQSClientConfig,
  SQSServiceException,
} from '@aws-sdk/client-sqs';
import { openSqsConsumer } from '../consumers/sqs.ts';
import { openSqsProducer } from '../producers/sqs.ts';
import type { Backlog, Broker, Connection, ParkedMessage, Promises } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import type { Settings } from './servers/server.ts';

/** A connection or an answer that takes longer, in ms, is given up. */
const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true };
/** Of an administrative request, so that a server that is away is soon reported. */
const TRIES_MAX = 2;
const VISIBILITY_S = 10;
/** Amazon's counts are approximate, and consistent a minute after the last send at the earliest
 * (docs.aws.amazon.com: SQS API, GetQueueAttributes). */
const DRAINED_TIME_MS_AMAZON = 60_000;
/** The most that SQS allows. Consumers park by themselves; this is for messages that kill them. */
const RECEIVES_MAX = 1_000;
/** The most that SQS allows: 14 days instead of 4. */
const RETENTION_S = 1_209_600;
/** Amazon wants a new queue left alone for a second. */
const NEW_QUEUE_REST_MS = 1_000;
/** While dead letters are being read, nobody else sees them. */
const PARKED_READ_S = 60;
const RECEIVE_WAIT_S = 1;
/** As many as one request takes. */
const MESSAGES_PER_REQUEST_MAX = 10;

const COUNTS: QueueAttributeName[] = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
];

const FIFO_ATTRIBUTES = {
  FifoQueue: 'true',
  // Two likes with the same words are two likes: the id that producers send decides.
  ContentBasedDeduplication: 'false',
  // Amazon's limits then hold for every post, not for the queue. ElasticMQ knows neither.
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
};

/** Of a message that the redrive policy moved. */
const REDRIVEN = `received ${RECEIVES_MAX} times without being deleted`;

const AMAZON = 'docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide';
const SURVIVAL = 'stored in more than one availability zone before it is acknowledged, for 14 days';
const PROMISED = {
  sqs: {
    promise: `at least once; order as far as it goes, with exceptions; ${SURVIVAL}`,
    source: `${AMAZON}/standard-queues.html`,
  },
  'sqs-fifo': {
    promise: `in order per message group; copies within 5 min dropped; ${SURVIVAL}`,
    source: `${AMAZON}/FIFO-key-terms.html`,
  },
} as const;

type Name = keyof typeof PROMISED;

/** On Amazon SQS it is its own promise, else that of ElasticMQ, which stands in for it. */
function promisesOf(name: Name, isAmazon: boolean): Promises {
  const isFifo = name === 'sqs-fifo';
  const promises = { order: isFifo ? 'per-post' : 'none', delivery: 'at-least-once' } as const;
  if (isAmazon) return { ...promises, source: PROMISED[name].source };
  return {
    ...promises,
    // What it reads back from its file comes by the times of the next deliveries instead.
    ...(isFifo && { orderEndsWithServer: true }),
    source: 'github.com/softwaremill/elasticmq/blob/v1.7.1/README.md',
    emulates: { system: 'Amazon SQS', ...PROMISED[name] },
  };
}

/** Likes of one post may overtake each other. @throws BrokerError BROKER_UNREACHABLE */
export function openSqsBroker(connection: Connection): Promise<Broker> {
  return open('sqs', connection);
}

/** A message group for every post. @throws BrokerError BROKER_UNREACHABLE */
export function openSqsFifoBroker(connection: Connection): Promise<Broker> {
  return open('sqs-fifo', connection);
}

/** Any other server with a region is a stand-in, whatever credentials it asks for. */
function isAmazon({ address }: Connection): boolean {
  return address === '' || /\.amazonaws\.com(\.cn)?(:\d+)?$/.test(address);
}

async function open(name: Name, connection: Connection): Promise<Broker> {
  const client = clientOf(connection);
  const queues = new Queues(name, connection, client);
  await queues.expectAnswer();
  return {
    name,
    tier: connection.tier,
    promises: promisesOf(name, isAmazon(connection)),
    ...(isAmazon(connection) && { drainedTimeMs: DRAINED_TIME_MS_AMAZON }),
    habits: { likesPerSend: 160, sendsInFlight: 2 },
    hasQueue: async (queue) => (await queues.find(queue)) !== undefined,
    async createQueue(queue) {
      for (const place of [queue, lettersOf(queue)]) {
        if ((await queues.find(place)) === undefined) continue;
        throw BrokerError.refused(name, `queue ${queues.fullName(place)}`, 'it is there already');
      }
      await queues.create(lettersOf(queue));
      const { QueueArn } = await queues.attributes(lettersOf(queue), ['QueueArn']);
      await queues.create(queue, { deadLetterTargetArn: QueueArn, maxReceiveCount: RECEIVES_MAX });
    },
    async deleteQueue(queue) {
      for (const place of [queue, lettersOf(queue)]) await queues.delete(place);
    },
    async openProducer(queue) {
      return openSqsProducer({ client, queueUrl: await queues.url(queue) });
    },
    async openConsumer(queue, handleLikes) {
      const deadLetterQueueUrl = await queues.url(lettersOf(queue));
      const queueUrl = await queues.url(queue);
      const receiveWaitS = name === 'sqs-fifo' && !isAmazon(connection) ? 0 : 1;
      const options = { client, queueUrl, deadLetterQueueUrl, receiveWaitS };
      return openSqsConsumer(options, handleLikes);
    },
    async backlog(queue): Promise<Backlog> {
      const [likes, letters] = await Promise.all([queue, lettersOf(queue)].map(queues.counts));
      return { ...likes!, parked: letters!.waiting + letters!.unacknowledged };
    },
    parked: (queue) => readLetters(queues, lettersOf(queue)),
    // What is deleted is gone, and ElasticMQ's file uses its space again.
    reclaim: async () => undefined,
    settings: (queue) => readSettings(queues, queue),
    [Symbol.asyncDispose]: async () => queues.sqs.destroy(),
  };
}

const lettersOf = (queue: string): string => `${queue}-dead-letters`;

/** Without a region it is an ElasticMQ, which wants credentials and looks at none. */
function clientOf({ address, tls, region }: Connection): SQSClientConfig {
  const agent = tls?.caFile !== undefined && { httpsAgent: { ca: readFileSync(tls.caFile) } };
  const endpoint = `${tls ? 'https' : 'http'}://${address}`;
  return {
    region: region ?? 'elasticmq',
    requestHandler: { ...TIMEOUTS, ...agent },
    ...(region === undefined && { credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }),
    // The addresses of queues name the server as it sees itself, which may not be how we reach it.
    ...(address !== '' && { endpoint, useQueueUrlAsEndpoint: false }),
  };
}

/** The queues of one server by their names, with the errors of a broker. */
class Queues {
  readonly sqs: SQS;
  readonly #name: Name;
  readonly #connection: Connection;
  readonly #urls = new Map<string, string>();

  constructor(name: Name, connection: Connection, client: SQSClientConfig) {
    this.#name = name;
    this.#connection = connection;
    this.sqs = new SQS({ maxAttempts: TRIES_MAX, ...client });
  }

  /** Rejects with a BrokerError in place of what the SDK rejects with. */
  async ask<Result>(request: string, answer: Promise<Result>): Promise<Result> {
    return await answer.catch((cause: unknown) => {
      const isAnswer = cause instanceof SQSServiceException;
      if (isAnswer) throw BrokerError.refused(this.#name, request, cause);
      throw BrokerError.unreachable(this.#name, this.#connection.address, cause);
    });
  }

  async expectAnswer(): Promise<void> {
    await this.sqs.listQueues({ MaxResults: 1 }).catch((cause: unknown) => {
      // Whoever may not list queues may still be allowed to use some.
      if (cause instanceof SQSServiceException && cause.name.startsWith('AccessDenied')) return;
      this.sqs.destroy();
      throw BrokerError.unreachable(this.#name, this.#connection.address, cause);
    });
  }

  fullName(queue: string): string {
    return this.#name === 'sqs-fifo' ? `${queue}.fifo` : queue;
  }

  /** The address of a queue; undefined when it is not there. */
  async find(queue: string): Promise<string | undefined> {
    const QueueName = this.fullName(queue);
    const found = this.sqs.getQueueUrl({ QueueName }).catch((error: unknown) => {
      if (error instanceof QueueDoesNotExist) return { QueueUrl: undefined };
      throw error;
    });
    return (await this.ask(`queue ${QueueName}`, found)).QueueUrl;
  }

  /** The same for the life of a queue, so it is asked for once. */
  async url(queue: string): Promise<string> {
    const url = this.#urls.get(queue) ?? (await this.find(queue));
    if (!url) throw BrokerError.refused(this.#name, this.fullName(queue), 'it is not there');
    this.#urls.set(queue, url);
    return url;
  }

  async create(queue: string, redrive?: object): Promise<void> {
    const QueueName = this.fullName(queue);
    const Attributes = {
      VisibilityTimeout: String(VISIBILITY_S),
      MessageRetentionPeriod: String(RETENTION_S),
      ...(this.#name === 'sqs-fifo' && FIFO_ATTRIBUTES),
      ...(redrive && { RedrivePolicy: JSON.stringify(redrive) }),
    };
    await this.ask(`queue ${QueueName}`, this.sqs.createQueue({ QueueName, Attributes }));
    if (isAmazon(this.#connection)) await pause(NEW_QUEUE_REST_MS);
  }

  async delete(queue: string): Promise<void> {
    this.#urls.delete(queue);
    const QueueUrl = await this.find(queue);
    if (QueueUrl) await this.ask(`queue ${queue}`, this.sqs.deleteQueue({ QueueUrl }));
  }

  async attributes(queue: string, names: QueueAttributeName[]): Promise<Record<string, string>> {
    const request = { QueueUrl: await this.url(queue), AttributeNames: names };
    const answer = await this.ask(`queue ${queue}`, this.sqs.getQueueAttributes(request));
    return answer.Attributes ?? {};
  }

  /** ElasticMQ walks over all messages of the queue for this and does nothing else meanwhile. */
  readonly counts = async (queue: string): Promise<Omit<Backlog, 'parked'>> => {
    const found = await this.attributes(queue, COUNTS);
    const [visible, delayed, invisible] = COUNTS.map((name) => Number(found[name]));
    return { waiting: visible! + delayed!, unacknowledged: invisible! };
  };
}

/**
 * SQS gives again what it gave before unless it is hidden meanwhile, so two readers at once would
 * see some of the letters each.
 */
async function readLetters(queues: Queues, letters: string): Promise<ParkedMessage[]> {
  const QueueUrl = await queues.url(letters);
  const { waiting } = await queues.counts(letters);
  const receive: ReceiveMessageCommandInput = {
    QueueUrl,
    MaxNumberOfMessages: MESSAGES_PER_REQUEST_MAX,
    WaitTimeSeconds: RECEIVE_WAIT_S,
    VisibilityTimeout: PARKED_READ_S,
    MessageAttributeNames: ['reason'],
    MessageSystemAttributeNames: ['SentTimestamp', 'SequenceNumber'],
  };
  const found: Message[] = [];
  try {
    while (found.length < waiting) {
      const { Messages = [] } = await queues.ask(letters, queues.sqs.receiveMessage(receive));
      if (Messages.length === 0) break;
      found.push(...Messages);
    }
  } finally {
    for (const { ReceiptHandle } of found) {
      const show = { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 };
      await queues.ask(letters, queues.sqs.changeMessageVisibility(show));
    }
  }
  return found.sort(bySending).map(({ Body = '', MessageAttributes }) => ({
    text: Body,
    reason: MessageAttributes?.reason?.StringValue ?? REDRIVEN,
  }));
}

function bySending({ Attributes: one }: Message, { Attributes: other }: Message): number {
  const sentMs = (from: typeof one) => Number(from?.SentTimestamp);
  // Only FIFO queues number their messages, with numbers too long for a Number.
  const numberOf = (from: typeof one) => BigInt(from?.SequenceNumber ?? 0);
  return sentMs(one) - sentMs(other) || Number(numberOf(one) - numberOf(other));
}

/** No server tells whether it keeps messages; that is shown by what is there after a kill. */
async function readSettings(queues: Queues, queue: string): Promise<Settings> {
  const attributes = Object.entries(await queues.attributes(queue, ['All']));
  const settings = attributes.filter(([name]) => !/^Approximate|Timestamp$/.test(name));
  return { ...Object.fromEntries(settings), persistence: 'not told by the server' };
}
