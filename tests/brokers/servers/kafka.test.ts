import { execFileSync } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { startLocalServer } from '../../../brokers/servers/local/index.ts';
import { kafka } from '../../../brokers/servers/local/kafka.ts';
import { identityOf } from '../../../brokers/servers/local/living.ts';
import { LocalServer, type Recipe } from '../../../brokers/servers/local/local-server.ts';
import { portRefuses } from '../../../brokers/servers/local/process.ts';
import { temporaryFolder } from './temporary-folder.ts';

function clientOf(address: string): Kafka {
  return new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
}

async function settingsOf(address: string): Promise<Map<string, string>> {
  const admin = clientOf(address).admin();
  await admin.connect();
  const resources = [{ type: ConfigResourceTypes.BROKER, name: '1' }];
  const found = await admin.describeConfigs({ resources, includeSynonyms: false });
  await admin.disconnect();
  const entries = found.resources[0]!.configEntries;
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
}

async function firstMessageOf(address: string, topic: string): Promise<string | undefined> {
  const consumer = clientOf(address).consumer({ groupId: `reads-${topic}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const message = await new Promise<string | undefined>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message: { value } }) => resolve(value?.toString()),
    });
  });
  await consumer.disconnect();
  return message;
}

async function diskBytesBelow(
  usage: () => Promise<{ diskBytes: number }>,
  limitBytes: number,
  limitMs: number,
): Promise<boolean> {
  const deadlineMs = Date.now() + limitMs;
  while (Date.now() < deadlineMs) {
    if ((await usage()).diskBytes < limitBytes) return true;
  }
  return false;
}

test('Kafka shows its settings, keeps a record over a kill and leaves nothing', async () => {
  await using folder = await temporaryFolder();
  await using server = await startLocalServer('kafka', { tier: 'kill', folder: folder.path });
  const { address, pid } = server;

  const settings = await settingsOf(address);
  expect(settings.get('auto.create.topics.enable')).toBe('false');
  expect(settings.get('broker.session.timeout.ms')).toBe('1000');
  expect(settings.get('broker.heartbeat.interval.ms')).toBe('200');
  expect(settings.get('group.initial.rebalance.delay.ms')).toBe('0');
  expect(settings.get('offsets.topic.num.partitions')).toBe('1');
  expect(settings.get('log.retention.check.interval.ms')).toBe('500');
  expect(settings.get('log.segment.delete.delay.ms')).toBe('500');
  expect(settings.get('log.segment.bytes')).toBe(String(64 * 1024 ** 2));
  if (process.platform === 'linux') expect(foreignListeners(pid!)).toEqual([]);

  const admin = clientOf(address).admin();
  await admin.connect();
  const topics = [{ topic: 'likes', numPartitions: 2, replicationFactor: 1 }];
  await admin.createTopics({ topics, waitForLeaders: true });
  await admin.disconnect();
  const producer = clientOf(address).producer();
  await producer.connect();
  await producer.send({ topic: 'likes', acks: -1, messages: [{ key: 'post', value: 'a like' }] });
  await producer.disconnect();

  await server.kill();
  expect(identityOf(pid!)).toBeUndefined();
  expect(await portRefuses(Number(address.split(':')[1]))).toBe(true);
  await server.start();
  expect(server.address).toBe(address);
  expect(await firstMessageOf(address, 'likes')).toBe('a like');

  const restartedPid = server.pid!;
  expect(restartedPid).not.toBe(pid);
  const usage = await server.usage();
  expect(usage.cpuUs).toBeGreaterThan(100_000);
  expect(usage.memoryBytes).toBeGreaterThan(50_000_000);
  await server.stop();
  expect(identityOf(restartedPid)).toBeUndefined();
});

test('Kafka frees the disk of deleted records within seconds, segment by segment', async () => {
  await using folder = await temporaryFolder();
  await using server = await startLocalServer('kafka', { tier: 'kill', folder: folder.path });
  const admin = clientOf(server.address).admin();
  await admin.connect();
  const topics = [{ topic: 'likes', numPartitions: 1, replicationFactor: 1 }];
  await admin.createTopics({ topics, waitForLeaders: true });
  const producer = clientOf(server.address).producer();
  await producer.connect();
  const value = Buffer.alloc(500_000, 'x');
  for (let sent = 0; sent < 300; sent += 1) {
    await producer.send({ topic: 'likes', messages: [{ key: 'post', value }] });
  }
  expect((await server.usage()).diskBytes).toBeGreaterThan(140_000_000);
  const [{ high } = { high: '' }] = await admin.fetchTopicOffsets('likes');
  const partitions = [{ partition: 0, offset: high }];
  await admin.deleteTopicRecords({ topic: 'likes', partitions });
  // Two of the three segments are whole; the one that is being written stays.
  expect(await diskBytesBelow(() => server.usage(), 67_000_000, 10_000)).toBe(true);
  await producer.disconnect();
  await admin.disconnect();
});

test('Kafka that cannot start is reported with the last lines of its log', async () => {
  await using folder = await temporaryFolder();
  const recipe: Recipe = {
    ...kafka,
    async command(facts) {
      const usual = await kafka.command(facts);
      await appendFile(usual.args.at(-1)!, 'num.io.threads=none\n');
      return usual;
    },
  };
  const server = new LocalServer(recipe, { tier: 'kill', folder: folder.path, log: () => {} });
  const started = server.start();
  await expect(started).rejects.toMatchObject({ code: 'SERVER_NOT_STARTED' });
  await expect(started).rejects.toThrow(/^Kafka ended before it answered; correct what .*\n/);
  await expect(started).rejects.toThrow(/\n {2}\| .*num.io.threads/);
});

/** Addresses outside this machine that a process listens on, by the system's own word. */
function foreignListeners(pid: number): string[] {
  const lines = execFileSync('ss', ['-Hltnp'], { encoding: 'utf8' }).split('\n');
  const mine = lines.filter((line) => line.includes(`pid=${pid},`));
  expect(mine.length).toBeGreaterThan(0);
  return mine.filter((line) => !line.includes('127.0.0.1'));
}
