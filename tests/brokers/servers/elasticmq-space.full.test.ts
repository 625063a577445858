import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startLocalServer } from '../../../brokers/servers/local/index.ts';
import { sqsAt } from '../sqs-under-test.ts';
import { fill } from './fill-queue.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A little more than the time that H2 keeps free space for. */
const RETENTION_MS = 11_000;
/** As many messages a second at the beginning as at the end, however warm the server is. */
const CHURN_PAUSE_MS = 150;

test('ElasticMQ at tier kill uses the space of messages that are gone again', async () => {
  await using folder = await temporaryFolder();
  await using server = await startLocalServer('elasticmq', { tier: 'kill', folder: folder.path });
  const sqs = sqsAt(server.address);
  let sent = 0;
  /** Messages come and go; all but what waits for its time is free again. */
  async function churn(limitMs: number): Promise<number> {
    for (const untilMs = performance.now() + limitMs; performance.now() < untilMs; ) {
      const QueueUrl = await fill(server, 'likes', 10);
      sent += 10;
      for (let left = 10; left > 0; ) {
        const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
        const Entries = Messages.map(({ MessageId, ReceiptHandle }) => {
          return { Id: MessageId, ReceiptHandle };
        });
        if (Entries.length > 0) await sqs.deleteMessageBatch({ QueueUrl, Entries });
        left -= Messages.length;
      }
      await sleep(CHURN_PAUSE_MS);
    }
    return (await server.usage()).diskBytes / sent;
  }
  const bytesPerMessageFirst = await churn(RETENTION_MS);
  const bytesPerMessageLater = await churn(2 * RETENTION_MS);
  sqs.destroy();
  // Without it the file would go on growing as fast as it does until then.
  expect(bytesPerMessageLater).toBeLessThan(0.7 * bytesPerMessageFirst);
});
