/** BullMQ as the lab runs it: a queue of its own per queue, its failed set for dead letters. */
import { type Job, Queue } from 'bullmq';
import { LOCK_MS, openBullmqConsumer, STALLED_CHECK_MS } from '../consumers/bullmq.ts';
import { ANSWER_TIMEOUT_MS, openBullmqProducer } from '../producers/bullmq.ts';
import type { Backlog, Broker, Connection, OpenOwnConsumer, ParkedMessage } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import { redisOptionsOf } from './redis-options.ts';
import { connectRedis, limitMemory, readRedisSettings, rewriteGrownFile } from './redis-server.ts';
import type { Settings } from './servers/server.ts';

/** Where BullMQ keeps what it knows of a queue; its first job makes it, if nothing else has. */
const metaKeyOf = (queue: string) => `bull:${queue}:meta`;
/** What BullMQ itself writes there: how many of a queue's last events are kept. */
const EVENTS_MAX_FIELD = 'opts.maxLenEvents';
const EVENTS_MAX = 10_000;

/** Failed jobs that are asked for at a time. */
const PARKED_PER_READ = 1_000;

/** Connects one administrative connection; rejects with BROKER_UNREACHABLE when nobody answers. */
export async function openBullmqBroker(
  connection: Connection,
  own?: OpenOwnConsumer,
): Promise<Broker> {
  const openConsumer = (own ?? openBullmqConsumer) as typeof openBullmqConsumer;
  const client = redisOptionsOf(connection);
  const redis = await connectRedis('bullmq', connection);

  const hasQueue = async (name: string) => (await redis.exists(metaKeyOf(name))) === 1;

  /** BullMQ's own view of a queue, over the one connection, for as long as `use` takes. */
  async function withQueue<Result>(
    name: string,
    use: (queue: Queue) => Promise<Result>,
  ): Promise<Result> {
    const queue = new Queue(name, { connection: redis, skipMetasUpdate: true });
    queue.on('error', () => undefined); // Every request reports its own failure.
    try {
      return await use(queue);
    } finally {
      await queue.close();
    }
  }

  /** BullMQ takes any name for an empty queue, so a wrong one would look drained. */
  async function existing(name: string): Promise<string> {
    if (await hasQueue(name)) return name;
    throw BrokerError.refused('bullmq', `queue ${name}`, 'there is no such queue');
  }

  return {
    name: 'bullmq',
    tier: connection.tier,
    promises: {
      order: 'none',
      delivery: 'at-least-once',
      source: 'docs.bullmq.io/guide/workers/stalled-jobs',
    },
    habits: { likesPerSend: 200, sendsInFlight: 4 },
    timeoutsMs: { lock: LOCK_MS, 'stalled check': STALLED_CHECK_MS, answer: ANSWER_TIMEOUT_MS },
    hasQueue,
    async createQueue(name, { service, keepsLog }) {
      BrokerError.refuseService('bullmq', service);
      BrokerError.refuseLog('bullmq', keepsLog);
      if (name.includes(':')) {
        throw BrokerError.refused('bullmq', `queue ${name}`, 'BullMQ allows no colon in a name');
      }
      if ((await redis.hsetnx(metaKeyOf(name), EVENTS_MAX_FIELD, EVENTS_MAX)) === 0) {
        throw BrokerError.refused('bullmq', `queue ${name}`, 'it is there already');
      }
    },
    deleteQueue: (name) =>
      withQueue(name, async (queue) => {
        await queue.obliterate({ force: true });
        // It leaves those that only other ways to use BullMQ write.
        await redis.unlink(...Object.values(queue.keys));
      }),
    openProducer: async (name) => openBullmqProducer({ client, queue: await existing(name) }),
    openConsumer: async (name, handleLikes) =>
      openConsumer({ client, queue: await existing(name) }, handleLikes),
    backlog: async (name) => withQueue(await existing(name), backlogOf),
    parked: async (name) => withQueue(await existing(name), parkedOf),
    post: async (name, texts) => withQueue(await existing(name), (queue) => post(queue, texts)),
    redrive: async (name, { max } = {}) =>
      withQueue(await existing(name), (queue) => redrive(queue, max)),
    limitMemory: limitMemory(redis),
    reclaim: () => rewriteGrownFile(redis),
    async settings(name): Promise<Settings> {
      const eventsMax = await redis.hget(metaKeyOf(name), EVENTS_MAX_FIELD);
      const settings = await readRedisSettings(redis);
      return { ...settings, 'events kept per queue': eventsMax ?? 'not told' };
    },
    [Symbol.asyncDispose]: async () => redis.disconnect(),
  };
}

/** By one script of the server. A delayed job waits for its next try, or for its time. */
async function backlogOf(queue: Queue): Promise<Backlog> {
  const counts = await queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active', 'failed');
  const of = (state: string) => counts[state] ?? 0;
  return {
    waiting: of('waiting') + of('prioritized') + of('delayed'),
    unacknowledged: of('active'),
    parked: of('failed'),
  };
}

/** In the options that BullMQ has by default, as any other program's. */
async function post(queue: Queue, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await queue.add('like', text).catch((error: Error) => {
      if (error.name !== 'ReplyError') throw error;
      throw BrokerError.messageRefused('bullmq', text, error);
    });
  }
}

/** By BullMQ's own retry, one script of the server that moves a job from set to list. */
async function redrive(queue: Queue, max?: number): Promise<{ redriven: number }> {
  let redriven = 0;
  for (const job of (await failedOf(queue)).slice(0, max)) {
    // As new: what a sender allowed as tries must not count those that are over.
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    redriven += 1;
  }
  return { redriven };
}

async function parkedOf(queue: Queue): Promise<ParkedMessage[]> {
  return (await failedOf(queue)).map(({ data, failedReason }) => ({
    text: typeof data === 'string' ? data : JSON.stringify(data),
    reason: failedReason ?? '',
  }));
}

/** The set is in the order of failing, to the ms; ids, which count up, order those of one ms. */
async function failedOf(queue: Queue): Promise<Job[]> {
  const jobs: Job[] = [];
  for (let from = 0; ; from += PARKED_PER_READ) {
    const page = await queue.getJobs(['failed'], from, from + PARKED_PER_READ - 1, true);
    jobs.push(...page);
    if (page.length < PARKED_PER_READ) break;
  }
  return jobs.sort((a, b) => a.finishedOn! - b.finishedOn! || Number(a.id) - Number(b.id));
}
