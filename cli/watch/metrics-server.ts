/** `/metrics` and `/healthz` of a process that serves nothing else. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { UsageError } from '../usage-error.ts';

/** Whoever can reach it may read what the process does, so nobody outside this machine can. */
const HOST = '127.0.0.1';
const HEADER_BYTES_MAX = 8 * 1024;
const REQUEST_MS_MAX = 5_000;
const CONNECTIONS_MAX = 100;

export interface MetricsServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:9464`. */
  readonly url: string;
}

/**
 * @param port 0 for any
 * @throws UsageError when it cannot listen there
 */
export async function openMetricsServer(port: number, registry: Registry): Promise<MetricsServer> {
  const limits = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: REQUEST_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
  };
  const server = createServer(limits, (request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && request.url === '/metrics') {
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    } else if (isRead && request.url === '/healthz') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"alive":true}');
    } else {
      response.writeHead(404).end();
    }
  });
  server.maxConnections = CONNECTIONS_MAX;
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(port, HOST, () => listening.resolve());
  await listening.promise.catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${cause.code})`;
    throw new UsageError(`--metrics-port ${port}: it ${why}; name another one, or 0 for any`, {
      cause,
    });
  });
  // A connection that cannot be taken, as without a file number left, stops no counting.
  server.on('error', () => undefined);
  // It never keeps a process alive that has done its work.
  server.unref();
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
