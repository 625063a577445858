import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DirectDatabase, openDirectDatabase } from '../../gateway/direct-writer.ts';
import { directReader } from '../../gateway/post-reader.ts';
import { type Like, SendError } from '../../likes/like.ts';
import { type PostgresUnderTest, startPostgres } from '../store/postgres-server.ts';
import { giveLike, openMadeGateway } from './gateway-fixture.ts';

const CONNECTIONS = 4;

let postgres: PostgresUnderTest;
let database: DirectDatabase;
let admin: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
  const client = { connectionString: postgres.url };
  const options = { client, connections: CONNECTIONS, statementMsMax: 5_000 };
  // Two gateways that start at the same time make the tables once.
  const [first, second] = await Promise.all([
    openDirectDatabase(options),
    openDirectDatabase(options),
  ]);
  database = first;
  await second[Symbol.asyncDispose]();
  admin = new pg.Client(client);
  admin.on('error', () => undefined);
  await admin.connect();
});
afterAll(async () => {
  await admin?.end().catch(() => undefined);
  await database?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
});

let posts = 0;
const newPost = () => `post-${posts++}`;

function likeOf(post: string, fields: Partial<Like> = {}): Like {
  const like = { source: 's', seq: 0, post, user: 'u-1', action: 'like', version: 1 } as const;
  return { ...like, likedAtMs: 0, ...fields };
}

test('by tally each like is +1 of its post, a repeat as well', async () => {
  const post = newPost();
  const writer = database.writer('tally');
  const likes = [likeOf(post), likeOf(post), likeOf(post, { action: 'unlike' })];
  await Promise.all(likes.map((like) => writer.send([like])));
  expect(await database.countOf(post)).toEqual({ post, likes: 2, unlikes: 1 });
});

describe('by states', () => {
  const send = (like: Like) => database.writer('states').send([like]);

  test('a repeat and an older action change nothing, a later one does', async () => {
    const post = newPost();
    const actions = [
      ['like', 1],
      ['like', 1],
      ['like', 2],
      ['unlike', 4],
      ['like', 3],
      ['like', 5],
    ] as const;
    for (const [action, version] of actions) await send(likeOf(post, { action, version }));
    expect(await database.countOf(post)).toEqual({ post, likes: 2, unlikes: 1 });
  });

  test('an unlike that comes before its like ends right', async () => {
    const post = newPost();
    await send(likeOf(post, { action: 'unlike', version: 2 }));
    await send(likeOf(post, { action: 'like', version: 1 }));
    expect(await database.countOf(post)).toEqual({ post, likes: 0, unlikes: 0 });
  });

  test('the count is right whatever comes at the same time and in whichever order', async () => {
    const post = newPost();
    const likes: Like[] = [];
    for (let user = 0; user < 10; user++) {
      for (let version = 1; version <= 6; version++) {
        const action = (user + version) % 3 === 0 ? 'unlike' : 'like';
        const like = likeOf(post, { user: `u-${user}`, version, action });
        likes.push(like, like);
      }
    }
    likes.sort((one, other) => orderOf(one) - orderOf(other));
    await Promise.all(likes.map(send));
    const liking = likes.filter(({ version, action }) => version === 6 && action === 'like');
    const { likes: up, unlikes: down } = await database.countOf(post);
    expect(up - down).toBe(liking.length / 2);
  });
});

/** Any order that is always the same. */
function orderOf({ user, version }: Like): number {
  return (Number(user.slice(2)) * 31 + version * 17) % 23;
}

test('a statement that the server refuses is fail, the others of the send are stored', async () => {
  const post = newPost();
  const writer = database.writer('tally');
  const sent = writer.send([likeOf(post), likeOf(`${post}\u0000`)]);
  const error = await sent.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(SendError);
  expect((error as SendError).outcomes).toEqual(['ok', 'fail']);
  expect((await database.countOf(post)).likes).toBe(1);
});

test('a statement that waits too long for a row is cancelled and rolled back', async () => {
  const post = newPost();
  const client = { connectionString: postgres.url };
  await using impatient = await openDirectDatabase({ client, connections: 1, statementMsMax: 200 });
  await impatient.writer('tally').send([likeOf(post)]);
  await admin.query('BEGIN');
  await admin.query('UPDATE direct_counts SET likes = likes WHERE post = $1', [post]);
  const error = await impatient
    .writer('tally')
    .send([likeOf(post)])
    .catch((one: unknown) => one);
  await admin.query('ROLLBACK');
  expect((error as SendError).outcomes).toEqual(['fail']);
  expect((await database.countOf(post)).likes).toBe(1);
});

test('behind a gateway: the same answers, a dead server is 503, and no 202 is lost', async () => {
  const post = newPost();
  const { gateway } = await openMadeGateway({
    producer: database.writer('states'),
    system: 'postgresql',
    destination: 'direct_counts',
    reader: directReader(database),
    probes: [{ name: 'postgresql', check: () => database.countOf('') }],
    limits: { likesPerSendMax: 1, sendsInFlightMax: CONNECTIONS },
  });
  let users = 0;
  const give = () => giveLike(gateway, { post, user: `u-${users++}` });
  const burst = async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, give));
    return answers.map(({ statusCode }) => statusCode);
  };
  expect(new Set(await burst())).toEqual(new Set([202]));
  const under = burst();
  await postgres.server.kill();
  const during = await under;
  expect(during.filter((status) => status !== 202 && status !== 503)).toEqual([]);
  expect(new Set(await burst())).toEqual(new Set([503]));
  expect((await gateway.app.inject('/readyz')).statusCode).toBe(503);
  await postgres.server.start();
  await expect.poll(async () => (await give()).statusCode, { timeout: 20_000 }).toBe(202);
  const accepted = 40 + during.filter((status) => status === 202).length + 1;
  const { count, missingAtMost } = (await gateway.app.inject(`/posts/${post}/likes`)).json();
  expect(count).toBeGreaterThanOrEqual(accepted);
  // What is more than was accepted was answered 503 and may have been stored.
  expect(count).toBeLessThanOrEqual(accepted + during.filter((status) => status === 503).length);
  expect(missingAtMost).toBe(0);
});
