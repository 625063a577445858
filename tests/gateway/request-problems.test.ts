import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HTTP_LIMITS } from '../../gateway/limits.ts';
import { LIKE, type MadeGateway, openMadeGateway, sumOf } from './gateway-fixture.ts';

type Json = { 'content-type'?: string; 'idempotency-key'?: string };
interface Bad {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'OPTIONS';
  url?: string;
  headers?: Json;
  body?: unknown;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const withFields = (fields: object): Bad => ({ body: { ...LIKE, ...fields } });
const without = (field: keyof typeof LIKE): Bad => {
  const { [field]: _, ...rest } = LIKE;
  return { body: rest };
};

/** What somebody gets wrong, the status, and a part of the sentence that they are told. */
const BAD: readonly (readonly [string, Bad, number, string])[] = [
  ['no JSON', { body: '{"user":' }, 400, 'the body is not JSON'],
  ['an empty body', { body: '' }, 400, 'the body is empty'],
  ['a list', { body: [1, 2] }, 400, 'the body holds [1,2]; allowed is a JSON object'],
  ['null', { body: 'null' }, 400, 'the body holds null; allowed is a JSON object'],
  ['a text', { body: '"like"' }, 400, 'the body holds "like"; allowed is a JSON object'],
  [
    'an object without anything',
    { body: {} },
    400,
    'field "user" holds nothing; allowed is a text',
  ],
  ['no user', without('user'), 400, 'field "user" holds nothing'],
  ['no post', without('post'), 400, 'field "post" holds nothing'],
  ['no action', without('action'), 400, 'field "action" holds nothing; allowed is "like" or'],
  ['no version', without('version'), 400, 'field "version" holds nothing; allowed is a whole'],
  ['an empty user', withFields({ user: '' }), 400, 'field "user" holds ""'],
  ['a user that is a number', withFields({ user: 7 }), 400, 'field "user" holds 7'],
  ['a user that is null', withFields({ user: null }), 400, 'field "user" holds null'],
  ['a long user', withFields({ user: 'x'.repeat(129) }), 400, '… (131 characters); allowed is'],
  ['a post with a line break', withFields({ post: 'a\nb' }), 400, 'field "post" holds "a\\nb"'],
  ['a post with a zero', withFields({ post: 'a\u0000' }), 400, 'without control characters'],
  ['half a surrogate pair', withFields({ user: 'a\ud800' }), 400, 'halves of surrogate pairs'],
  ['another action', withFields({ action: 'love' }), 400, 'field "action" holds "love"'],
  ['version 0', withFields({ version: 0 }), 400, 'field "version" holds 0'],
  ['a version that is a text', withFields({ version: '1' }), 400, 'field "version" holds "1"'],
  ['half a version', withFields({ version: 1.5 }), 400, 'field "version" holds 1.5'],
  ['a version beyond what is exact', withFields({ version: 2 ** 53 }), 400, '2^53 - 1'],
  [
    'a version without an end',
    { body: JSON.stringify(LIKE).replace('"version":1', '"version":1e999') },
    400,
    'field "version" holds Infinity',
  ],
  ['a time before 1970', withFields({ likedAtMs: -1 }), 400, 'field "likedAtMs" holds -1'],
  ['a field that nobody knows', withFields({ seq: 4 }), 400, 'field "seq" is unknown; known is'],
  ['a prototype', { body: '{"__proto__":{"a":1}}' }, 400, 'the body is not JSON'],
  ['bytes that are no UTF-8', { body: Buffer.from('7b22ff227d', 'hex') }, 400, 'not UTF-8'],
  ['a body too large', withFields({ user: 'x'.repeat(5_000) }), 413, 'allowed are 4096 bytes'],
  ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, 'applicat'],
  ['plain text', { headers: { 'content-type': 'text/plain' } }, 415, 'has to be application/json'],
  ['no type at all', { headers: { 'content-type': '' }, body: 'x' }, 415, 'has to be application'],
  ['a key too long', { headers: { 'idempotency-key': 'k'.repeat(129) } }, 400, 'printable ASCII'],
  ['a key with an umlaut', { headers: { 'idempotency-key': 'schlüssel' } }, 400, 'holds "schlü'],
  ['GET for likes', { method: 'GET', url: '/likes' }, 405, 'allowed is POST'],
  ['PUT for likes', { method: 'PUT', url: '/likes' }, 405, 'method PUT is not allowed'],
  ['POST for a count', { method: 'POST', url: '/posts/p/likes' }, 405, 'allowed is GET, HEAD'],
  ['DELETE for metrics', { method: 'DELETE', url: '/metrics' }, 405, 'method DELETE is not'],
  ['an unknown path', { method: 'GET', url: '/like' }, 404, 'there is nothing at this path'],
  ['a slash too many', { method: 'POST', url: '/likes/' }, 404, 'GET /openapi.json tells'],
  ['half an escape', { method: 'GET', url: '/posts/%2/likes' }, 400, 'two hexadecimal digits'],
  ['a path of control characters', { method: 'GET', url: '/posts/%00/likes' }, 400, 'in the path'],
  ['a long post', { method: 'GET', url: `/posts/${'x'.repeat(129)}/likes` }, 400, 'in the path'],
  [
    'a longer post',
    { method: 'GET', url: `/posts/${'x'.repeat(2_049)}/likes` },
    414,
    'longer than',
  ],
  ['no limit', { method: 'GET', url: '/posts/top?limit=' }, 400, 'parameter "limit" holds ""'],
  ['limit 0', { method: 'GET', url: '/posts/top?limit=0' }, 400, 'parameter "limit" holds 0'],
  ['limit 1001', { method: 'GET', url: '/posts/top?limit=1001' }, 400, 'holds 1001'],
  ['two limits', { method: 'GET', url: '/posts/top?limit=1&limit=2' }, 400, 'holds ["1","2"]'],
  ['another question', { method: 'GET', url: '/posts/top?first=1' }, 400, '"first" is unknown'],
];

describe('each mistake gets a 4xx with one sentence', () => {
  let made: MadeGateway;
  beforeAll(async () => {
    made = await openMadeGateway({}, afterAll);
  });

  test('and there are thirty kinds at least', () => {
    expect(BAD.length).toBeGreaterThanOrEqual(30);
    expect(new Set(BAD.map(([name]) => name)).size).toBe(BAD.length);
  });

  test.each(BAD)('%s', async (_name, bad, status, sentence) => {
    const { gateway, producer } = made;
    const invalid = await sumOf(gateway, 'likes_invalid_total');
    const { method = 'POST', url = '/likes', body = method === 'POST' ? LIKE : undefined } = bad;
    const headers = { ...(method === 'POST' ? JSON_TYPE : {}), ...bad.headers };
    const payload = body as string | undefined;
    const answer = await gateway.app.inject({ method, url, headers, ...(payload && { payload }) });
    expect(answer.statusCode, answer.body).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    const problem = answer.json();
    expect(problem).toMatchObject({ type: 'about:blank', status });
    expect(problem.code).toMatch(/^[A-Z][A-Z0-9_]+$/);
    expect(problem.detail).toContain(sentence);
    expect(problem.detail).not.toMatch(/\n|\bat \/|node_modules|ajv|FST_/);
    expect(problem.detail.length).toBeLessThan(300);
    expect(producer.sends).toEqual([]);
    if (url === '/likes' && method === 'POST') {
      expect(await sumOf(gateway, 'likes_invalid_total')).toBe(invalid + 1);
    }
  });

  test('a missing key under tally', async () => {
    const redis = { run: async () => 0, async [Symbol.asyncDispose]() {} };
    const { gateway } = await openMadeGateway({ rule: 'tally', redis });
    const answer = await gateway.app.inject({ method: 'POST', url: '/likes', payload: LIKE });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toBe(
      'header "Idempotency-Key" holds nothing; allowed is 1 to 128 printable ASCII characters',
    );
  });
});

describe('what Node refuses before it is a request', () => {
  async function rawAnswer(text: string): Promise<{ status: number; detail: string }> {
    const { gateway } = await openMadeGateway();
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.end(text);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    const [head, body] = answer.split('\r\n\r\n');
    expect(head).toContain('Connection: close');
    return { status: Number(head!.split(' ')[1]), detail: JSON.parse(body!).detail };
  }

  test.each([
    ['no HTTP', 'HELLO\r\n\r\n', 400, 'the request is not HTTP/1.1'],
    ['a method that there is not', 'LIKE /likes HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'is not HTTP'],
    [
      'headers too large',
      `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(HTTP_LIMITS.headerBytesMax)}\r\n\r\n`,
      431,
      'the headers are too large; allowed are 8192 bytes',
    ],
  ])('%s', async (_name, text, status, sentence) => {
    const answer = await rawAnswer(text);
    expect(answer.status).toBe(status);
    expect(answer.detail).toContain(sentence);
  });
});

/** One byte of a right one is another, missing, or there twice. */
const withOneByte = fc
  .record({
    place: fc.nat(),
    byte: fc.integer({ min: 0, max: 255 }),
    what: fc.constantFrom('replace', 'drop', 'insert'),
  })
  .map(({ place, byte, what }) => {
    const bytes = [...Buffer.from(JSON.stringify(LIKE))];
    const added = what === 'drop' ? [] : [byte];
    bytes.splice(place % bytes.length, what === 'insert' ? 0 : 1, ...added);
    return Buffer.from(bytes);
  });

/** Another value in the place of a right one, or beside them. */
const withOneField = fc
  .record({
    field: fc.oneof(fc.constantFrom(...Object.keys(LIKE), 'likedAtMs'), fc.string()),
    value: fc.oneof(fc.anything(), fc.string({ unit: 'binary' }), fc.double()),
  })
  .map(({ field, value }) => jsonOf({ ...LIKE, [field]: value }));

const someBytes = fc.uint8Array().map((bytes) => Buffer.from(bytes));
const tooLong = fc.integer({ min: 4_000, max: 6_000 }).map((length) => Buffer.alloc(length, 'x'));

const mutant = fc.oneof(
  { arbitrary: withOneByte, weight: 6 },
  { arbitrary: withOneField, weight: 3 },
  fc.json(),
  someBytes,
  tooLong,
);

/** Whatever JSON has a word for. */
function jsonOf(value: object): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? Number(part) : part));
}

test('ten thousand mutated bodies get no 5xx, and what is accepted is a like', async () => {
  const { gateway, producer } = await openMadeGateway();
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(mutant, async (payload) => {
      const answer = await gateway.app.inject({
        method: 'POST',
        url: '/likes',
        headers: JSON_TYPE,
        payload,
      });
      statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
      expect(answer.statusCode, answer.body).toBeLessThan(500);
      if (answer.statusCode !== 202) expect(answer.json().detail).toMatch(/^[^\n]+$/);
    }),
    { numRuns: 10_000 },
  );
  expect([...statuses.keys()].sort()).toEqual([202, 400, 413]);
  const likes = producer.sends.flatMap((send) => send.likes);
  expect(likes).toHaveLength(statuses.get(202)!);
  for (const { user, post } of likes) {
    for (const name of [user, post]) {
      expect(name).toMatch(/^[^\p{Cc}\p{Cs}]+$/u);
      expect(name.length).toBeLessThanOrEqual(256);
    }
  }
});
