/** Kafka as one process of this machine, broker and controller in one (KRaft). */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { LocalServerError } from './errors.ts';
import { fetchJars } from './jars.ts';
import { kafkaAnswers } from './kafka-answers.ts';
import type { Recipe } from './local-server.ts';
import { HOST } from './process.ts';
import { FAST_START_FLAGS, findJava } from './programs.ts';

const FORMAT_TIMEOUT_MS = 60_000;

/** The collector of Kafka's own start script, with a heap that fits a small machine. */
export const JVM_FLAGS = [
  // Fixed, so that memory does not grow from trial to trial; the page cache holds the likes anyway.
  '-Xms512m',
  '-Xmx512m',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-Djava.awt.headless=true',
];

/** Formatting runs for half a second: compiling its code well would take longer than it runs. */
const FORMAT_JVM_FLAGS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

interface Prepared {
  readonly java: string;
  readonly classPath: string;
  readonly clusterId: string;
}

/** What it listens on, and what it says of that to clients. */
function listenersOf(ports: readonly number[], proxyPort: number | undefined): string[] {
  const listeners = [`BROKER://${HOST}:${ports[0]}`, `CONTROLLER://${HOST}:${ports[1]}`];
  const advertised = [`BROKER://${HOST}:${ports[0]}`];
  const protocols = ['BROKER:PLAINTEXT', 'CONTROLLER:PLAINTEXT'];
  if (proxyPort !== undefined) {
    // Clients go where Kafka says it is: to those that came by a proxy it has to say the proxy's
    // address, and to the lab, which looks past it, its own.
    listeners.push(`PROXIED://${HOST}:${ports[2]}`);
    advertised.push(`PROXIED://${HOST}:${proxyPort}`);
    protocols.push('PROXIED:PLAINTEXT');
  }
  return [
    `listeners=${listeners.join(',')}`,
    `advertised.listeners=${advertised.join(',')}`,
    `listener.security.protocol.map=${protocols.join(',')}`,
  ];
}

/** Settings that differ from Kafka's own, each with its reason. */
export function configurationOf(
  dataFolder: string,
  ports: readonly number[],
  proxyPort?: number,
): string {
  return [
    // One process is broker and controller: the smallest Kafka there is.
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@${HOST}:${ports[1]}`,
    // On 127.0.0.1 only: nobody outside this machine may reach a server without a password.
    ...listenersOf(ports, proxyPort),
    'inter.broker.listener.name=BROKER',
    'controller.listener.names=CONTROLLER',
    // Backslashes are escapes in a Java properties file.
    `log.dirs=${dataFolder.replaceAll('\\', '\\\\')}`,
    // A misspelt topic is an error, and each topic gets the lanes and tier that the lab asked for.
    'auto.create.topics.enable=false',
    // Waiting for further members before the first assignment costs every trial 3 s.
    'group.initial.rebalance.delay.ms=0',
    // Fifty partitions by default: one is enough for a few groups, and opens faster after a kill.
    'offsets.topic.num.partitions=1',
    'transaction.state.log.num.partitions=1',
    // There is one node, so there can be one replica; by default Kafka wants three.
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    // After SIGKILL the controller accepts the restarted broker only when the session of the dead
    // one has run out: first acknowledgement after 2.8 s instead of 12.0 s with 9000 and 2000.
    'broker.session.timeout.ms=1000',
    'broker.heartbeat.interval.ms=200',
    // Deleted likes must leave the disk during a long trial: look for them every half second
    // instead of every 5 min, from the start instead of after 30 s, and wait half a second instead
    // of 60 s before their files go.
    'log.retention.check.interval.ms=500',
    'log.initial.task.delay.ms=500',
    'log.segment.delete.delay.ms=500',
    // Only whole segments can go, and 1 GiB per lane would be more than a long trial writes.
    'log.segment.bytes=67108864',
  ].join('\n');
}

/** Without a pattern of its own, log4j2 prints errors only, and no proof of a recovery. */
const LOG_CONFIGURATION = `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="WARN">
  <Appenders>
    <Console name="console" target="SYSTEM_OUT">
      <PatternLayout pattern="[%d{ISO8601}] %p %m (%c{1})%n"/>
    </Console>
  </Appenders>
  <Loggers>
    <!-- Hundreds of lines with every setting at each start, which would hide the last words. -->
    <Logger name="org.apache.kafka.common.config.AbstractConfig" level="WARN"/>
    <Logger name="kafka.server.KafkaConfig" level="WARN"/>
    <Root level="INFO"><AppenderRef ref="console"/></Root>
  </Loggers>
</Configuration>
`;

/**
 * Writes the data folder's identity as Kafka's own tool does it: 0.55 s with FORMAT_JVM_FLAGS.
 * @throws LocalServerError SERVER_NOT_STARTED with the tool's words
 */
async function format(folder: string, prepared: Prepared): Promise<void> {
  const args = ['-cp', prepared.classPath, 'kafka.tools.StorageTool', 'format'];
  args.push('--cluster-id', prepared.clusterId, '--ignore-formatted');
  args.push('--config', join(folder, 'server.properties'));
  const options = { timeout: FORMAT_TIMEOUT_MS, cwd: folder };
  await promisify(execFile)(
    prepared.java,
    [...FORMAT_JVM_FLAGS, `-Dlog4j2.configurationFile=${join(folder, 'log4j2.xml')}`, ...args],
    options,
  ).catch((cause: unknown) => {
    const words = cause instanceof Error ? cause.message.split('\n').slice(1) : [];
    throw new LocalServerError(
      'SERVER_NOT_STARTED',
      'Kafka cannot format its data folder; correct what its tool says and run again:',
      { cause, lines: words.filter((line) => line.trim() !== '').slice(-15) },
    );
  });
}

async function isFormatted(dataFolder: string): Promise<boolean> {
  return access(join(dataFolder, 'meta.properties')).then(
    () => true,
    () => false,
  );
}

export const kafka: Recipe = {
  name: 'kafka',
  title: 'Kafka',
  // Power is a setting of each topic (flush.messages=1), so both tiers share one server.
  tiers: ['kill', 'power'],
  ports: 3,
  portBehindProxy: 2,
  // The segments of every topic, Kafka's own among them; indexes are made anew from them.
  appendOnly: (path) => path.endsWith('.log'),
  versionLine: /Kafka version: ([\d.]+)/,
  async prepare({ folder, log }) {
    const java = await findJava('Kafka');
    const classPath = (await fetchJars('kafka', log)).join(delimiter);
    await writeFile(join(folder, 'log4j2.xml'), LOG_CONFIGURATION);
    const id = randomBytes(16);
    // One id in 64 would begin with a dash, which the storage tool takes for a flag.
    id[0]! &= 0x7f;
    const clusterId = id.toString('base64url');
    return JSON.stringify({ java, classPath, clusterId } satisfies Prepared);
  },
  async command({ folder, dataFolder, ports, prepared: text, proxyPort, restartsOften }) {
    const prepared = JSON.parse(text) as Prepared;
    const file = join(folder, 'server.properties');
    await writeFile(file, `${configurationOf(dataFolder, ports, proxyPort)}\n`);
    if (!(await isFormatted(dataFolder))) await format(folder, prepared);
    const logging = `-Dlog4j2.configurationFile=${join(folder, 'log4j2.xml')}`;
    return {
      file: prepared.java,
      args: [
        ...JVM_FLAGS,
        ...(restartsOften ? FAST_START_FLAGS : []),
        logging,
        '-cp',
        prepared.classPath,
        'kafka.Kafka',
        file,
      ],
      answers: () => kafkaAnswers(ports[0]!, prepared.clusterId),
    };
  },
};
