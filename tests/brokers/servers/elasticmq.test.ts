import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startLocalServer, tierAtHand } from '../../../brokers/servers/local/index.ts';
import { identityOf } from '../../../brokers/servers/local/living.ts';
import type { LocalServer } from '../../../brokers/servers/local/local-server.ts';
import { portRefuses } from '../../../brokers/servers/local/process.ts';
import { until } from '../broker-under-test.ts';
import { sqsAt } from '../sqs-under-test.ts';
import { fill } from './fill-queue.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** How long ElasticMQ may take to write down a queue that it has made. */
const DATABASE_LIMIT_MS = 10_000;

/** What the server says of its queues: the messages in each, by the end of its address. */
async function messagesIn(server: LocalServer): Promise<Record<string, number>> {
  const sqs = sqsAt(server.address);
  const found: Record<string, number> = {};
  for (const QueueUrl of (await sqs.listQueues()).QueueUrls ?? []) {
    const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] });
    const name = QueueUrl.split('/').at(-1)!;
    if (!name.startsWith('lab-')) found[name] = Number(Attributes!.ApproximateNumberOfMessages);
  }
  sqs.destroy();
  return found;
}

describe('ElasticMQ on this machine', () => {
  test('at tier kill has all queues and messages back as soon as it answers again', async () => {
    await using folder = await temporaryFolder();
    await using server = await startLocalServer('elasticmq', { tier: 'kill', folder: folder.path });
    const { address, pid } = server;
    await fill(server, 'likes', 500);
    await fill(server, 'likes.fifo', 200);
    await fill(server, 'no-messages', 0);
    // CreateQueue answers before the queue stands in the database; only a message's answer waits.
    await until('the queue without messages is on the disk', DATABASE_LIMIT_MS, async () =>
      (await readFile(join(server.folder, 'data', 'likes.mv.db'))).includes('no-messages'),
    );
    const identity = identityOf(pid!);
    const proof = await server.kill();
    expect(proof).toEqual({ pid, endedBy: 'SIGKILL', portRefused: true });
    expect(identityOf(identity!.pid)).toBeUndefined();
    expect(await portRefuses(Number(address.split(':')[1]))).toBe(true);
    await server.start();
    expect(server.address).toBe(address);
    expect(await messagesIn(server)).toEqual({ likes: 500, 'likes.fifo': 200, 'no-messages': 0 });
    expect(await readFile(server.logFile, 'utf8')).toMatch(/Restored 500 messages in queue likes /);
  });

  test('at tier memory has lost everything after a kill', async () => {
    await using folder = await temporaryFolder();
    await using server = await startLocalServer('elasticmq', {
      tier: 'memory',
      folder: folder.path,
    });
    await fill(server, 'likes', 50);
    expect(await messagesIn(server)).toEqual({ likes: 50 });
    await server.kill();
    await server.start();
    expect(await messagesIn(server)).toEqual({});
  });

  test('shows its tier in its log and on the disk: a file written at once, or none', async () => {
    await using folder = await temporaryFolder();
    const both = await Promise.all(
      (['kill', 'memory'] as const).map((tier) =>
        startLocalServer('elasticmq', { tier, folder: folder.path }),
      ),
    );
    await using kill = both[0]!;
    await using memory = both[1]!;
    const opened = /Registered singleton connection pool : .*url:jdbc:h2:file:\S+;WRITE_DELAY=0;/;
    expect(await readFile(kill.logFile, 'utf8')).toMatch(opened);
    expect(await readdir(join(kill.folder, 'data'))).toEqual(['likes.mv.db']);
    expect(await readFile(memory.logFile, 'utf8')).not.toMatch(/connection pool/);
    expect(await readdir(join(memory.folder, 'data'))).toEqual([]);
    await fill(memory, 'likes', 50);
    expect((await memory.usage()).diskBytes).toBe(0);
  });

  test('tells its version, has usage until stop, and leaves no process then', async () => {
    await using folder = await temporaryFolder();
    await using server = await startLocalServer('elasticmq', { tier: 'kill', folder: folder.path });
    expect(await server.version()).toBe('1.7.1');
    const usage = await server.usage();
    expect(usage.memoryBytes).toBeGreaterThan(50_000_000);
    expect(usage.cpuUs).toBeGreaterThan(0);
    const pid = server.pid!;
    await server.stop();
    expect(identityOf(pid)).toBeUndefined();
    await expect(server.usage()).rejects.toMatchObject({ code: 'SERVER_NOT_RUNNING' });
    await expect(server.kill()).rejects.toMatchObject({ code: 'SERVER_NOT_RUNNING' });
  });

  test('runs twice at once, with ports and queues of its own, on 127.0.0.1 only', async () => {
    await using folder = await temporaryFolder();
    const options = { tier: 'memory', folder: folder.path } as const;
    const both = await Promise.all([
      startLocalServer('elasticmq', options),
      startLocalServer('elasticmq', options),
    ]);
    await using first = both[0];
    await using second = both[1];
    expect(first.address).not.toBe(second.address);
    await fill(first, 'likes', 10);
    expect(await messagesIn(first)).toEqual({ likes: 10 });
    expect(await messagesIn(second)).toEqual({});
    if (process.platform === 'linux') expect(listening(first.pid!)).toEqual([first.address]);
  });

  test('cannot be given the tier power, and a keeper of servers takes the nearest', async () => {
    await using folder = await temporaryFolder();
    const started = startLocalServer('elasticmq', { tier: 'power', folder: folder.path });
    await expect(started).rejects.toThrow(/ElasticMQ has no tier "power"; choose kill or memory/);
    expect(tierAtHand('elasticmq', 'power')).toBe('kill');
    expect(tierAtHand('elasticmq', 'memory')).toBe('memory');
    expect(tierAtHand('kafka', 'memory')).toBe('kill');
    expect(tierAtHand('redis', 'everysec')).toBe('everysec');
    expect(tierAtHand('null', 'power')).toBe('memory');
  });
});

/** Every address that a process listens on, by the system's own word. */
function listening(pid: number): string[] {
  const lines = execFileSync('ss', ['-Hltnp'], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(`pid=${pid},`))
    .map((line) => line.trim().split(/\s+/)[3]!.replace('[::ffff:127.0.0.1]', '127.0.0.1'));
}
