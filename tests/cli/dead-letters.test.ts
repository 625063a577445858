import { describe, expect, test } from 'vitest';
import type { Broker } from '../../brokers/broker.ts';
import { BROKERS } from '../../brokers/index.ts';
import { encodeLike, type Like } from '../../likes/like.ts';
import { linesOf, runLab } from './lab-process.ts';
import { type QueueServer, useServer } from './queue-fixture.ts';

const LIKE = { user: 'user', action: 'like', version: 1, likedAtMs: 0 } as const;
/** The store takes no half characters, since it could not tell two of them apart. */
const REFUSED: Like = { ...LIKE, source: 's', seq: 0, post: 'post-\ud800' };
const COUNTED: Like = { ...LIKE, source: 's', seq: 1, post: 'post-1' };
const STRANGE = `{"type":"page viewed",\n"text":"${'long '.repeat(100)}"}`;

/** A queue in which one like has been counted, and two messages could not be. */
async function parkSome(server: QueueServer, name: string, queue: string): Promise<void> {
  const connection = { ...server.server.endpoint, tier: 'kill' } as const;
  await using broker: Broker = await BROKERS[name]!.open(connection);
  await broker.createQueue(queue, { lanes: 2 });
  await broker.post(queue, [encodeLike(REFUSED), STRANGE, encodeLike(COUNTED)]);
  await countAll(server, name, queue);
}

async function countAll(server: QueueServer, name: string, queue: string): Promise<void> {
  const store = server.storeFolder(queue);
  const args = `count --brokers ${name} --queue ${queue} --store ${store} --until-drained`;
  const { code, stderr } = await server.run(args);
  expect(code, stderr).toBe(0);
}

const SERVERS = [
  ['redis-streams', 'redis'],
  ['bullmq', 'redis'],
  ['kafka', 'kafka'],
] as const;

describe.each(SERVERS)('on %s', (name, serverName) => {
  const server = useServer(serverName);
  const letters = (queue: string) => `dead-letters --brokers ${name} --queue ${queue}`;

  test('dead letters are listed, moved back, and listed again', async () => {
    await parkSome(server, name, 'some');
    const listed = await server.run(letters('some'));
    expect(listed.code, listed.stderr).toBe(0);
    const lines = linesOf(listed.stdout);
    expect(lines).toHaveLength(3);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^like {4}· field "post" holds half of a surrogate pair · "\{\\"format\\":1,/,
      ),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^no like · field "format" holds nothing; .* · "\{\\"type.*"… \(533 characters\)$/,
      ),
    );
    expect(lines[2]).toBe('parked 2, of which 1 are no likes');

    const moved = await server.run(`${letters('some')} --redrive --max 1`);
    expect(moved.code, moved.stderr).toBe(0);
    expect(moved.stdout).toBe('moved back 1 · parked 1\n');
    const rest = await server.run(`${letters('some')} --redrive --json`);
    expect(JSON.parse(rest.stdout)).toEqual({ redriven: 1, parked: 0 });
    const none = await server.run(letters('some'));
    expect(none.stdout).toBe('parked 0, of which 0 are no likes\n');

    await countAll(server, name, 'some');
    const again = await server.run(`${letters('some')} --json`);
    const found = linesOf(again.stdout).map((line) => JSON.parse(line));
    expect(found.sort((one, other) => Number(other.isLike) - Number(one.isLike))).toEqual([
      { text: encodeLike(REFUSED), reason: expect.any(String), isLike: true },
      { text: STRANGE, reason: expect.any(String), isLike: false },
    ]);
    const one = await server.run(`${letters('some')} --json --max 1`);
    expect(linesOf(one.stdout)).toHaveLength(1);
  });

  test('a queue that is not there is a usage error', async () => {
    const { code, stdout, stderr } = await server.run(letters('nope'));
    // kafkajs makes Node warn of a timeout below zero; npm's scripts leave that out.
    expect(linesOf(stderr).at(-1)).toBe(`error: ${name} has no queue nope; name one that is there`);
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });
});

describe('what dead-letters cannot do is one line', () => {
  const NEEDED = '--brokers kafka --queue q';
  test.concurrent.each<[string, string, RegExp]>([
    ['no broker', '--queue q', /required option '--brokers <name>' not specified/],
    ['no queue', '--brokers kafka', /required option '--queue <name>' not specified/],
    ['none at all', `${NEEDED} --max 0`, /'0' is invalid\. .* from 1 to 10000000/],
    ['making the queue', `${NEEDED} --create`, /unknown option '--create'/],
    ['servers nobody named', `${NEEDED} --runtime external`, /LIKE_LAB_KAFKA is missing or wrong/],
  ])('%s', async (_what, args, line) => {
    const { code, stdout, stderr } = await runLab(['dead-letters', ...args.split(' ')], {});
    expect(linesOf(stderr)[0]).toMatch(line);
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });
});
