/** Cassandra as processes of this machine: one node, or several on loopback addresses of theirs. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Tier } from '../server.ts';
import { cassandraAnswers } from './cassandra-answers.ts';
import { fetchJars } from './jars.ts';
import type { Recipe, StartFacts } from './local-server.ts';
import { HOST } from './process.ts';
import { FAST_START_FLAGS, findJava } from './programs.ts';

/** How a node is part of a cluster. All nodes of one have the same ports. */
export interface NodePlace {
  /** Of this machine, such as 127.0.0.2. */
  readonly host: string;
  /** All nodes, this one included. Each of them is a seed, so any may be the first to start. */
  readonly hosts: readonly string[];
  readonly clusterName: string;
  readonly heapMiB: number;
}

/** The data centre of every node; clients have to name it. */
export const DATACENTER = 'datacenter1';

const HEAP_MIB = 1_024;

/** A start takes some 7 s of processor time, which several nodes and a load have to share. */
const START_TIMEOUT_MS = 180_000;

/** What `commitlog_sync` means to an acknowledgement. */
const TIER_SETTINGS: Readonly<Partial<Record<Tier, readonly string[]>>> = {
  // Cassandra's own default. Writes are in the kernel's hands at once, but what a restart finds of
  // them is bounded by marks that are set each 100 ms: the death of the process takes up to 100 ms
  // of acknowledged writes with it, a power cut 10 s.
  everysec: ['commitlog_sync: periodic', 'commitlog_sync_period: 10000ms'],
  // Nothing between the two: what survives the process has been synced before it is acknowledged.
  kill: ['commitlog_sync: batch'],
  power: ['commitlog_sync: batch'],
};

/** The packages that Cassandra 5 reaches into, from its own jvm17-server.options. */
const EXPORTS = [
  'java.base/jdk.internal.misc',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.sql/java.sql',
  'java.base/java.lang.ref',
  'jdk.unsupported/sun.misc',
  'jdk.compiler/com.sun.tools.javac.file',
  'jdk.attach/sun.tools.attach',
];
const OPENS = [
  'java.base/java.lang.module',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.util.jar',
  'jdk.management/com.sun.management.internal',
  'java.base/sun.nio.ch',
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.reflect',
  'java.base/java.util',
  'jdk.compiler/com.sun.tools.javac',
];

export function jvmFlags(heapMiB: number): string[] {
  return [
    // Fixed, so that memory does not grow from trial to trial.
    `-Xms${heapMiB}m`,
    `-Xmx${heapMiB}m`,
    // Named, because Java takes another one by itself where it finds one core or little memory.
    '-XX:+UseG1GC',
    '-XX:MaxGCPauseMillis=100',
    // A node without memory is to be seen as dead, not to go on half alive.
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
    // Addresses are of this kind; without it a node may look for the other kind first.
    '-Djava.net.preferIPv4Stack=true',
    // From Java 18 on it would have to be asked for.
    '-Djava.security.manager=allow',
    '-Djdk.attach.allowAttachSelf=true',
    // Netty would otherwise copy each answer into a buffer of its own.
    '-Dio.netty.tryReflectionSetAccessible=true',
    ...EXPORTS.flatMap((name) => ['--add-exports', `${name}=ALL-UNNAMED`]),
    ...OPENS.flatMap((name) => ['--add-opens', `${name}=ALL-UNNAMED`]),
    // A test cluster need not wait until word of nodes on other continents has come around.
    '-Dcassandra.skip_wait_for_gossip_to_settle=0',
    '-Dcassandra.ring_delay_ms=100',
    '-Dcassandra.superuser_setup_delay_ms=0',
    '-Dcassandra.consistent.rangemovement=false',
    // It must stay the child of the lab.
    '-Dcassandra-foreground=yes',
  ];
}

/** One token a node, evenly over the ring of Murmur3, from -2^63 up. */
function tokenOf({ host, hosts }: NodePlace): bigint {
  return -(2n ** 63n) + (2n ** 64n / BigInt(hosts.length)) * BigInt(hosts.indexOf(host));
}

/** Settings that differ from Cassandra's own, each with its reason, in YAML. */
export function configurationOf(
  { tier, dataFolder, ports }: Pick<StartFacts, 'tier' | 'dataFolder' | 'ports'>,
  node: NodePlace,
): string {
  const folder = (name: string) => JSON.stringify(join(dataFolder, name));
  return [
    // By this name a lab knows its own server: two labs may have chosen the same free port.
    `cluster_name: ${node.clusterName}`,
    // Sixteen ranges a node by default: with one each, a start is faster and replicas are plain.
    'num_tokens: 1',
    `initial_token: "${tokenOf(node)}"`,
    'partitioner: org.apache.cassandra.dht.Murmur3Partitioner',
    // New nodes have nothing to fetch from one another.
    'auto_bootstrap: false',
    `data_file_directories: [${folder('data')}]`,
    `commitlog_directory: ${folder('commitlog')}`,
    `hints_directory: ${folder('hints')}`,
    `saved_caches_directory: ${folder('saved_caches')}`,
    ...(TIER_SETTINGS[tier] ?? []),
    // On addresses of this machine only: nobody else may reach a server without a password.
    `listen_address: ${node.host}`,
    `rpc_address: ${node.host}`,
    `native_transport_port: ${ports[0]}`,
    `storage_port: ${ports[1]}`,
    'endpoint_snitch: SimpleSnitch',
    'seed_provider:',
    '  - class_name: org.apache.cassandra.locator.SimpleSeedProvider',
    '    parameters:',
    `      - seeds: "${node.hosts.map((host) => `${host}:${ports[1]}`).join(',')}"`,
    // A disk that fails ends the node, so that the lab sees it; by default it only falls silent.
    'disk_failure_policy: die',
    'commit_failure_policy: die',
    // A dropped keyspace leaves the disk at once, instead of a copy of it.
    'auto_snapshot: false',
    // Small segments and few of them: a node of a test need not keep 8 GiB of log.
    'commitlog_segment_size: 16MiB',
    'commitlog_total_space: 256MiB',
    // By default a quarter of the heap; named because the rates depend on it.
    `memtable_heap_space: ${node.heapMiB / 4}MiB`,
    `memtable_offheap_space: ${node.heapMiB / 4}MiB`,
    // Others may ask for more than there is here; a lab on two cores is served by these.
    'concurrent_reads: 16',
    'concurrent_writes: 16',
    // Read back by the store, which says how its cluster was set.
    'authenticator: AllowAllAuthenticator',
    'authorizer: AllowAllAuthorizer',
  ].join('\n');
}

/** With dates, and without the hundred lines of settings at each start. */
const LOG_CONFIGURATION = `<configuration>
  <appender name="console" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>[%d{ISO8601}] %level %msg \\(%logger{0}\\)%n</pattern></encoder>
  </appender>
  <logger name="org.apache.cassandra.config" level="WARN"/>
  <root level="INFO"><appender-ref ref="console"/></root>
</configuration>
`;

interface Prepared {
  readonly java: string;
  readonly classPath: string;
  readonly clusterName: string;
}

/** The recipe of one node of a cluster; without a place, of a node that is one by itself. */
export function cassandraNode(place?: NodePlace): Recipe<'cassandra'> {
  return {
    name: 'cassandra',
    title: 'Cassandra',
    tiers: ['kill', 'everysec', 'power'],
    ports: 2,
    startTimeoutMs: START_TIMEOUT_MS,
    versionLine: /Cassandra version: ([\d.]+)/,
    async prepare({ folder, log }) {
      const java = await findJava('Cassandra');
      const classPath = (await fetchJars('cassandra', log)).join(delimiter);
      await writeFile(join(folder, 'logback.xml'), LOG_CONFIGURATION);
      const clusterName = place?.clusterName ?? newClusterName();
      return JSON.stringify({ java, classPath, clusterName } satisfies Prepared);
    },
    async command(start) {
      const { java, classPath, clusterName } = JSON.parse(start.prepared) as Prepared;
      const node = place ?? { host: HOST, hosts: [HOST], clusterName, heapMiB: HEAP_MIB };
      const file = join(start.folder, 'cassandra.yaml');
      await writeFile(file, `${configurationOf(start, node)}\n`);
      return {
        file: java,
        args: [
          ...jvmFlags(node.heapMiB),
          ...(start.restartsOften ? FAST_START_FLAGS : []),
          `-Dlogback.configurationFile=${join(start.folder, 'logback.xml')}`,
          `-Dcassandra.config=${pathToFileURL(file)}`,
          `-Dcassandra.storagedir=${start.dataFolder}`,
          // Libraries that are unpacked at the start go where the rest goes.
          `-Djava.io.tmpdir=${start.folder}`,
          '-cp',
          classPath,
          'org.apache.cassandra.service.CassandraDaemon',
        ],
        answers: () => cassandraAnswers(node.host, start.ports[0]!, clusterName),
      };
    },
  };
}

export function newClusterName(): string {
  return `lab-${randomBytes(8).toString('hex')}`;
}
