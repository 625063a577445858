/**
 * The lab's own ceiling: a server that passes the same bytes on, in memory, and does nothing else.
 * HTTP/1.1 with keep-alive. A message is a line of text; a body of several joins them with
 * newlines.
 *
 *   PUT    /queues/NAME               201, or 409 when it is there
 *   PUT    /queues/NAME?service=exponential&meanUs=1000&seed=7
 *                                     the same; each message can be taken only when one server has
 *                                     served it, first come first served (or service=fixed)
 *   DELETE /queues/NAME               204; everything in it is gone
 *   GET    /queues/NAME               200 and JSON {waiting, unacknowledged, parked}
 *   POST   /queues/NAME/likes         204; or 507 when the queue holds BYTES_MAX
 *   GET    /queues/NAME/likes?max=5000&waitMs=500
 *                                     200, at most max messages, header `batch: ID`; or 204 when
 *                                     nothing came within waitMs; &acknowledge=ID acknowledges
 *                                     that batch first, 404 as below
 *   DELETE /queues/NAME/batches/ID    204 acknowledges the batch; 404 when it is not out (any more)
 *   POST   /queues/NAME/returned/ID   204 puts the batch back to the front at once; 404 likewise
 *   POST   /queues/NAME/parked        204; the body is JSON {text, reason}
 *   GET    /queues/NAME/parked        200 and JSON [{text, reason}], oldest first
 *   DELETE /queues/NAME/parked?first=5
 *                                     204 takes the 5 oldest away, by default none
 *   GET    /settings                  200 and JSON, all values as text
 *
 * A batch not acknowledged within 30 s goes back to the front. A queue that is not there gives 404,
 * a bad request 400, each with one line of text.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ServiceTime } from '../../../likes/workloads/service-times.ts';
import { LikeLines, NullQueue } from './null-queue.ts';

export const NULL_SERVER_VERSION = '2';

const ACKNOWLEDGE_TIMEOUT_MS = 30_000;
const BODY_BYTES_MAX = 16 * 1024 * 1024;
const MESSAGES_MAX = 5_000;
const WAIT_MS = 500;
const WAIT_MS_MAX = 20_000;
const SERVICE_MEAN_US_MAX = 60_000_000;
const SEED_MAX = 2 ** 32 - 1;
const PARKED_SHAPE = 'send a JSON object with the texts "text" and "reason"';

/** A request that cannot be served as it is; the message is the one line of the answer. */
class BadRequest extends Error {
  readonly status: number;
  constructor(status: number, line: string) {
    super(line);
    this.status = status;
  }
}

interface Call {
  readonly queue: NullQueue;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly batch: string;
}

/** By events, since the request as an async iterable costs as much as all else of a small send. */
function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > BODY_BYTES_MAX) {
        request.pause();
        reject(new BadRequest(413, `send at most ${BODY_BYTES_MAX} bytes`));
      } else parts.push(part);
    });
    request.once('end', () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    request.once('error', reject);
  });
}

async function postLikes({ queue, request, response }: Call): Promise<void> {
  const lines = LikeLines.of(await bodyOf(request));
  if (lines.count === 0) throw new BadRequest(400, 'send at least one message');
  if (!queue.add(lines)) throw new BadRequest(507, 'the queue is full; take likes out of it first');
  response.writeHead(204).end();
}

async function getLikes({ queue, response, query }: Call): Promise<void> {
  const max = wholeNumber(query, 'max', MESSAGES_MAX, 1, Number.MAX_SAFE_INTEGER);
  const waitMs = wholeNumber(query, 'waitMs', WAIT_MS, 0, WAIT_MS_MAX);
  const before = query.get('acknowledge');
  if (before !== null && !queue.acknowledge(before)) throw notOut(before);
  // A consumer that has gone must not be given what it can no longer acknowledge.
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const batch = await queue.take(max, waitMs, gone.signal);
  if (gone.signal.aborted && batch) queue.giveBack(batch.id);
  else if (batch) response.writeHead(200, { batch: batch.id }).end(batch.body);
  else response.writeHead(204).end();
}

function notOut(batch: string): BadRequest {
  return new BadRequest(404, `batch ${batch} is not out (any more)`);
}

async function acknowledge({ queue, response, batch }: Call): Promise<void> {
  if (!queue.acknowledge(batch)) throw notOut(batch);
  response.writeHead(204).end();
}

async function giveBack({ queue, response, batch }: Call): Promise<void> {
  if (!queue.giveBack(batch)) throw notOut(batch);
  response.writeHead(204).end();
}

async function postParked({ queue, request, response }: Call): Promise<void> {
  const text = (await bodyOf(request)).toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadRequest(400, PARKED_SHAPE);
  }
  const fields = Object(value) as Record<string, unknown>;
  if (typeof fields.text !== 'string' || typeof fields.reason !== 'string') {
    throw new BadRequest(400, PARKED_SHAPE);
  }
  queue.parked.push({ text: fields.text, reason: fields.reason });
  response.writeHead(204).end();
}

const getParked = async ({ queue, response }: Call) => sendJson(response, queue.parked);

async function deleteParked({ queue, response, query }: Call): Promise<void> {
  queue.parked.splice(0, wholeNumber(query, 'first', 0, 0, Number.MAX_SAFE_INTEGER));
  response.writeHead(204).end();
}

const getBacklog = async ({ queue, response }: Call) => sendJson(response, queue.backlog());

const ROUTES: Readonly<Record<string, (call: Call) => Promise<void>>> = {
  'POST likes': postLikes,
  'GET likes': getLikes,
  'DELETE batches': acknowledge,
  'POST returned': giveBack,
  'POST parked': postParked,
  'GET parked': getParked,
  'DELETE parked': deleteParked,
  'GET ': getBacklog,
};

function wholeNumber(
  query: URLSearchParams,
  name: string,
  usual: number,
  from: number,
  to: number,
) {
  const value = Number(query.get(name) ?? usual);
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw new BadRequest(400, `${name} must be a whole number from ${from} to ${to}`);
}

/** Undefined where messages can be taken at once. */
function serviceOf(query: URLSearchParams): ServiceTime | undefined {
  const distribution = query.get('service');
  if (distribution === null) return undefined;
  if (distribution !== 'fixed' && distribution !== 'exponential') {
    throw new BadRequest(400, 'service must be fixed or exponential');
  }
  const meanUs = wholeNumber(query, 'meanUs', Number.NaN, 1, SERVICE_MEAN_US_MAX);
  return { distribution, meanUs, seed: wholeNumber(query, 'seed', Number.NaN, 0, SEED_MAX) };
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** `acknowledgeTimeoutMs` is there for tests that cannot wait half a minute. */
export function createNullServer({ acknowledgeTimeoutMs = ACKNOWLEDGE_TIMEOUT_MS } = {}): Server {
  const queues = new Map<string, NullQueue>();
  const settings = {
    version: NULL_SERVER_VERSION,
    pid: String(process.pid),
    node: process.version,
    acknowledgeTimeoutMs: String(acknowledgeTimeoutMs),
  };
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://null');
    if (pathname === '/settings' && request.method === 'GET') return sendJson(response, settings);
    const [, name, part = '', batch = ''] =
      /^\/queues\/([\w.:-]+)(?:\/(likes|parked|batches|returned)(?:\/([\w-]+))?)?$/.exec(
        pathname,
      ) ?? [];
    if (name === undefined) throw new BadRequest(400, 'no such path; see null-server.ts');
    const queue = queues.get(name);
    if (request.method === 'PUT' && part === '') {
      if (queue !== undefined) throw new BadRequest(409, `queue ${name} is already there`);
      queues.set(name, new NullQueue(acknowledgeTimeoutMs, serviceOf(query)));
      response.writeHead(201).end();
      return;
    }
    if (queue === undefined)
      throw new BadRequest(404, `there is no queue ${name}; create it first`);
    if (request.method === 'DELETE' && part === '') {
      queues.delete(name);
      queue.close();
      response.writeHead(204).end();
      return;
    }
    const route = ROUTES[`${request.method} ${part}`];
    if (route === undefined) throw new BadRequest(400, `${request.method} is not for this path`);
    await route({ queue, request, response, query, batch });
  }
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      const [status, line] =
        error instanceof BadRequest ? [error.status, error.message] : [500, String(error)];
      if (response.headersSent || response.destroyed) response.destroy();
      else response.writeHead(status, { 'content-type': 'text/plain' }).end(`${line}\n`);
    });
  });
  server.on('connection', (socket) => socket.setNoDelay(true));
  return server;
}
