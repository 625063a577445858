/**
 * The least that drains an SQS queue with the SDK: loops that receive ten, parse them and delete
 * them. Nothing is counted, nothing gathered, no dead letter. There are as many loops as
 * consumers/sqs.ts has pollers.
 */
import {
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { WarmRate } from './warm-rate.ts';

const { address, queue, messages, loops } = JSON.parse(process.argv[2]!);
const client = new SQSClient({
  endpoint: `http://${address}`,
  region: 'elasticmq',
  credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  useQueueUrlAsEndpoint: false,
  requestHandler: { httpAgent: { keepAlive: true, maxSockets: 200 } },
});
const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: queue }));
const rate = new WarmRate(messages);

async function drain(): Promise<void> {
  while (rate.handled < messages) {
    const limits = { MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: 30 };
    const found = await client.send(new ReceiveMessageCommand({ QueueUrl, ...limits }));
    const batch = found.Messages ?? [];
    if (batch.length === 0) continue;
    for (const { Body } of batch) JSON.parse(Body!);
    const Entries = batch.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    rate.add(batch.length);
  }
}

await Promise.all(Array.from({ length: loops }, drain));
rate.print();
client.destroy();
