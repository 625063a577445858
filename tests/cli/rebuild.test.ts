import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Broker } from '../../brokers/broker.ts';
import { BROKERS } from '../../brokers/index.ts';
import { refuseReadOnce } from '../../cli/queue-options.ts';
import { openStore } from '../../store/open-store.ts';
import { ARRIVAL_LIMIT_MS, drained, madeLikes, until } from '../brokers/broker-under-test.ts';
import { allCounts, modelCounts } from '../store/made-likes.ts';
import { tamper } from '../store/store-folder.ts';
import { linesOf, runLab } from './lab-process.ts';
import { type QueueServer, totalOf, useServer } from './queue-fixture.ts';

const LIKES = madeLikes(3_000);
const POSTS = modelCounts(LIKES).length;

interface CountedQueue {
  readonly folder: string;
  /** The command, without further flags. */
  readonly again: string;
}

/** A new queue whose likes, and one message that is no like, have been counted. */
async function countedQueue(
  server: QueueServer,
  name: string,
  { queue, keepsLog }: { queue: string; keepsLog: boolean },
): Promise<CountedQueue> {
  const folder = server.storeFolder(queue);
  await using broker: Broker = await BROKERS[name]!.open({
    ...server.server.endpoint,
    tier: 'kill',
  });
  await broker.createQueue(queue, { lanes: 2, keepsLog });
  await using producer = await broker.openProducer(queue);
  await producer.send(LIKES);
  await broker.post(queue, ['no like']);
  await using store = await openStore({ folder, shards: 2 });
  await using _consumer = await broker.openConsumer(queue, (likes) => store.apply(likes));
  await drained(broker, queue);
  await until('the message is parked', ARRIVAL_LIMIT_MS, async () => {
    return (await broker.parked(queue)).length === 1;
  });
  return { folder, again: `rebuild --brokers ${name} --queue ${queue} --store ${folder}` };
}

/** Behind the store's back: one post of shard 1 has three likes more. */
const THREE_MORE = `UPDATE counts SET likes = likes + 3
                    WHERE post = (SELECT min(post) FROM counts)`;

describe('on Redis Streams', () => {
  const redis = useServer('redis');

  test('a log that is kept gives the same counts again, and finds the wrong one', async () => {
    const wanted = { queue: 'kept', keepsLog: true };
    const { folder, again } = await countedQueue(redis, 'redis-streams', wanted);
    const into = redis.storeFolder('kept-again');
    const equal = await redis.run(`${again} --into ${into}`);
    expect(equal.code, equal.stderr).toBe(0);
    expect(linesOf(equal.stdout).slice(-2)).toEqual([
      '3,001 messages of the log: 3,000 likes, 1 refused',
      `all ${POSTS} posts have the counts of the log`,
    ]);
    await using store = await openStore({ folder: into });
    expect(await allCounts(store)).toEqual(modelCounts(LIKES));

    tamper(folder, 1, THREE_MORE);
    const wrong = await redis.run(again);
    expect(wrong.code, wrong.stderr).toBe(1);
    const [difference, , verdict] = linesOf(wrong.stdout).slice(-3);
    const [, was, is] = /^post-\d+: was (\d+) likes and .*, is (\d+) likes/.exec(difference!)!;
    expect(Number(was) - Number(is)).toBe(3);
    expect(verdict).toMatch(/^1 of \d+ posts differ for no reason but a wrong store/);
  });

  test('a log that was trimmed is refused, unless one asks for what is left', async () => {
    const wanted = { queue: 'trimmed', keepsLog: false };
    const { folder, again } = await countedQueue(redis, 'redis-streams', wanted);
    const refused = await redis.run(again);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^error: the log begins at lane 0 at .*: older likes are gone, /,
    );
    const partial = await redis.run(`${again} --partial --json`);
    expect(partial.code, partial.stderr).toBe(2);
    expect(totalOf(partial)).toMatchObject({ isShort: true, uncounted: 0, verdict: 'unknown' });
    const where = '--brokers redis-streams --queue trimmed';
    const kept = await redis.run(`count ${where} --store ${folder} --create --keep-log`);
    expect(kept.code).toBe(64);
    expect(kept.stderr).toMatch(/is there and does not keep its log/);
  });
});

describe('on Kafka', () => {
  const kafka = useServer('kafka');

  test('a second group counts the log again, and finds the wrong count', async () => {
    const wanted = { queue: 'likes', keepsLog: false };
    const { folder, again } = await countedQueue(kafka, 'kafka', wanted);
    const equal = await kafka.run(`${again} --json`);
    expect(equal.code, equal.stderr).toBe(0);
    const counted = { messages: 3_001, likes: 3_000, refused: 1, uncounted: 0, differences: 0 };
    expect(totalOf(equal)).toMatchObject({ ...counted, verdict: 'equal' });
    tamper(folder, 1, THREE_MORE);
    const wrong = await kafka.run(`${again} --json`);
    expect(wrong.code, wrong.stderr).toBe(1);
    expect(totalOf(wrong)).toMatchObject({ differences: 1, verdict: 'different' });
    const { was, is } = JSON.parse(linesOf(wrong.stdout).at(-2)!);
    expect(was).toEqual({ likes: is.likes + 3, unlikes: is.unlikes });
  });
});

describe('what rebuild cannot do is one line', () => {
  const NEEDED = '--queue q --store s';
  test.concurrent.each<[string, string, RegExp]>([
    ['sqs', `--brokers sqs ${NEEDED}`, /rebuild: sqs has no log .*: DeleteMessage is how/],
    ['bullmq', `--brokers bullmq ${NEEDED}`, /bullmq has no log .*: a job that is completed is /],
    ['a store that is not there', `--brokers kafka ${NEEDED}`, /store\.json cannot be used/],
  ])('%s', async (_what, args, line) => {
    const { code, stdout, stderr } = await runLab(['rebuild', ...args.split(' ')], {});
    expect(linesOf(stderr)[0]).toMatch(line);
    expect(stdout).toBe('');
    expect(code).toBe(64);
    expect(existsSync('s')).toBe(false);
  });

  test('of each broker it is known before its server is asked', () => {
    const refused = Object.keys(BROKERS).filter((name) => {
      try {
        refuseReadOnce(name, '--keep-log');
        return false;
      } catch (error) {
        expect(error).toMatchObject({ code: 'USAGE' });
        expect((error as Error).message).toMatch(/; take kafka or redis-streams$/);
        return true;
      }
    });
    expect(refused).toEqual(['sqs', 'sqs-fifo', 'bullmq', 'null']);
  });
});
