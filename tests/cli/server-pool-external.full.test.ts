/**
 * The runtime `external` on real servers that ask for a password and speak TLS only, started here
 * as somebody else would run them; the lab is started as its users start it.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROKERS } from '../../brokers/index.ts';
import { readRun } from '../../lab/result-files.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import {
  type KafkaNode,
  makeCertificate,
  startElasticmqBehind,
  startGuardedRedis,
  startKafkaNode,
  TlsGateway,
} from './guarded-servers.ts';
import { type Ended, LabProcess, linesOf } from './lab-process.ts';

const LIKES = 2_000;
/** Workers live for a second at least. */
const LOOK_INTERVAL_MS = 20;
const BROKER_NAMES = ['kafka', 'redis-streams', 'bullmq', 'sqs'].filter((name) => name in BROKERS);

const stack = new AsyncDisposableStack();
const secrets = {
  kafka: `sesame-${randomBytes(6).toString('hex')}`,
  redis: `sesame-${randomBytes(6).toString('hex')}`,
  sqs: `sesame-${randomBytes(6).toString('hex')}`,
};
let environment: Record<string, string>;
let folder: string;
let nodes: readonly KafkaNode[];

beforeAll(async () => {
  folder = stack.use(await temporaryFolder()).path;
  const certificate = await makeCertificate(folder);
  const { caFile } = certificate;
  const guarded = { folder, certificate, user: 'lab', password: secrets.kafka };
  const [redisGateway, sqsGateway] = [
    stack.use(await TlsGateway.open(certificate)),
    stack.use(await TlsGateway.open(certificate)),
  ];
  const [redis, elasticmq, first] = await Promise.all([
    startGuardedRedis({ folder, password: secrets.redis }),
    startElasticmqBehind(sqsGateway, { folder }),
    startKafkaNode(guarded),
  ]);
  for (const server of [redis, elasticmq, first]) stack.use(server);
  redisGateway.target = redis.address;
  sqsGateway.target = elasticmq.address;
  nodes = [first, stack.use(await startKafkaNode({ ...guarded, first }))];
  environment = {
    LIKE_LAB_KAFKA: nodes.map(({ address }) => address).join(','),
    LIKE_LAB_KAFKA_USERNAME: 'lab',
    LIKE_LAB_KAFKA_PASSWORD: secrets.kafka,
    LIKE_LAB_KAFKA_SASL: 'plain',
    LIKE_LAB_KAFKA_TLS: '1',
    LIKE_LAB_KAFKA_CA_FILE: caFile,
    LIKE_LAB_REDIS: `rediss://:${secrets.redis}@${redisGateway.address}`,
    LIKE_LAB_REDIS_CA_FILE: caFile,
    LIKE_LAB_SQS_ENDPOINT: `https://${sqsGateway.address}`,
    LIKE_LAB_SQS_REGION: 'eu-west-1',
    LIKE_LAB_SQS_CA_FILE: caFile,
    LIKE_LAB_SQS_TIER: 'memory',
    // The SDK's own chain begins here; without the last one it would ask the network at its end.
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: secrets.sqs,
    AWS_EC2_METADATA_DISABLED: 'true',
    // As the scripts of package.json start the lab: kafkajs sets a timer to a negative time.
    NODE_OPTIONS: '--disable-warning=TimeoutNegativeWarning',
  };
});

afterAll(async () => {
  await stack.disposeAsync();
});

interface LabRun extends Ended {
  /** The command lines of the lab and of all the workers that were seen. */
  readonly commandLines: string;
}

/** Runs the lab, and looks again and again how it and its workers were called. */
async function runWith(
  args: readonly string[],
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<LabRun> {
  await using lab = new LabProcess(
    ['throughput', '--runtime', 'external', '--profile', 'smoke', ...args],
    // biome-ignore lint/style/noProcessEnv: PATH, HOME and the like are the lab's as well.
    { ...process.env, ...environment, ...changes },
  );
  const seen = new Set<string>();
  let ended: Ended | undefined;
  void lab.ended().then((found) => {
    ended = found;
  });
  while (ended === undefined) {
    if (process.platform === 'linux') for (const line of commandLinesOf(lab)) seen.add(line);
    await sleep(LOOK_INTERVAL_MS);
  }
  return { ...(ended as Ended), commandLines: [...seen].join('\n') };
}

function commandLinesOf(lab: LabProcess): string[] {
  try {
    const processes = [lab.child.pid!, ...lab.children.map(({ pid }) => pid)];
    return processes.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    // One that has just ended has no command line any more; there is another look.
    return [];
  }
}

function expectNoSecret(texts: readonly string[]): void {
  for (const secret of Object.values(secrets)) {
    expect(texts.some((text) => text.includes(secret))).toBe(false);
  }
}

async function textsBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'utf8')));
}

describe('on servers with a password and TLS', () => {
  test('every like is counted, and no secret is written anywhere', async () => {
    const out = join(folder, 'all');
    const brokers = BROKER_NAMES.join(',');
    const ended = await runWith(['--brokers', brokers, '--likes', String(LIKES), '--out', out]);
    expect(ended).toMatchObject({ code: 0 });
    const { results } = readRun(join(out, 'index.json'));
    expect(new Set(results.map(({ broker }) => broker))).toEqual(new Set(BROKER_NAMES));
    for (const { broker, tier, verdict, server, workload, resources } of results) {
      expect(verdict).toBe('pass');
      expect(tier).toBe(broker === 'sqs' ? 'memory' : 'kill');
      expect(server).toMatchObject({ runtime: 'external' });
      expect(server!.title).toMatch(/^(Kafka|Redis|SQS) at 127\.0\.0\.1:\d+/);
      expect(workload.likes).toBe(LIKES);
      // Of a server that is somebody else's nothing is known.
      expect(resources).not.toHaveProperty('serverCpuUsPerLike');
    }
    const files = await textsBelow(out);
    expect(files.length).toBeGreaterThan(results.length);
    expectNoSecret([...files, ended.stdout, ended.stderr, ended.commandLines]);
    if (process.platform === 'linux') expect(ended.commandLines).toMatch(/worker\.ts/);
  });

  test('Kafka keeps as many copies of a queue as the cluster is set to', async () => {
    const connection = {
      address: nodes[0]!.address,
      username: 'lab',
      password: secrets.kafka,
      tls: { caFile: environment.LIKE_LAB_KAFKA_CA_FILE },
      tier: 'kill',
    } as const;
    const broker = await BROKERS.kafka!.open(connection);
    const [queue, deadLetters] = ['likes-copies', 'likes-copies.dead-letters'];
    const brokers = [nodes[0]!.innerAddress];
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    try {
      await broker.createQueue(queue!, { lanes: 3 });
      await admin.connect();
      const { topics } = await admin.fetchTopicMetadata({ topics: [queue!, deadLetters!] });
      const copies = topics.flatMap(({ partitions }) => partitions.map((one) => one.replicas));
      expect(copies).toHaveLength(4);
      for (const replicas of copies) expect(replicas.toSorted()).toEqual([1, 2]);
      await broker.deleteQueue(queue!);
    } finally {
      await admin.disconnect();
      await broker[Symbol.asyncDispose]();
    }
  });
});

describe('what does not let the lab in is one line, before any trial', () => {
  test.concurrent.each<[string, string, Record<string, string | undefined>, RegExp, number]>([
    [
      'a wrong password of Kafka',
      'kafka',
      { LIKE_LAB_KAFKA_PASSWORD: 'sesame-wrong' },
      /kafka lets nobody in like this at 127\.0\.0\.1:\d+,.*SASL PLAIN.*check user name, password/,
      2,
    ],
    [
      'a wrong password of Redis',
      'redis-streams',
      { LIKE_LAB_REDIS: undefined },
      /redis-streams lets nobody in like this at .*check user name, password/,
      2,
    ],
    [
      'no credentials for SQS',
      'sqs',
      { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, HOME: '/nowhere' },
      /sqs lets nobody in like this at .*[Cc]redentials.*check user name, password/,
      2,
    ],
    [
      'an authority that is not known',
      'kafka',
      { LIKE_LAB_KAFKA_CA_FILE: undefined },
      /Kafka at .* does not answer \(self-signed certificate.*\); set LIKE_LAB_KAFKA_CA_FILE to/,
      2,
    ],
    [
      'an address of nobody',
      'kafka',
      { LIKE_LAB_KAFKA: '127.0.0.1:1' },
      /Kafka at 127\.0\.0\.1:1 does not answer .*correct LIKE_LAB_KAFKA$/,
      2,
    ],
    [
      'a variable that is missing',
      'redis-streams',
      { LIKE_LAB_REDIS: '' },
      /^error: LIKE_LAB_REDIS .* must be redis:\/\/host:port/,
      64,
    ],
    [
      'a tier that the server is not said to have',
      'kafka --tier power',
      {},
      /--tier power: Kafka at .* has the tier kill, as LIKE_LAB_KAFKA_TIER says/,
      64,
    ],
  ])('%s', async (what, brokers, changes, line, code) => {
    const out = join(folder, what.replaceAll(' ', '-'));
    await mkdir(out);
    const url = environment.LIKE_LAB_REDIS!.replace(secrets.redis, 'sesame-wrong');
    const changed = what === 'a wrong password of Redis' ? { LIKE_LAB_REDIS: url } : changes;
    const args = ['--brokers', ...brokers.split(' '), '--likes', String(LIKES), '--out', out];
    const ended = await runWith(args, changed);
    // Labs that start at the same moment wait for each other, and say so.
    const said = linesOf(ended.stderr).filter((text) => !text.startsWith('waiting for process'));
    expect(said).toEqual([expect.stringMatching(line)]);
    expect(ended.stderr).not.toContain('sesame');
    expect(ended).toMatchObject({ code, stdout: '' });
    expectNoSecret([ended.stderr, ended.commandLines, ...(await textsBelow(out))]);
  });
});
