import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import {
  diskLibrary,
  whyNoDiskLibrary,
} from '../../../../brokers/servers/local/disk/disk-library.ts';
import { startLocalServer } from '../../../../brokers/servers/local/index.ts';
import type { LocalServer } from '../../../../brokers/servers/local/local-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const library = await diskLibrary(() => {});
const reason = whyNoDiskLibrary() ?? 'built';

const BATCH = 100;
const WAIT_MS = 20_000;

async function until(reached: () => boolean): Promise<void> {
  await expect.poll(reached, { timeout: WAIT_MS, interval: 2 }).toBe(true);
}

/** Sends to one partition, batch by batch, until it is told to stop. */
class TopicWriter {
  readonly #ended: Promise<void>;
  acknowledged = 0;
  sent = 0;
  #stopped = false;

  constructor(address: string, topic: string) {
    this.#ended = this.#write(address, topic).catch(() => undefined);
  }

  async #write(address: string, topic: string): Promise<void> {
    const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ retry: { retries: 0 } });
    await producer.connect();
    try {
      while (!this.#stopped) {
        const messages = Array.from({ length: BATCH }, () => ({ value: 'a like', partition: 0 }));
        this.sent += BATCH;
        await producer.send({ topic, acks: -1, messages });
        this.acknowledged += BATCH;
      }
    } finally {
      await producer.disconnect();
    }
  }

  async end(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
  }
}

async function withAdmin<T>(
  server: LocalServer,
  work: (admin: ReturnType<Kafka['admin']>) => Promise<T>,
): Promise<T> {
  const admin = new Kafka({ brokers: [server.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

const createTopic = (server: LocalServer, topic: string, flush: boolean) =>
  withAdmin(server, (admin) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic,
          numPartitions: 1,
          replicationFactor: 1,
          configEntries: flush ? [{ name: 'flush.messages', value: '1' }] : [],
        },
      ],
    }),
  );

/** Asked again for a moment: a broker that has just been started does not lead anything yet. */
async function endOf(server: LocalServer, topic: string): Promise<number> {
  for (let triesLeft = 40; ; triesLeft -= 1) {
    try {
      const offsets = await withAdmin(server, (admin) => admin.fetchTopicOffsets(topic));
      return Number(offsets[0]!.high);
    } catch (error) {
      if (triesLeft === 0) throw error;
      await sleep(250);
    }
  }
}

describe.skipIf(library === undefined)(`Kafka on a disk of ours (${reason})`, () => {
  test('a power cut takes what no flush was asked for, and nothing else', async () => {
    await using folder = await temporaryFolder();
    const options = { tier: 'power', folder: folder.path, disk: true } as const;
    await using server = await startLocalServer('kafka', options);
    await createTopic(server, 'flushed', true);
    await createTopic(server, 'usual', false);
    const flushed = new TopicWriter(server.address, 'flushed');
    const usual = new TopicWriter(server.address, 'usual');
    await until(() => Math.min(flushed.acknowledged, usual.acknowledged) > 2_000);
    await server.kill();
    await Promise.all([flushed.end(), usual.end()]);
    const { syncs } = server.disk!.counts();
    expect(syncs).toBeGreaterThan(20);
    const cut = await server.disk!.cutBack!();
    expect(cut.bytes).toBeGreaterThan(usual.acknowledged);
    await server.start();
    const kept = { flushed: await endOf(server, 'flushed'), usual: await endOf(server, 'usual') };
    expect(kept.flushed).toBeGreaterThanOrEqual(flushed.acknowledged);
    expect(kept.flushed).toBeLessThanOrEqual(flushed.sent);
    expect(kept.usual).toBe(0);
  });

  test('a full disk ends the server, and what was acknowledged stays', async () => {
    await using folder = await temporaryFolder();
    const options = { tier: 'kill', folder: folder.path, disk: true } as const;
    await using server = await startLocalServer('kafka', options);
    await createTopic(server, 'likes', false);
    const writer = new TopicWriter(server.address, 'likes');
    await until(() => writer.acknowledged > 2_000);
    server.disk!.refuseWrites(true);
    await until(() => server.pid === undefined);
    const { writesRefused } = server.disk!.counts();
    expect(writesRefused).toBeGreaterThan(0);
    server.disk!.refuseWrites(false);
    await writer.end();
    await server.start();
    const kept = await endOf(server, 'likes');
    expect(kept).toBeGreaterThanOrEqual(writer.acknowledged);
  });
});

test.skipIf(library === undefined)(
  `a server that writes in place cannot be cut back (${reason})`,
  async () => {
    await using folder = await temporaryFolder();
    const options = { tier: 'kill', folder: folder.path, disk: true } as const;
    await using server = await startLocalServer('elasticmq', options);
    expect(server.disk!.cutBack).toBeUndefined();
  },
);
