import { describe, expect, test } from 'vitest';
import { BROKERS } from '../../brokers/index.ts';
import { isDoneWithin } from '../../cli/count.ts';
import { linesOf, runLab } from './lab-process.ts';
import { expectExact, LIKES, totalOf, useServer } from './queue-fixture.ts';

const REDIS = '--brokers redis-streams --queue';

describe('on Redis Streams', () => {
  const redis = useServer('redis');

  test('two processes side by side count a queue to its end, each like once', async () => {
    const sent = await redis.run(`produce ${REDIS} two --likes ${LIKES} --create`);
    expect(sent.code, sent.stderr).toBe(0);
    const folder = redis.storeFolder('two');
    const count = `count ${REDIS} two --store ${folder} --until-drained --json`;
    const ended = await Promise.all([redis.run(count), redis.run(count)]);
    for (const { code, stderr } of ended) expect(code, stderr).toBe(0);
    const totals = ended.map(totalOf);
    expect(totals[0]!.counted! + totals[1]!.counted!).toBe(LIKES);
    expect(totals[0]!.parked).toBe(0);
    await expectExact(folder);
    const { stdout } = await runLab(['counts', folder, '--top', '1']);
    const [, likes, unlikes] = /posts, ([\d,]+) likes, ([\d,]+) unlikes/.exec(stdout)!;
    const number = (text: string) => Number(text.replaceAll(',', ''));
    expect(number(likes!) + number(unlikes!)).toBe(LIKES);
    expect(stdout).toContain('The store is sound.');
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'after %s in the middle another process counts the rest, each like once',
    async (signal) => {
      const queue = signal.toLowerCase();
      const folder = redis.storeFolder(queue);
      const count = `count ${REDIS} ${queue} --store ${folder}`;
      await using first = redis.lab(`${count} --create`);
      await first.says(/^0 likes\/s · 0 counted .* · lag 0 /m, 'stdout');
      await using producer = redis.lab(`produce ${REDIS} ${queue} --likes ${LIKES} --rate 5000`);
      await first.says(/ [1-9][\d,]* counted /, 'stdout');
      first.child.kill(signal);
      const { code, stdout } = await first.ended();
      if (signal === 'SIGTERM') {
        expect(code).toBe(0);
        const last = linesOf(stdout).at(-1)!;
        expect(last).toMatch(/^counted [\d,]+ · seen again [\d,]+ · parked 0 · [\d.]+ s$/);
        expect(Number(last.split(' ')[1]!.replace(',', ''))).toBeLessThan(LIKES);
      }
      expect((await producer.ended()).code).toBe(0);
      const rest = await redis.run(`${count} --until-drained`);
      expect(rest.code, rest.stderr).toBe(0);
      await expectExact(folder);
    },
  );

  test('a queue that is deleted meanwhile ends it with one line that says so', async () => {
    await using counting = redis.lab(
      `count ${REDIS} deleted --store ${redis.storeFolder('deleted')} --create`,
    );
    await counting.says(/lag 0 /, 'stdout');
    const connection = { ...redis.server.endpoint, tier: 'kill' } as const;
    await using broker = await BROKERS['redis-streams']!.open(connection);
    await broker.deleteQueue('deleted');
    const { code, stderr } = await counting.ended();
    expect(linesOf(stderr)).toHaveLength(1);
    expect(stderr).toMatch(/^error: .*(has no queue deleted any more|cannot go on: NOGROUP)/);
    expect(code).toBe(2);
  });

  test('an empty queue is drained at once', async () => {
    const folder = redis.storeFolder('empty');
    const args = `${REDIS} empty --store ${folder} --shards 2 --until-drained`;
    const { code, stdout } = await redis.run(`count ${args} --create`);
    expect(code).toBe(0);
    expect(linesOf(stdout).at(-1)).toMatch(/^counted 0 · seen again 0 · parked 0 · /);
    const again = await redis.run(`count ${args.replace('--shards 2', '--shards 3')}`);
    expect(again.stderr).toMatch(/has 2 shards, 3 were asked for/);
    expect(again.code).toBe(64);
  });

  test('a queue that is not there is a usage error that says how to make it', async () => {
    const { code, stdout, stderr } = await redis.run(`count ${REDIS} nope --store nowhere`);
    expect(stderr).toBe('error: redis-streams has no queue nope; add --create to make it\n');
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });
});

describe('on Kafka', () => {
  const kafka = useServer('kafka');

  test('each like counts once, and a queue that is not there is told', async () => {
    const broker = '--brokers kafka --queue';
    const nope = await kafka.run(`count ${broker} nope --store nowhere`);
    // kafkajs makes Node warn of a timeout below zero; npm's scripts leave that out.
    const last = linesOf(nope.stderr).at(-1);
    expect(last).toBe('error: kafka has no queue nope; add --create to make it');
    expect(nope.code).toBe(64);
    expect((await kafka.run(`produce ${broker} likes --likes ${LIKES} --create`)).code).toBe(0);
    const folder = kafka.storeFolder('likes');
    const args = `count ${broker} likes --store ${folder} --until-drained --json`;
    const { code, stderr, stdout } = await kafka.run(args);
    expect(code, stderr).toBe(0);
    expect(totalOf({ code, stderr, stdout })).toMatchObject({ counted: LIKES, parked: 0 });
    await expectExact(folder);
  });
});

describe('what count cannot do is one line', () => {
  const NEEDED = '--brokers kafka --queue q --store s';
  test.concurrent.each<[string, string, RegExp]>([
    ['no broker', '--queue q --store s', /required option '--brokers <name>' not specified/],
    [
      'several brokers',
      '--brokers kafka,redis-streams --queue q --store s',
      /'kafka,redis-streams' is invalid\. allowed is one of kafka, /,
    ],
    ['no queue', '--brokers kafka --store s', /required option '--queue <name>' not specified/],
    ['no store', '--brokers kafka --queue q', /required option '--store <folder>' not specified/],
    ['shards beyond the limit', `${NEEDED} --shards 65`, /'65' is invalid\. .* from 1 to 64/],
    ['lanes of a queue that is there', `${NEEDED} --lanes 4`, /--lanes 4: .* add --create/],
    ['a runtime that is none', `${NEEDED} --runtime x`, /'x' is invalid\. Allowed choices are loc/],
    ['servers nobody named', `${NEEDED} --runtime external`, /LIKE_LAB_KAFKA is missing or wrong/],
  ])('%s', async (_what, args, line) => {
    const { code, stdout, stderr } = await runLab(['count', ...args.split(' ')], {});
    expect(linesOf(stderr)[0]).toMatch(line);
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });
});

describe('the limit for stopping', () => {
  test('is told apart from being done, and from failing', async () => {
    expect(await isDoneWithin(Promise.resolve(), 60_000)).toBe(true);
    expect(await isDoneWithin(new Promise(() => {}), 20)).toBe(false);
    await expect(isDoneWithin(Promise.reject(new Error('no')), 60_000)).rejects.toThrow('no');
  });
});
