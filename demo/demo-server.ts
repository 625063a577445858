/**
 * The page and its data over HTTP, on 127.0.0.1 only. It can kill processes, so it obeys its own
 * page and nobody else: a request has to be addressed to this machine by name (against a foreign
 * name that was pointed here), and a command has to come from this very page (against other pages
 * in the same browser).
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../lab/lab-error.ts';
import { commandSchema } from './commands.ts';
import { pageText, styleText } from './page.ts';
import { Refusal } from './refusal.ts';
import { type Stage, TICK_MS } from './stage.ts';

const HOST = '127.0.0.1';
/** Pages that look at the same time. */
const VIEWERS_MAX = 16;
const COMMAND_BYTES_MAX = 1_024;
const REQUEST_MS_MAX = 10_000;

const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

const script = readFileSync(new URL('page/page.js', import.meta.url), 'utf8');

/** What there is to read, by path: its type, and its text. */
const FILES: Readonly<Record<string, readonly [type: string, text: () => string]>> = {
  '/': ['text/html', pageText],
  '/page.css': ['text/css', styleText],
  '/page.js': ['text/javascript', () => script],
};

export interface DemoServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:8090`. */
  readonly url: string;
}

/** Rejects with Node's own error when it cannot listen there. `port`: 0 for any. */
export async function openDemoServer(
  stage: Stage,
  port: number,
  log: (line: string) => void,
): Promise<DemoServer> {
  const viewers = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    answer(request, response, { stage, viewers, port: portOf(server) }).catch((error: unknown) => {
      // A browser that went away in the middle of its request hears nothing any more.
      if (response.destroyed || response.headersSent) return void response.destroy();
      log(`error: ${messageOf(error)}`);
      response.writeHead(500, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' });
      response.end('that did not work; the terminal of the demo says why');
    });
  });
  server.requestTimeout = REQUEST_MS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  // A connection that cannot be taken, as without a file number left, ends no demo.
  server.on('error', () => undefined);
  const telling = setInterval(() => {
    if (viewers.size === 0) return;
    const text = eventOf(stage);
    // One that does not read, such as a sleeping phone, gets the newest again when it does.
    for (const viewer of viewers) if (!viewer.writableNeedDrain) viewer.write(text);
  }, TICK_MS);
  return {
    url: `http://${HOST}:${portOf(server)}`,
    async [Symbol.asyncDispose]() {
      clearInterval(telling);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

interface Desk {
  readonly stage: Stage;
  readonly viewers: Set<ServerResponse>;
  readonly port: number;
}

async function answer(request: IncomingMessage, response: ServerResponse, desk: Desk) {
  const { stage, viewers, port } = desk;
  const end = (status: number, text: string, type = 'text/plain') => {
    response.writeHead(status, { ...HEADERS, 'content-type': `${type}; charset=utf-8` });
    response.end(request.method === 'HEAD' ? '' : text);
  };
  const names = [`${HOST}:${port}`, `localhost:${port}`];
  if (!names.includes(request.headers.host ?? '')) {
    return end(421, `this demo is at http://${HOST}:${port}`);
  }
  const path = (request.url ?? '').split('?', 1)[0]!;
  if (request.method === 'POST' && path === '/commands') {
    if (request.headers.origin !== `http://${request.headers.host}`) {
      return end(403, 'commands are taken from the page of this demo only');
    }
    if (request.headers['content-type'] !== 'application/json') {
      return end(415, 'a command is application/json');
    }
    return end(...(await obey(request, stage)));
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return end(405, 'this path takes GET');
  }
  if (path === '/events') {
    if (request.method === 'HEAD') return end(200, '', 'text/event-stream');
    if (viewers.size >= VIEWERS_MAX) return end(503, `${VIEWERS_MAX} pages look already`);
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
    response.write(eventOf(stage));
    viewers.add(response);
    response.once('close', () => viewers.delete(response));
    return;
  }
  if (!Object.hasOwn(FILES, path)) return end(404, 'there is nothing at this path');
  const [type, text] = FILES[path]!;
  end(200, text(), type);
}

function eventOf(stage: Stage): string {
  return `data: ${JSON.stringify(stage.snapshot())}\n\n`;
}

/** Status and text of the answer. */
async function obey(request: IncomingMessage, stage: Stage): Promise<[number, string]> {
  const text = await bodyOf(request);
  if (text === undefined) return [413, 'no command is as long as that'];
  const command = commandSchema.safeParse(jsonOf(text));
  if (!command.success) return [400, 'this is no command of the demo'];
  try {
    await stage.obey(command.data);
    return [200, 'done'];
  } catch (error) {
    if (error instanceof Refusal) return [409, error.message];
    throw error;
  }
}

/** Undefined when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > COMMAND_BYTES_MAX) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
