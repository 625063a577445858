/** What a gateway is opened with on either way of its likes, whoever opens it. */
import type { PoolConfig } from 'pg';
import type { Broker } from '../brokers/broker.ts';
import { openDirectDatabase } from '../gateway/direct-writer.ts';
import { LIMITS } from '../gateway/limits.ts';
import type { GatewayOptions } from '../gateway/open-gateway.ts';
import { directReader, storeReader } from '../gateway/post-reader.ts';
import { openCountReader } from '../store/count-reader.ts';
import type { CountingRule, CountStore } from '../store/count-store.ts';
import { CONNECTIONS_DEFAULT, directLimits, queueLimits } from './gateway-sends.ts';

type Sends = Pick<
  GatewayOptions,
  'producer' | 'system' | 'destination' | 'knowsNumbers' | 'limits'
>;
export type GatewayWay = Sends & Pick<GatewayOptions, 'reader' | 'probes'>;

/** A count that was read so long ago is shown again, so that a hot post costs few queries. */
const STALENESS_MS_MAX = 250;

/** For who takes likes and tells no counts. `linger`: ms; the gateway's own unless told. */
export async function queueSends(broker: Broker, queue: string, linger?: number): Promise<Sends> {
  return {
    producer: await broker.openProducer(queue),
    system: broker.name,
    destination: queue,
    knowsNumbers: true,
    limits: queueLimits(broker.habits, linger),
  };
}

/** `store`: where the queue is counted, to tell counts from. */
export async function queueWay(
  { broker, queue, store }: { broker: Broker; queue: string; store: CountStore },
  linger?: number,
): Promise<GatewayWay> {
  const backlogOf = async () => {
    const { waiting, unacknowledged } = await broker.backlog(queue);
    return waiting + unacknowledged;
  };
  const counts = openCountReader(store, { backlogOf, maxStalenessMs: STALENESS_MS_MAX });
  return {
    ...(await queueSends(broker, queue, linger)),
    reader: storeReader({ counts, store }),
    probes: [
      { name: broker.name, check: async () => assertQueue(await broker.hasQueue(queue)) },
      { name: 'store', check: () => store.countOf('') },
    ],
  };
}

function assertQueue(isThere: boolean): void {
  if (!isThere) throw new Error('the queue is gone');
}

/** The database ends with `opened`. */
export async function openDirectWay(
  database: { client: PoolConfig; rule: CountingRule; connections?: number | undefined },
  opened: AsyncDisposableStack,
): Promise<GatewayWay> {
  const { client, rule, connections = CONNECTIONS_DEFAULT } = database;
  const options = { client, connections, statementMsMax: LIMITS.answerMsMax };
  const direct = opened.use(await openDirectDatabase(options));
  return {
    producer: direct.writer(rule),
    system: 'postgresql',
    destination: 'direct_counts',
    knowsNumbers: false,
    limits: directLimits(connections),
    reader: directReader(direct),
    probes: [{ name: 'postgresql', check: () => direct.countOf('') }],
  };
}
