/** Contests of the queues that hand out little at a time, and of what an fsync costs. */
import type { Tier } from '../brokers/servers/server.ts';
import { runSide } from './child.ts';
import { type Contest, expectExactly } from './contest.ts';
import { count, publish } from './our-workers.ts';
import { openQueue, type RunningBroker, type Stage } from './stage.ts';

/** As many loops and jobs at a time as the templates have, so that only the work differs. */
const SQS_LOOPS = 6;
const BULLMQ_CONCURRENCY = 200;

const NOTHING = { [Symbol.asyncDispose]: async () => undefined };

/** Fills a queue on a server of its own, has it drained, and resolves with the rate. */
async function onFullQueue(
  stage: Stage,
  { name, tier }: { name: string; tier: Tier },
  drain: (running: RunningBroker, queue: string, messages: number) => Promise<number>,
): Promise<number> {
  await using running = await stage.freshBroker(name, tier);
  await using queue = await openQueue(running);
  const { messages } = await publish(stage, running, queue.name);
  // Awaited here: the queue and its server end when this function does.
  return await drain(running, queue.name, messages);
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
      ...NOTHING,
      ours: () => onFullQueue(stage, subject, (running, queue) => count(stage, running, queue)),
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
      ...NOTHING,
      ours: () => onFullQueue(stage, subject, (running, queue) => count(stage, running, queue)),
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
      return { ...NOTHING, ours: () => publishAt('power'), bare: () => publishAt('kill') };
    },
  };
}

export const QUEUE_CONTESTS: readonly Contest[] = [
  sqsCounted,
  bullmqCounted,
  fsyncCost('kafka', 200_000),
  fsyncCost('redis-streams', 200_000),
  fsyncCost('bullmq', 40_000),
];
