/** Queues of ElasticMQ with messages in them. */
import { expect } from 'vitest';
import type { LocalServer } from '../../../brokers/servers/local/local-server.ts';
import { sqsAt } from '../sqs-under-test.ts';

/** Makes a queue and puts so many messages into it, ten at a time; resolves with its address. */
export async function fill(server: LocalServer, name: string, count: number): Promise<string> {
  const sqs = sqsAt(server.address);
  const Attributes = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
  const { QueueUrl } = await sqs.createQueue({ QueueName: name, Attributes });
  for (let from = 0; from < count; from += 10) {
    const Entries = Array.from({ length: 10 }, (_, index) => {
      const id = `m${from + index}`;
      const entry = { Id: id, MessageBody: 'x'.repeat(150) };
      return 'FifoQueue' in Attributes
        ? { ...entry, MessageGroupId: id, MessageDeduplicationId: id }
        : entry;
    });
    const { Successful } = await sqs.sendMessageBatch({ QueueUrl, Entries });
    expect(Successful).toHaveLength(10);
  }
  sqs.destroy();
  return QueueUrl!;
}
