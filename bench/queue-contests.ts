/** Contests of queues on servers of their own, and of what an fsync costs. */
import type { Tier } from '../brokers/servers/server.ts';
import { runSide } from './child.ts';
import { type Contest, expectExactly } from './contest.ts';
import { count, publish } from './our-workers.ts';
import { openQueue, type RunningBroker, type Stage } from './stage.ts';

/** As many loops and jobs at a time as the templates have, so that only the work differs. */
const SQS_LOOPS = 6;
const BULLMQ_CONCURRENCY = 200;

/** A broker, at its default tier unless told. */
interface Subject {
  readonly name: string;
  readonly tier?: Tier;
}

/** Fills a queue on a server of its own, has it drained, and resolves with the rate. */
async function onFullQueue(
  stage: Stage,
  { name, tier }: Subject,
  drain: (running: RunningBroker, queue: string, messages: number) => Promise<number>,
): Promise<number> {
  await using running = await stage.freshBroker(name, tier);
  await using queue = await openQueue(running);
  const { messages } = await publish(stage, running, queue.name);
  // Awaited here: the queue and its server end when this function does.
  return await drain(running, queue.name, messages);
}

/** Our side of all these contests: the lab's consumer process on a full queue. */
export function countOnFullQueue(stage: Stage, subject: Subject): Promise<number> {
  return onFullQueue(stage, subject, (running, queue) => count(stage, running, queue));
}

async function runBare(
  stage: Stage,
  script: string,
  order: { readonly running: RunningBroker; readonly queue: string; readonly total: number },
  more: object,
): Promise<number> {
  const { running, queue, total } = order;
  const { address, broker } = running;
  const report = await runSide(script, { address, queue, ...more }, stage.signal);
  expectExactly(`messages handled by ${script}`, report.handled, total);
  const { waiting, unacknowledged } = await broker.backlog(queue);
  expectExactly(`messages left by ${script}`, waiting + unacknowledged, 0);
  return report.perS;
}

/** Each side drains a Redis of its own: acknowledged entries are gone, and files keep growing. */
const redisStreamsCounted: Contest = {
  name: 'redis-streams-counted',
  unit: 'entries',
  target: 0.6,
  warmsUp: false,
  ours:
    "the lab's consumer process: leases, reads, decodes, records and counts a backlog into 4 " +
    'SQLite shards (synchronous=FULL), acknowledges and trims; likes counted after the first tenth',
  bare:
    'XREADGROUP of the same COUNT on the same streams, JSON.parse, XACK and the same XTRIM over ' +
    'the same two connections, counting nothing; all entries (0.5 % are retries) after the first ' +
    'tenth',
  async openPair(stage) {
    const subject = { name: 'redis-streams' };
    return {
      ours: () => countOnFullQueue(stage, subject),
      bare: () =>
        onFullQueue(stage, subject, (running, queue, total) =>
          runBare(stage, 'bare-redis-streams.ts', { running, queue, total }, { entries: total }),
        ),
    };
  },
};

const sqsCounted: Contest = {
  name: 'sqs-counted',
  unit: 'messages',
  target: 0.65,
  likesMost: 12_000,
  warmsUp: false,
  ours:
    "the lab's consumer process on ElasticMQ without storage: receives, gathers, decodes, " +
    'records and counts a backlog into 4 SQLite shards (synchronous=FULL), deletes; likes ' +
    'counted after the first tenth',
  bare:
    `${SQS_LOOPS} loops of the SDK side by side on the same ElasticMQ: receive ten, JSON.parse, ` +
    'delete ten, counting nothing; all messages (0.5 % are retries) after the first tenth',
  async openPair(stage) {
    const subject = { name: 'sqs', tier: 'memory' } as const;
    return {
      ours: () => countOnFullQueue(stage, subject),
      bare: () =>
        onFullQueue(stage, subject, (running, queue, total) =>
          runBare(
            stage,
            'bare-sqs.ts',
            { running, queue, total },
            { messages: total, loops: SQS_LOOPS },
          ),
        ),
    };
  },
};

const bullmqCounted: Contest = {
  name: 'bullmq-counted',
  unit: 'jobs',
  target: 0.75,
  likesMost: 40_000,
  warmsUp: false,
  ours:
    "the lab's consumer process: takes jobs, gathers, decodes, records and counts a backlog " +
    'into 4 SQLite shards (synchronous=FULL), completes; likes counted after the first tenth',
  bare:
    `a Worker of the same concurrency (${BULLMQ_CONCURRENCY}) whose processor does nothing; all ` +
    'jobs (0.5 % are retries) after the first tenth',
  async openPair(stage) {
    const subject = { name: 'bullmq', tier: 'kill' } as const;
    const concurrency = BULLMQ_CONCURRENCY;
    return {
      ours: () => countOnFullQueue(stage, subject),
      bare: () =>
        onFullQueue(stage, subject, (running, queue, total) =>
          runBare(stage, 'bare-bullmq.ts', { running, queue, total }, { jobs: total, concurrency }),
        ),
    };
  },
};

/** The same producer at two tiers: what writing to the disk before each answer costs. */
function fsyncCost(name: string, likesMost: number): Contest {
  return {
    name: `${name}-fsync`,
    unit: 'messages',
    likesMost,
    warmsUp: false,
    ours: `${name} published at tier power: an fsync before every acknowledgement`,
    bare: `${name} published at tier kill, the same producer and likes`,
    async openPair(stage) {
      const publishAt = async (tier: Tier): Promise<number> => {
        await using running = await stage.freshBroker(name, tier);
        await using queue = await openQueue(running);
        return (await publish(stage, running, queue.name)).likesPerS;
      };
      return { ours: () => publishAt('power'), bare: () => publishAt('kill') };
    },
  };
}

export const QUEUE_CONTESTS: readonly Contest[] = [
  redisStreamsCounted,
  sqsCounted,
  bullmqCounted,
  fsyncCost('kafka', 200_000),
  fsyncCost('redis-streams', 200_000),
  fsyncCost('bullmq', 40_000),
];
