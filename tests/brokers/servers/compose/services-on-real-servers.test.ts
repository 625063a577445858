/**
 * The settings of docker-compose.yml, given to the real servers in the way their images do it. The
 * images themselves are not run here: that needs a Docker daemon.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { elasticmq } from '../../../../brokers/servers/local/elasticmq.ts';
import { fetchJars } from '../../../../brokers/servers/local/jars.ts';
import { LocalServer, type Recipe } from '../../../../brokers/servers/local/local-server.ts';
import { findJava } from '../../../../brokers/servers/local/programs.ts';
import { redis } from '../../../../brokers/servers/local/redis.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { readComposeFile } from './compose-file.ts';

const SETUP_TIMEOUT_MS = 30_000;
const HEALTH_TIMEOUT_MS = 10_000;
const run = promisify(execFile);
const silent = () => {};

test("Kafka's own container program takes the variables and formats a data folder", async () => {
  await using folder = await temporaryFolder();
  const java = await findJava('Kafka');
  const classPath = (await fetchJars('kafka', silent)).join(delimiter);
  const { environment } = readComposeFile({ KAFKA_PORT: '45678' }).services.kafka!;
  const [given, mounted, final] = ['default', 'mounted', 'final'].map((name) =>
    join(folder.path, name),
  ) as [string, string, string];
  for (const path of [given, mounted, final]) await mkdir(path);
  const folders = ['--default-configs-dir', given, '--mounted-configs-dir', mounted];
  const setup = ['kafka.docker.KafkaDockerWrapper', 'setup', ...folders, '--final-configs-dir'];
  const { stdout } = await run(java, ['-cp', classPath, ...setup, final], {
    timeout: SETUP_TIMEOUT_MS,
    env: {
      ...environment,
      CLUSTER_ID: '5L6g3nShT-eMCtK--X86sw',
      KAFKA_LOG_DIRS: join(folder.path, 'data'),
    },
  });
  expect(stdout).toMatch(/Formatting .*data/);
  const properties = (await readFile(join(final, 'server.properties'), 'utf8')).split('\n');
  expect(properties).toContain('advertised.listeners=BROKER://127.0.0.1:45678');
  expect(properties).toContain('broker.session.timeout.ms=1000');
  expect(properties.filter((line) => /heap|jvm/i.test(line))).toEqual([]);
});

test('Redis takes the file and the flags', async () => {
  await using folder = await temporaryFolder();
  const { services, configs } = readComposeFile();
  const service = services['redis-everysec']!;
  const [, , ...flags] = service.command!.split(' ');
  const recipe: Recipe = {
    ...redis,
    tiers: ['everysec'],
    async command(facts) {
      const usual = await redis.command(facts);
      const text = configs['redis.conf']!.content.replace('0.0.0.0', '127.0.0.1')
        .replace('port 6379', `port ${facts.ports[0]}`)
        .replace('dir /data', `dir ${JSON.stringify(facts.dataFolder)}`);
      await writeFile(usual.args[0]!, text);
      return { ...usual, args: [usual.args[0]!, ...flags] };
    },
  };
  await using server = new LocalServer(recipe, {
    tier: 'everysec',
    folder: folder.path,
    log: silent,
  });
  await server.start();
  const [host, port] = server.address.split(':');
  const client = new Redis({ host: host!, port: Number(port) });
  const settings = await Promise.all(
    ['appendonly', 'appendfsync', 'maxmemory-policy'].map((name) => client.config('GET', name)),
  );
  client.disconnect();
  expect(settings.map((pair) => (pair as string[])[1])).toEqual(['yes', 'everysec', 'noeviction']);
});

test('ElasticMQ takes the files, and its healthcheck tells when messages are back', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'health.log');
  const script = join(folder.path, 'healthy.sh');
  const configuration = join(folder.path, 'elasticmq.conf');
  const recipe: Recipe = {
    ...elasticmq,
    // The mark of the Compose file stands for the one that the recipe makes up.
    prepare: async (options) => {
      const prepared = JSON.parse(await elasticmq.prepare(options)) as Record<string, string>;
      return JSON.stringify({ ...prepared, mark: 'lab-mark' });
    },
    async command(facts) {
      const usual = await elasticmq.command(facts);
      const port = String(facts.ports[0]);
      const { configs } = readComposeFile({ ELASTICMQ_KILL_PORT: port });
      const here = (name: string) =>
        configs[name]!.content.replaceAll('0.0.0.0', '127.0.0.1')
          .replaceAll('9324', port)
          .replaceAll('/data/', `${facts.dataFolder}/`)
          .replaceAll('/tmp/server.log', log)
          .replaceAll('/opt/elasticmq.conf', configuration);
      await writeFile(configuration, here('elasticmq-kill.conf'));
      await writeFile(script, here('elasticmq-healthy.sh'));
      await writeFile(join(folder.path, 'logback.xml'), here('elasticmq-logback.xml'));
      return usual;
    },
  };
  const isHealthy = () =>
    run('bash', [script], { timeout: HEALTH_TIMEOUT_MS }).then(
      () => true,
      () => false,
    );
  await using server = new LocalServer(recipe, { tier: 'kill', folder: folder.path, log: silent });
  await server.start();
  expect(await isHealthy()).toBe(true);
  const client = new SQSClient({
    region: 'elasticmq',
    endpoint: `http://${server.address}`,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'likes' }));
  expect(QueueUrl).toContain(server.address);
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'like' }));
  await server.kill();
  expect(await isHealthy()).toBe(false);
  await server.start();
  expect(await isHealthy()).toBe(true);
  expect(await readFile(log, 'utf8')).toMatch(/1 messages? in queue likes \(/);
  client.destroy();
});
