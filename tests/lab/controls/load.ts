/** Likes that go on being sent while something else happens, and what became of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from '../../../brokers/broker.ts';
import { type Like, SendError } from '../../../likes/like.ts';
import { freshName, madeLikes } from '../../brokers/broker-under-test.ts';

const LOAD_LIKES_PER_SEND = 20;
const LOAD_PAUSE_MS = 20;

/** Sends likes until it is ended; sends go on while others wait for their answer. */
export async function openLoad(broker: Broker, queue: string) {
  const producer = await broker.openProducer(queue);
  const acknowledged: Like[] = [];
  const source = freshName();
  const sending = new Set<Promise<void>>();
  let seq = 0;
  let going = true;

  async function sendOnce(): Promise<void> {
    const likes = madeLikes(LOAD_LIKES_PER_SEND, { from: seq, source });
    seq += likes.length;
    try {
      await producer.send(likes);
      acknowledged.push(...likes);
    } catch (error) {
      if (!(error instanceof SendError)) throw error;
      acknowledged.push(...likes.filter((_, index) => error.outcomes[index] === 'ok'));
    }
  }

  async function sendAll(): Promise<void> {
    while (going) {
      const sent: Promise<void> = sendOnce().finally(() => sending.delete(sent));
      sending.add(sent);
      if (sending.size >= broker.habits.sendsInFlight) await Promise.race(sending);
      await sleep(LOAD_PAUSE_MS);
    }
    await Promise.all(sending);
  }

  const all = sendAll();
  const end = () => {
    going = false;
    return all;
  };
  return {
    acknowledged: acknowledged as readonly Like[],
    end,
    async [Symbol.asyncDispose]() {
      await end();
      await producer[Symbol.asyncDispose]();
    },
  };
}
