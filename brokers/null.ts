/** The null broker: the lab's own ceiling, a process that only passes the same bytes on. */
import { openNullConsumer } from '../consumers/null.ts';
import { openNullProducer } from '../producers/null.ts';
import type { Backlog, Broker, Connection, OpenOwnConsumer, ParkedMessage } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import type { Settings } from './servers/server.ts';

/** How long the server may take to answer an administrative request. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Connects nothing: every request is a connection of its own to `address`. */
export async function openNullBroker(
  connection: Connection,
  own?: OpenOwnConsumer,
): Promise<Broker> {
  const openConsumer = (own ?? openNullConsumer) as typeof openNullConsumer;
  const url = `http://${connection.address}`;
  const ask = async (path: string, method = 'GET', body?: string): Promise<Response> => {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const init = { method, signal, ...(body !== undefined && { body }) };
    const response = await fetch(url + path, init).catch((cause: unknown) => {
      throw BrokerError.unreachable('null', connection.address, cause);
    });
    if (response.ok || (method === 'DELETE' && response.status === 404)) return response;
    throw BrokerError.refused('null', `${method} ${path}`, await response.text());
  };
  const parkedOf = async (queue: string) =>
    (await (await ask(`${queuePath(queue)}/parked`)).json()) as ParkedMessage[];
  const post = async (queue: string, texts: readonly string[]): Promise<void> => {
    const several = texts.find((text) => text.includes('\n'));
    if (several !== undefined) {
      throw BrokerError.messageRefused('null', several, 'a newline would make two of it');
    }
    const body = texts.join('\n');
    if (body !== '') await ask(`${queuePath(queue)}/likes`, 'POST', body);
    else if (texts.length > 0) throw BrokerError.messageRefused('null', '', 'it is empty');
  };
  const queuePath = (queue: string) => `/queues/${encodeURIComponent(queue)}`;
  return {
    name: 'null',
    tier: connection.tier,
    promises: {
      // One queue without lanes: two consumers take turns, and their batches overtake each other.
      order: 'none',
      delivery: 'at-least-once',
      source: 'brokers/servers/local/null-server.ts',
    },
    // HTTP requests side by side may overtake each other, so one at a time keeps the order.
    habits: { likesPerSend: 2_000, sendsInFlight: 1 },
    timeoutsMs: {},
    async hasQueue(queue) {
      try {
        await ask(queuePath(queue));
        return true;
      } catch (error) {
        if ((error as BrokerError).code === 'BROKER_REFUSED') return false;
        throw error;
      }
    },
    async createQueue(queue, { service, keepsLog }) {
      BrokerError.refuseLog('null', keepsLog);
      const fields = service && { ...service, service: service.distribution };
      const query = new URLSearchParams(
        Object.entries(fields ?? {}).map(([name, value]): [string, string] => [name, `${value}`]),
      );
      await ask(`${queuePath(queue)}?${query}`, 'PUT');
    },
    deleteQueue: async (queue) => void (await ask(queuePath(queue), 'DELETE')),
    openProducer: (queue) => openNullProducer({ url, queue }),
    openConsumer: (queue, handleLikes) => openConsumer({ url, queue }, handleLikes),
    backlog: async (queue) => (await (await ask(queuePath(queue))).json()) as Backlog,
    parked: parkedOf,
    post,
    async redrive(queue, { max } = {}) {
      const letters = (await parkedOf(queue)).slice(0, max);
      await post(
        queue,
        letters.map(({ text }) => text),
      );
      await ask(`${queuePath(queue)}/parked?first=${letters.length}`, 'DELETE');
      return { redriven: letters.length };
    },
    reclaim: async () => undefined,
    settings: async () => (await (await ask('/settings')).json()) as Settings,
    [Symbol.asyncDispose]: async () => undefined,
  };
}
