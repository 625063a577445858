/** ElasticMQ, which speaks the protocol of Amazon SQS, as one process of this machine. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fetchJars } from './jars.ts';
import type { Recipe, StartFacts } from './local-server.ts';
import { HOST, LOG_FILE } from './process.ts';
import { FAST_START_FLAGS, findJava } from './programs.ts';

const ANSWER_TIMEOUT_MS = 1_000;

export const JVM_FLAGS = [
  // Fixed, so that memory does not grow from trial to trial. A like that waits takes about 1 KiB of
  // it, and in a FIFO queue stays for 5 min after it was sent, to recognize a copy.
  '-Xms1g',
  '-Xmx1g',
  // Named, because Java takes another one by itself where it finds one core or little memory, at
  // about half the likes/s.
  '-XX:+UseG1GC',
  '-Djava.awt.headless=true',
];

interface Prepared {
  readonly java: string;
  readonly classPath: string;
  /** The name of a queue that no other server has. */
  readonly mark: string;
}

/**
 * Settings that differ from ElasticMQ's own, each with its reason, in HOCON. It has no statistics
 * and no user interface among its jars, so this is its only port.
 */
export function configurationOf({ tier, dataFolder, ports, prepared }: StartFacts): string {
  const lines = [
    // The file stands in for the one in the jar, which the HTTP server below it needs as well.
    'include classpath("application.conf")',
    // On 127.0.0.1 only: nobody outside this machine may reach a server without a password.
    `rest-sqs { bind-hostname = "${HOST}", bind-port = ${ports[0]} }`,
    // What the addresses of queues begin with.
    `node-address { host = "${HOST}", port = ${ports[0]} }`,
    // By this queue a lab knows its own server: two labs may have chosen the same free port.
    `queues { ${(JSON.parse(prepared) as Prepared).mark} {} }`,
  ];
  if (tier === 'memory') return lines.join('\n');
  const database = [
    `jdbc:h2:file:${join(dataFolder, 'likes')}`,
    // Written before it is acknowledged; by default H2 writes up to a second later.
    'WRITE_DELAY=0',
    // Space that is free again may be used again after 10 s instead of 45 s, until when a trial
    // takes 70 KiB per like. Not at once: after a kill H2 finds its last commits by following a
    // chain of some 20, and a commit that was being written may stand in the space of one of them.
    // With 0, one of 70 kills lost the last 28 likes that were acknowledged.
    'RETENTION_TIME=10000',
  ].join(';');
  // With it come the queues themselves; `queues-storage` would keep those alone. All writes go one
  // after the other through one actor, and a request of which one waits there for more than 5 s is
  // never answered, although the message is stored (QueueActorStorage in its source, no setting):
  // to its sender that like is `unknown`.
  lines.push(`messages-storage { enabled = true, uri = ${JSON.stringify(database)} }`);
  return lines.join('\n');
}

/** With dates, and with the database as it was opened, which is what decides the tier. */
const LOG_CONFIGURATION = `<configuration>
  <appender name="console" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>[%d{ISO8601}] %level %msg \\(%logger{0}\\)%n</pattern></encoder>
  </appender>
  <logger name="scalikejdbc.ConnectionPool" level="DEBUG"/>
  <root level="INFO"><appender-ref ref="console"/></root>
</configuration>
`;

/**
 * True when this server has its queues and messages back. It answers before it has: then a queue
 * would seem to be gone, or drained. All queues are asked for in one go before the first is read,
 * so once the mark is there, so are the others, and the log has a line for each whose messages are.
 */
async function answers(start: StartFacts): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const response = await fetch(`http://${HOST}:${start.ports[0]}/?Action=ListQueues`, { signal });
  const queues: string[] = (await response.text()).match(/[^/]+(?=<\/QueueUrl>)/g) ?? [];
  if (!queues.includes((JSON.parse(start.prepared) as Prepared).mark)) return false;
  if (start.tier === 'memory') return true;
  const log = await readFile(join(start.folder, LOG_FILE), 'utf8');
  const thisStart = log.slice(log.lastIndexOf('Starting ElasticMQ server'));
  return queues.every((queue) => thisStart.includes(` messages in queue ${queue} (`));
}

export const elasticmq: Recipe = {
  name: 'elasticmq',
  title: 'ElasticMQ',
  tiers: ['kill', 'memory'],
  ports: 1,
  versionLine: /Starting ElasticMQ server \(([\d.]+)\)/,
  async prepare({ folder, log }) {
    const java = await findJava('ElasticMQ');
    const classPath = (await fetchJars('elasticmq', log)).join(delimiter);
    await writeFile(join(folder, 'logback.xml'), LOG_CONFIGURATION);
    const mark = `lab-${randomBytes(8).toString('hex')}`;
    return JSON.stringify({ java, classPath, mark } satisfies Prepared);
  },
  async command(start) {
    const prepared = JSON.parse(start.prepared) as Prepared;
    const file = join(start.folder, 'elasticmq.conf');
    await writeFile(file, `${configurationOf(start)}\n`);
    const logging = `-Dlogback.configurationFile=${join(start.folder, 'logback.xml')}`;
    const fast = start.restartsOften ? FAST_START_FLAGS : [];
    const flags = [...JVM_FLAGS, ...fast, logging, `-Dconfig.file=${file}`];
    return {
      file: prepared.java,
      args: [...flags, '-cp', prepared.classPath, 'org.elasticmq.server.Main'],
      answers: () => answers(start),
    };
  },
};
