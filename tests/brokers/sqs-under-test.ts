/** What the tests of both brokers on SQS share: a client of their own, and the facts. */
import { SQS } from '@aws-sdk/client-sqs';
import type { BrokerFacts } from './broker-under-test.ts';

/** The AWS SDK against an ElasticMQ at `address`. */
export function sqsAt(address: string): SQS {
  return new SQS({
    endpoint: `http://${address}`,
    region: 'elasticmq',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
}

export async function urlOf(sqs: SQS, name: string): Promise<string> {
  return (await sqs.getQueueUrl({ QueueName: name })).QueueUrl!;
}

/** No API of ElasticMQ tells whether it has a file; its own test looks for that at the file. */
const SETTINGS = { persistence: 'not told by the server', VisibilityTimeout: '10' };

export const SQS_FACTS: BrokerFacts = {
  // The messages of a dead consumer are invisible for 10 s.
  takeoverMs: 10_000,
  readerRecoveryMs: 5_000,
  sendLimitMs: 2_000,
  connectLimitMs: 5_000,
  consumerNoticesDeletion: true,
  cannotCarry: [''],
  tooManyBytes: 1024 ** 2 + 1,
  decisiveSettings: { kill: SETTINGS, memory: SETTINGS },
};
