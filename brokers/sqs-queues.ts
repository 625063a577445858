/** The queues of one SQS server: found, made, deleted, and how full they are. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type QueueAttributeName,
  QueueDoesNotExist,
  SQS,
  type SQSClientConfig,
  SQSServiceException,
} from '@aws-sdk/client-sqs';
import type { Backlog, Connection } from './broker.ts';
import { BrokerError } from './broker-error.ts';

/** A connection or an answer that takes longer, in ms, is given up. */
const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true };
/** Of an administrative request, so that a server that is away is soon reported. */
const TRIES_MAX = 2;
const VISIBILITY_S = 10;
/** The most that SQS allows: 14 days instead of 4. */
const RETENTION_S = 1_209_600;
/** Amazon wants a new queue left alone for a second. */
const NEW_QUEUE_REST_MS = 1_000;

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

export type Name = 'sqs' | 'sqs-fifo';

/** Any other server with a region is a stand-in, whatever credentials it asks for. */
export function isAmazon({ address }: Connection): boolean {
  return address === '' || /\.amazonaws\.com(\.cn)?(:\d+)?$/.test(address);
}

/** Without a region it is an ElasticMQ, which wants credentials and looks at none. */
export function clientOf({ address, tls, region }: Connection): SQSClientConfig {
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
export class Queues {
  readonly sqs: SQS;
  readonly name: Name;
  readonly #connection: Connection;
  readonly #urls = new Map<string, string>();

  constructor(name: Name, connection: Connection, client: SQSClientConfig) {
    this.name = name;
    this.#connection = connection;
    this.sqs = new SQS({ maxAttempts: TRIES_MAX, ...client });
  }

  /** Rejects with a BrokerError in place of what the SDK rejects with. */
  async ask<Result>(request: string, answer: Promise<Result>): Promise<Result> {
    return await answer.catch((cause: unknown) => {
      const isAnswer = cause instanceof SQSServiceException;
      if (isAnswer) throw BrokerError.refused(this.name, request, cause);
      throw BrokerError.unreachable(this.name, this.#connection.address, cause);
    });
  }

  async expectAnswer(): Promise<void> {
    await this.sqs.listQueues({ MaxResults: 1 }).catch((cause: unknown) => {
      // Whoever may not list queues may still be allowed to use some.
      if (cause instanceof SQSServiceException && cause.name.startsWith('AccessDenied')) return;
      this.sqs.destroy();
      throw BrokerError.unreachable(this.name, this.#connection.address, cause);
    });
  }

  fullName(queue: string): string {
    return this.name === 'sqs-fifo' ? `${queue}.fifo` : queue;
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
    if (!url) throw BrokerError.refused(this.name, this.fullName(queue), 'it is not there');
    this.#urls.set(queue, url);
    return url;
  }

  async create(queue: string, redrive?: object): Promise<void> {
    const QueueName = this.fullName(queue);
    const Attributes = {
      VisibilityTimeout: String(VISIBILITY_S),
      MessageRetentionPeriod: String(RETENTION_S),
      ...(this.name === 'sqs-fifo' && FIFO_ATTRIBUTES),
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
