import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type DemoServer, openDemoServer } from '../../demo/demo-server.ts';
import { Stage } from '../../demo/stage.ts';

/** Nothing can be opened here, so every command is refused, and none is obeyed by mistake. */
let stage: Stage;
let server: DemoServer;
const lines: string[] = [];

beforeAll(async () => {
  stage = new Stage({
    brokers: [{ name: 'kafka', title: 'Kafka' }],
    openParts: async () => {
      throw new Error('no servers here; install Java');
    },
    log: () => undefined,
  });
  stage.begin();
  await stage.settled;
  server = await openDemoServer(stage, 0, (line) => void lines.push(line));
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** By node:http, since fetch would not let anybody say who they pretend to be. */
function ask({ path = '/commands', method = 'POST', headers = {}, body = '' }: Asked) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const asked = request(`${server.url}${path}`, { method, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    response.on('end', () => resolve({ status: response.statusCode!, text }));
  });
  asked.on('error', reject);
  asked.end(body);
  return promise;
}

const own = () => ({ origin: server.url, 'content-type': 'application/json' });
const PRESS = JSON.stringify({ do: 'press' });

describe('a command is taken from its own page only', () => {
  test('which gets as far as the stage', async () => {
    expect(await ask({ headers: own(), body: PRESS })).toEqual({
      status: 409,
      text: 'nothing is running yet',
    });
  });

  test('and what fails there is told in the terminal, not on the page', async () => {
    const obey = vi.spyOn(stage, 'obey').mockRejectedValueOnce(new Error('secret of the inside'));
    const { status, text } = await ask({ headers: own(), body: PRESS });
    obey.mockRestore();
    expect({ status, text }).toEqual({
      status: 500,
      text: 'that did not work; the terminal of the demo says why',
    });
    expect(lines).toEqual(['error: secret of the inside']);
  });

  test.each([
    ['another page', { origin: 'https://elsewhere.example' }],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }],
    ['a file, or a page in a sandbox', { origin: 'null' }],
  ])('and not from %s', async (_name, headers) => {
    const { status, text } = await ask({ headers: { ...own(), ...headers }, body: PRESS });
    expect({ status, text }).toEqual({
      status: 403,
      text: 'commands are taken from the page of this demo only',
    });
  });

  test('and not from somebody who does not say where they come from', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await ask({ headers, body: PRESS })).status).toBe(403);
  });

  test('and not as a form, which any page may send', async () => {
    const headers = { ...own(), 'content-type': 'text/plain' };
    expect((await ask({ headers, body: PRESS })).status).toBe(415);
  });

  test.each(['POST', 'GET'])('nor by %s to a foreign name that points here', async (method) => {
    const host = `elsewhere.example:${new URL(server.url).port}`;
    const headers = { ...own(), host, origin: `http://${host}` };
    const path = method === 'GET' ? '/events' : '/commands';
    expect((await ask({ method, path, headers, body: '' })).status).toBe(421);
  });
});

test.each([
  ['no JSON', '{', 400],
  ['no command', '{"do":"delete-everything"}', 400],
  ['more than a command', '{"do":"press","more":1}', 400],
  ['a crowd that is too large', '{"do":"start-crowd","likesPerS":1000000}', 400],
  ['a crowd of half a user', '{"do":"start-crowd","likesPerS":100.5}', 400],
  ['a broker that is not there', '{"do":"choose","way":"queued","broker":"zeromq"}', 409],
  ['a novel', JSON.stringify({ do: 'x'.repeat(5_000) }), 413],
])('%s is refused', async (_name, body, status) => {
  expect((await ask({ headers: own(), body })).status).toBe(status);
});

test('page, style and script come with a policy that lets nothing else in', async () => {
  for (const [path, type] of [
    ['/', 'text/html'],
    ['/page.css', 'text/css'],
    ['/page.js', 'text/javascript'],
  ] as const) {
    const answer = await fetch(`${server.url}${path}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(await answer.text()).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
  }
});

test('other paths and methods have nothing', async () => {
  const statusOf = async (asked: Asked) => (await ask(asked)).status;
  expect(await statusOf({ method: 'GET', path: '/constructor' })).toBe(404);
  expect(await statusOf({ method: 'GET', path: '/../package.json' })).toBe(404);
  expect(await statusOf({ method: 'PUT', path: '/' })).toBe(405);
  // Who only asks whether there are any gets an answer, and no place among those who look.
  expect(await statusOf({ method: 'HEAD', path: '/events' })).toBe(200);
});

test('events tell at once what the demo needs where it has no servers', async () => {
  const over = new AbortController();
  const answer = await fetch(`${server.url}/events`, { signal: over.signal });
  const { value } = await answer.body!.getReader().read();
  over.abort();
  const snapshot = JSON.parse(new TextDecoder().decode(value).replace(/^data: /, ''));
  expect(snapshot.story).toMatchObject({ headline: 'no servers here; install Java' });
  expect(snapshot.brokers).toEqual([{ name: 'kafka', title: 'Kafka' }]);
});
