/**
 * SQS queues as the lab runs them, standard and FIFO, each with a dead-letter queue beside it. The
 * server is ElasticMQ, which stands in for the service, or Amazon SQS itself, by its address.
 */
import { openSqsConsumer, VISIBILITY_S } from '../consumers/sqs.ts';
import { openSqsProducer } from '../producers/sqs.ts';
import type { Backlog, Broker, Connection, OpenOwnConsumer, Promises } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import type { Settings } from './servers/server.ts';
import { parkedOf, postTexts, RECEIVES_MAX, redriveLetters } from './sqs-letters.ts';
import { clientOf, isAmazon, type Name, Queues } from './sqs-queues.ts';

/** Amazon's counts are approximate, and consistent a minute after the last send at the earliest
 * (docs.aws.amazon.com: SQS API, GetQueueAttributes). */
const DRAINED_TIME_MS_AMAZON = 60_000;

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
} as const satisfies Record<Name, object>;

/** On Amazon SQS it is its own promise, else that of ElasticMQ, which stands in for it. */
function promisesOf(name: Name, isAmazon: boolean): Promises {
  const isFifo = name === 'sqs-fifo';
  const promises = { order: isFifo ? 'per-post' : 'none', delivery: 'at-least-once' } as const;
  if (isAmazon) return { ...promises, source: PROMISED[name].source };
  return {
    ...promises,
    // What it reads back from its file comes by the times of the next deliveries instead.
    ...(isFifo && { orderEndsWithServer: true }),
    // Its database closes at the first write that fails, and does not open again by itself; what
    // is acknowledged from then on, if anything is, stands in memory only.
    survivalEndsOnFullDisk: true,
    source: 'github.com/softwaremill/elasticmq/blob/v1.7.1/README.md',
    emulates: { system: 'Amazon SQS', ...PROMISED[name] },
  };
}

/** Likes of one post may overtake each other. @throws BrokerError BROKER_UNREACHABLE */
export function openSqsBroker(connection: Connection, own?: OpenOwnConsumer): Promise<Broker> {
  return open('sqs', connection, own);
}

/** A message group for every post. @throws BrokerError BROKER_UNREACHABLE */
export function openSqsFifoBroker(connection: Connection, own?: OpenOwnConsumer): Promise<Broker> {
  return open('sqs-fifo', connection, own);
}

async function open(name: Name, connection: Connection, own?: OpenOwnConsumer): Promise<Broker> {
  const openConsumer = (own ?? openSqsConsumer) as typeof openSqsConsumer;
  const client = clientOf(connection);
  const queues = new Queues(name, connection, client);
  await queues.expectAnswer();
  return {
    name,
    tier: connection.tier,
    promises: promisesOf(name, isAmazon(connection)),
    ...(isAmazon(connection) && { drainedTimeMs: DRAINED_TIME_MS_AMAZON }),
    habits: { likesPerSend: 160, sendsInFlight: 2 },
    timeoutsMs: { visibility: VISIBILITY_S * 1_000 },
    hasQueue: async (queue) => (await queues.find(queue)) !== undefined,
    async createQueue(queue, { service, keepsLog }) {
      BrokerError.refuseService(name, service);
      BrokerError.refuseLog(name, keepsLog);
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
      return openConsumer(options, handleLikes);
    },
    async backlog(queue): Promise<Backlog> {
      const [likes, letters] = await Promise.all([queue, lettersOf(queue)].map(queues.counts));
      return { ...likes!, parked: letters!.waiting + letters!.unacknowledged };
    },
    parked: (queue) => parkedOf(queues, lettersOf(queue)),
    post: (queue, texts) => postTexts(queues, queue, texts),
    redrive: (queue, { max } = {}) => redriveLetters(queues, lettersOf(queue), queue, max),
    // What is deleted is gone, and ElasticMQ's file uses its space again.
    reclaim: async () => undefined,
    settings: (queue) => readSettings(queues, queue),
    [Symbol.asyncDispose]: async () => queues.sqs.destroy(),
  };
}

const lettersOf = (queue: string): string => `${queue}-dead-letters`;

/** No server tells whether it keeps messages; that is shown by what is there after a kill. */
async function readSettings(queues: Queues, queue: string): Promise<Settings> {
  const attributes = Object.entries(await queues.attributes(queue, ['All']));
  const settings = attributes.filter(([name]) => !/^Approximate|Timestamp$/.test(name));
  return { ...Object.fromEntries(settings), persistence: 'not told by the server' };
}
