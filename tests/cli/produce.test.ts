import { describe, expect, test } from 'vitest';
import { linesOf, runLab } from './lab-process.ts';
import { expectExact, LIKES, totalOf, useServer } from './queue-fixture.ts';

const QUEUE = '--brokers redis-streams --queue';

describe('on Redis Streams', () => {
  const redis = useServer('redis');

  test('a server killed meanwhile leaves likes unknown, and the same source mends it', async () => {
    const args = `produce ${QUEUE} killed --likes ${LIKES} --source mended --seed 3`;
    await using producer = redis.lab(`${args} --rate 5000 --create`);
    await producer.says(/acknowledged [1-9]/, 'stdout');
    await redis.server.kill();
    await producer.says(/unknown [1-9]/, 'stdout');
    await redis.server.start();
    const { code, stdout } = await producer.ended();
    expect(stdout).toMatch(/^source mended, workload trending, seed 3$/m);
    expect(stdout).toMatch(/^[\d,]+ likes not acknowledged, at first: .+$/m);
    expect(linesOf(stdout).at(-1)).toMatch(/send all again with --source mended /);
    expect(code).toBe(2);

    expect((await redis.run(args)).code).toBe(0);
    const folder = redis.storeFolder('killed');
    const counted = await redis.run(`count ${QUEUE} killed --store ${folder} --until-drained`);
    expect(counted.code, counted.stderr).toBe(0);
    await expectExact(folder, 3);
  });

  test('SIGTERM ends it between two sends, with what was sent acknowledged', async () => {
    const args = `produce ${QUEUE} ended --likes ${LIKES} --json`;
    await using producer = redis.lab(`${args} --rate 500 --likes-per-send 10 --create`);
    await producer.says(/"acknowledged":[1-9]/, 'stdout');
    producer.child.kill('SIGTERM');
    const ended = await producer.ended();
    expect(ended.code, ended.stderr).toBe(0);
    const { sent, acknowledged, distinct } = totalOf(ended);
    expect(acknowledged).toBe(sent);
    expect(distinct).toBeLessThan(LIKES);
    const folder = redis.storeFolder('ended');
    const count = `count ${QUEUE} ended --store ${folder} --until-drained --json`;
    expect(totalOf(await redis.run(count))).toMatchObject({
      counted: distinct,
      seenAgain: sent! - distinct!,
    });
  });

  test('each run is a source of its own unless one is named', async () => {
    const args = `produce ${QUEUE} sources --likes 10 --create`;
    const sources = [];
    for (const { stdout } of [await redis.run(args), await redis.run(args)]) {
      sources.push(/^source (\S+),/.exec(stdout)![1]);
    }
    expect(new Set(sources).size).toBe(2);
  });

  test('a queue that is not there is a usage error that says how to make it', async () => {
    const { code, stdout, stderr } = await redis.run(`produce ${QUEUE} nope --likes 1`);
    expect(stderr).toBe('error: redis-streams has no queue nope; add --create to make it\n');
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });
});

describe('what produce cannot do is one line', () => {
  const NEEDED = '--brokers kafka --queue q --likes 1';
  test.concurrent.each<[string, string, RegExp]>([
    ['no likes', '--brokers kafka --queue q', /required option '--likes <number\|all>' not spec/],
    ['several brokers', '--brokers kafka,null --queue q --likes 1', /allowed is one of kafka, /],
    ['a rate of 0', `${NEEDED} --rate 0`, /'0' is invalid\. allowed are whole numbers from 1 to /],
    ['an end of what has none', `${NEEDED.replace('1', 'all')} --workload zipf`, /zipf has no end/],
    ['a file that is not there', `${NEEDED} --data nowhere.csv`, /nowhere\.csv/],
    ['a queue without a name', '--brokers kafka --likes 1 --queue  ', /give it a name/],
  ])('%s', async (_what, args, line) => {
    const { code, stdout, stderr } = await runLab(['produce', ...args.split(' ')], {});
    expect(linesOf(stderr)[0]).toMatch(line);
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });
});
