/** The HTTP server with its bounds, its safe headers and its way to answer what is wrong. */
import type { Socket } from 'node:net';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { HTTP_LIMITS } from './limits.ts';
import { PROBLEM_TYPE, Problem } from './problems.ts';
import { connectionProblem, problemOf, schemaProblem } from './request-problems.ts';

export interface HttpServerOptions {
  /** What goes wrong in the gateway itself is written here, and never sent to a client. */
  readonly log: (line: string) => void;
  /** While it is true, every answer ends its connection. */
  readonly isDraining: () => boolean;
}

export async function makeHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const answer = (error: unknown, _request: unknown, reply: FastifyReply) =>
    sendProblem(reply, error, options.log);
  const app = Fastify({
    logger: false,
    bodyLimit: HTTP_LIMITS.bodyBytesMax,
    connectionTimeout: HTTP_LIMITS.idleMsMax,
    keepAliveTimeout: HTTP_LIMITS.keepAliveMsMax,
    requestTimeout: HTTP_LIMITS.requestMsMax,
    http: {
      maxHeaderSize: HTTP_LIMITS.headerBytesMax,
      headersTimeout: HTTP_LIMITS.headersMsMax,
      connectionsCheckingInterval: HTTP_LIMITS.lateCheckMs,
    },
    // What comes while the gateway ends is answered like everything else: 503, and when to retry.
    return503OnClosing: false,
    routerOptions: { maxParamLength: HTTP_LIMITS.pathPartCharactersMax },
    ajv: {
      // By default fastify bends what it gets until it fits, and drops the fields it does not know.
      customOptions: { coerceTypes: false, removeAdditional: false, verbose: true },
    },
    schemaErrorFormatter: schemaProblem,
    frameworkErrors: answer,
    clientErrorHandler: (error, socket) => refuseConnection(error.code, socket),
  });
  app.server.maxConnections = HTTP_LIMITS.connectionsMax;
  app.server.maxHeadersCount = HTTP_LIMITS.headersMax;
  await app.register(helmet, {
    // Nothing here is a page, but for /docs, which has a policy of its own.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    // Whoever puts TLS before the gateway decides that for the name it has.
    strictTransportSecurity: false,
  });
  takeJsonOnly(app);
  app.setErrorHandler(answer);
  app.setNotFoundHandler((request) => {
    throw noRoute(request);
  });
  app.addHook('onRequest', async (_request, reply) => {
    if (options.isDraining()) reply.header('connection', 'close');
  });
  return app;
}

function sendProblem(reply: FastifyReply, error: unknown, log: (line: string) => void) {
  const problem = problemOf(error);
  if (problem.status === 500) {
    log(`a request failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  }
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem.body));
}

/** Bytes that are no UTF-8 would turn into the same sign, and two users into one. */
function takeJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  const strict = new TextDecoder('utf-8', { fatal: true });
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (request, body, done) => {
      let text: string;
      try {
        text = strict.decode(body);
      } catch {
        return done(new Problem(400, 'BODY_NOT_UTF8', 'the body is not UTF-8'));
      }
      parse(request, text, done);
    },
  );
}

/** What each path takes, for those who ask otherwise. */
const METHODS: readonly (readonly [RegExp, string])[] = [
  [/^\/likes$/, 'POST'],
  [/^\/posts\/(?:top|[^/]+\/likes)$/, 'GET, HEAD'],
  [/^\/(?:healthz|readyz|metrics|openapi\.json|docs(?:\/.*)?)$/, 'GET, HEAD'],
];

function noRoute({ method, url }: FastifyRequest): Problem {
  const path = url.split('?', 1)[0]!;
  const allow = METHODS.find(([pattern]) => pattern.test(path))?.[1];
  if (allow === undefined || allow.split(', ').includes(method)) {
    const detail = 'there is nothing at this path; GET /openapi.json tells what there is';
    return new Problem(404, 'PATH_UNKNOWN', detail);
  }
  const detail = `method ${method} is not allowed at this path; allowed is ${allow}`;
  return new Problem(405, 'METHOD_WRONG', detail, { allow });
}

/** There is no request and no reply yet, only a socket. */
function refuseConnection(code: string | undefined, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, body } = connectionProblem(code);
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status} ${body.title}`,
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${Buffer.byteLength(text)}`,
      'Connection: close',
      '',
      text,
    ].join('\r\n'),
  );
}
