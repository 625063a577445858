import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MadeGateway, openMadeGateway } from './gateway-fixture.ts';

/** It has no types of its own. */
type Run = (options: Record<string, unknown>) => Promise<Record<string, unknown>>;
const autocannon = createRequire(import.meta.url)('autocannon') as Run;

let made: MadeGateway;
beforeAll(async () => {
  made = await openMadeGateway({}, afterAll);
});

const get = async (url: string) => await made.gateway.app.inject(url);
const readPage = async () => (await get('/openapi.json')).json();

test('the page names every path with all its answers', async () => {
  const { openapi, paths } = await readPage();
  expect(openapi).toBe('3.1.0');
  const answers = Object.entries<Record<string, { responses: object }>>(paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => {
        return [`${method.toUpperCase()} ${path}`, Object.keys(responses).join(' ')];
      }),
  );
  expect(Object.fromEntries(answers)).toEqual({
    'POST /likes': '202 400 413 415 429 503',
    'GET /posts/{id}/likes': '200 400 503',
    'GET /posts/top': '200 400 503',
    'GET /healthz': '200',
    'GET /readyz': '200 503',
    'GET /metrics': '200',
  });
  const { parameters, requestBody, responses } = paths['/likes'].post;
  expect(responses[503].headers).toHaveProperty('retry-after');
  expect(responses[400]).not.toHaveProperty('headers');
  expect(parameters).toMatchObject([{ in: 'header', name: 'idempotency-key', required: false }]);
  const schema = requestBody.content['application/json'].schema;
  expect(schema.required).toEqual(['user', 'post', 'action', 'version']);
  expect(schema.properties.version.description).toContain('a whole number from 1 to 2^53 - 1');
});

test('under tally the key is required, and two more answers are named', async () => {
  const redis = { run: async () => 0, async [Symbol.asyncDispose]() {} };
  const { gateway } = await openMadeGateway({ rule: 'tally', redis });
  const { paths } = (await gateway.app.inject('/openapi.json')).json();
  expect(paths['/likes'].post.parameters[0]).toMatchObject({ required: true });
  expect(Object.keys(paths['/likes'].post.responses)).toEqual(
    expect.arrayContaining(['409', '422']),
  );
});

test('a client that knows the page alone gives likes', async () => {
  const { paths } = await readPage();
  const { example } = paths['/likes'].post.requestBody.content['application/json'];
  const result = await autocannon({
    url: `${made.gateway.url}/likes`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(example),
    connections: 4,
    amount: 100,
  });
  expect(result.statusCodeStats).toEqual({ 202: { count: 100 } });
  const sent = made.producer.sends.flatMap(({ likes }) => likes);
  expect(sent).toHaveLength(100);
});

test('the page for people brings all it needs, and asks nobody else', async () => {
  const page = await get('/docs/');
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-security-policy']).toBe(
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; " +
      "frame-ancestors 'none'; base-uri 'none'; object-src 'none';",
  );
  const links = [...page.body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link!);
  expect(links.length).toBeGreaterThan(3);
  for (const link of links) {
    expect(link).toMatch(/^\.\//);
    expect((await get(`/docs/${link}`)).statusCode, link).toBe(200);
  }
});

test('every answer has safe headers, and no page may be made of one', async () => {
  for (const url of ['/healthz', '/nothing', '/metrics']) {
    const { headers } = await get(url);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    });
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('server');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  }
});
