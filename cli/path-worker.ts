/** The workers of trials over HTTP: composes gateways with what they hand likes to, and clients. */
import { BROKERS } from '../brokers/index.ts';
import { openDirectDatabase } from '../gateway/direct-writer.ts';
import { type GatewayLimits, LIMITS } from '../gateway/limits.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import type { PostReader } from '../gateway/post-reader.ts';
import type { Clock } from '../lab/clock.ts';
import { LikeClient } from '../lab/path/like-client.ts';
import { requestLoadOf } from '../lab/path/request-load.ts';
import { sendRequests } from '../lab/path/send-requests.ts';
import { serveLikes } from '../lab/path/serve-likes.ts';
import type { WorkerPort } from '../lab/worker-messages.ts';
import type { WorkerSetup } from '../lab/worker-process.ts';
import type { LikeProducer } from '../likes/like.ts';
import { clientOf, directAddressSchema } from './direct-database.ts';
import { CONNECTIONS_DEFAULT, directLimits, queueLimits } from './gateway-sends.ts';
import { openPathTracing } from './path-tracing.ts';

/** Nobody asks a gateway for counts in these trials. */
const NO_COUNTS: PostReader = {
  countOf: () => Promise.reject(new Error('this gateway only takes likes')),
  topPosts: () => Promise.reject(new Error('this gateway only takes likes')),
};

interface Way extends AsyncDisposable {
  readonly producer: LikeProducer;
  readonly system: string;
  readonly destination: string;
  readonly knowsNumbers: boolean;
  readonly limits: Partial<GatewayLimits>;
}

/** A gateway as `lab gateway` opens it, but for the recorder around its producer. */
export async function serve(setup: WorkerSetup, port: WorkerPort, clock: Clock): Promise<void> {
  const path = setup.path!;
  await using tracing = await openPathTracing(setup, clock);
  await using way = await (path.kind === 'direct' ? openDirectWay(setup) : openQueueWay(setup));
  await serveLikes(setup, {
    producer: way.producer,
    open: (producer) =>
      openGateway({
        ...way,
        producer,
        rule: path.rule,
        // The client repeats nothing, so nothing is asked for that would know a repeat.
        takesRepeats: false,
        tracer: tracing?.gateway(way.system, way.destination),
        reader: NO_COUNTS,
        probes: [],
      }),
    clock,
    port,
  });
}

async function openQueueWay(setup: WorkerSetup): Promise<Way> {
  const broker = await BROKERS[setup.broker]!.open(setup.connection);
  return {
    producer: await broker.openProducer(setup.queue),
    system: setup.broker,
    destination: setup.queue,
    knowsNumbers: true,
    limits: queueLimits(broker.habits),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

async function openDirectWay({ store, path }: WorkerSetup): Promise<Way> {
  const address = directAddressSchema.parse(store);
  const database = await openDirectDatabase({
    client: clientOf(address),
    connections: CONNECTIONS_DEFAULT,
    statementMsMax: LIMITS.answerMsMax,
  });
  return {
    producer: database.writer(path!.rule),
    system: 'postgresql',
    destination: 'direct_counts',
    knowsNumbers: false,
    limits: directLimits(CONNECTIONS_DEFAULT),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

export async function request(setup: WorkerSetup, port: WorkerPort, clock: Clock): Promise<void> {
  using client = new LikeClient(setup.urls!);
  await using tracing = await openPathTracing(setup, clock);
  const tracer = tracing?.client;
  await sendRequests(setup, { load: requestLoadOf(setup.plan!), client, clock, port, tracer });
}
