/** `lab gateway`: takes likes over HTTP, in front of a queue or of a database. */
import type { Command } from 'commander';
import type { Gateway } from '../gateway/open-gateway.ts';
import type { RequestTracer } from '../gateway/request-trace.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { isDoneWithin } from './count.ts';
import {
  addGatewayOptions,
  checkGatewayOptions,
  type GatewayCommandOptions,
} from './gateway-options.ts';
import { openParts } from './gateway-parts.ts';
import { untilAborted, watchInterrupt } from './interrupt.ts';
import { describeExported, openTracingOf } from './tracing-options.ts';
import { EXIT, UsageError, whyNotListening } from './usage-error.ts';
import type { QueuedPath } from './watch/queued-path.ts';

/** How long what the gateway talked to may take to say good-bye. */
const CLOSE_LIMIT_MS = 3_000;

export function addGatewayCommand(program: Command): void {
  const command = program
    .command('gateway')
    .description('take likes over HTTP, publish them to a queue, and tell counts')
    .addHelpText(
      'after',
      '\nSIGTERM ends it in order: what is in hand is answered first.\n' +
        'GET /docs shows what it takes, /metrics what it does.',
    );
  addGatewayOptions(command).action(async (options: GatewayCommandOptions) => {
    process.exitCode = await runGateway(options);
  });
}

/** Resolves with the exit code, once it was told to stop and everything in hand is answered. */
async function runGateway(options: GatewayCommandOptions): Promise<number> {
  checkGatewayOptions(options);
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const interrupt = watchInterrupt(log, 'what is in hand is answered first');
  // Loaded here, since no other command needs an HTTP server.
  const { openGateway } = await import('../gateway/open-gateway.ts');
  const tracing = await openTracingOf(options, 'like-gateway');
  const parts = await openParts(options);
  let gateway: Gateway;
  try {
    const tracer = tracing && (await requestTracerOf(tracing, parts.gateway));
    gateway = await openGateway({ ...parts.gateway, tracer, log });
  } catch (error) {
    await parts.close();
    throw listenError(error, options);
  }
  if (parts.queued !== undefined) await tellPath(parts.queued, gateway);
  process.stdout.write(`${describe(options, gateway)}\n`);
  await untilAborted(interrupt);
  const isAnswered = await gateway.drain();
  if (!isAnswered) log('error: not everything in hand was answered in time');
  const closing = Promise.all([parts.close(), tracing?.[Symbol.asyncDispose]()]);
  const isClosed = await isDoneWithin(closing, CLOSE_LIMIT_MS);
  const undelivered = describeExported(tracing);
  if (undelivered !== undefined) log(`warning: ${undelivered}`);
  const code = isAnswered ? EXIT.pass : EXIT.unknown;
  // A client that hangs on a dead server would keep this process alive, for nothing.
  if (!isClosed) process.exit(code);
  return code;
}

async function requestTracerOf(
  tracing: Tracing,
  { system, destination }: { readonly system: string; readonly destination: string },
): Promise<RequestTracer> {
  const { RequestTracer } = await import('../tracing/request-tracer.ts');
  return new RequestTracer(tracing, { system, destination });
}

function listenError(error: unknown, { host, port }: GatewayCommandOptions): unknown {
  const why = whyNotListening(error);
  if (why === undefined) return error;
  return new UsageError(
    `port ${port} of ${host} ${why}; name another --port, 0 for any, or --host`,
  );
}

function describe(options: GatewayCommandOptions, { url, source }: Gateway): string {
  const { json, path, brokers, queue, rule } = options;
  if (json) return JSON.stringify({ url, source });
  const way = path === 'direct' ? 'directly into the database' : `to ${queue} on ${brokers}`;
  return `${url} · likes go ${way} · counted by ${rule} · source ${source}`;
}

/** Its metrics tell of the whole path, from its gateways to its workers. */
async function tellPath(queued: QueuedPath, { source, metrics }: Gateway): Promise<void> {
  queued.source = source;
  const { addPathMetrics } = await import('./watch/path-metrics.ts');
  addPathMetrics(metrics.registry, queued.watch);
}
