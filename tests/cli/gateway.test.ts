import { describe, expect, test } from 'vitest';
import { expectExactOverKill, urlOf } from './gateway-chain.ts';
import { linesOf, runLab } from './lab-process.ts';
import { useServer } from './queue-fixture.ts';

describe('on Redis Streams', () => {
  const redis = useServer('redis');

  test('every 202 is counted once although the server is killed in between', async () => {
    await expectExactOverKill(redis, 'redis-streams');
  });

  test('under tally, a key given again gets the first answer at another gateway', async () => {
    const queue = `--brokers redis-streams --queue tally --store ${redis.storeFolder('tally')}`;
    const start = () =>
      redis.lab(`gateway ${queue} --create --rule tally --limiter redis --port 0 --json`);
    await using one = start();
    await using two = start();
    const urls = await Promise.all([one, two].map(urlOf));
    const answers = [];
    for (const url of [...urls, ...urls]) {
      const response = await fetch(`${url}/likes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'k-1' },
        body: JSON.stringify({ user: 'u', post: 'p', action: 'like', version: 1 }),
      });
      answers.push(await response.text());
    }
    expect(new Set(answers).size).toBe(1);
    expect(JSON.parse(answers[0]!)).toMatchObject({ seq: 0 });
    const counted = await redis.run(`count ${queue} --until-drained --json`);
    expect(JSON.parse(linesOf(counted.stdout).at(-1)!).counted).toBe(1);
    const read = await fetch(`${urls[1]}/posts/p/likes`);
    expect(await read.json()).toMatchObject({ post: 'p', count: 1, missingAtMost: 0 });
    const top = await fetch(`${urls[1]}/posts/top`);
    expect(await top.json()).toMatchObject({ posts: [{ post: 'p', count: 1 }] });
  });
});

test('what the gateway cannot do is one line, and exit code 64', async () => {
  const args = 'gateway --path direct --database postgres://nobody@127.0.0.1:1/none';
  const { code, stdout, stderr } = await runLab(args.split(' '));
  expect(stderr).toMatch(
    /^error: the database cannot be used: .*ECONNREFUSED.*; look at the address, and/m,
  );
  expect(stdout).toBe('');
  expect(code).toBe(64);
});
