/**
 * Servers as somebody else would run them: each asks for a password and speaks TLS only. They are
 * the real ones of the local runtime, with other settings.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { elasticmq } from '../../brokers/servers/local/elasticmq.ts';
import { kafka } from '../../brokers/servers/local/kafka.ts';
import { kafkaAnswers } from '../../brokers/servers/local/kafka-answers.ts';
import { LocalServer, type Recipe } from '../../brokers/servers/local/local-server.ts';
import { redis } from '../../brokers/servers/local/redis.ts';
import type { Tier } from '../../brokers/servers/server.ts';

const KEYTOOL_TIMEOUT_MS = 30_000;
const HOST = '127.0.0.1';
/** The port of a guarded Kafka for its other nodes, and for tests to look inside. */
const INNER = 2;
const run = promisify(execFile);

export interface Certificate {
  /** PKCS12, with the key. */
  readonly keyStore: string;
  readonly passphrase: string;
  /** The certificate alone, in PEM: it is its own authority. */
  readonly caFile: string;
}

/** Made by the JDK's own tool, for 127.0.0.1. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const passphrase = randomBytes(8).toString('hex');
  const keyStore = join(folder, 'server.p12');
  const caFile = join(folder, 'ca.pem');
  const store = ['-alias', 'server', '-keystore', keyStore, '-storepass', passphrase];
  const options = { timeout: KEYTOOL_TIMEOUT_MS };
  const names = ['-dname', 'CN=like-lab test', '-ext', `SAN=ip:${HOST}`, '-ext', 'bc=ca:true'];
  const kind = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '2'];
  await run(
    'keytool',
    ['-genkeypair', '-storetype', 'PKCS12', ...store, ...kind, ...names],
    options,
  );
  await run('keytool', ['-exportcert', '-rfc', ...store, '-file', caFile], options);
  return { keyStore, passphrase, caFile };
}

/** Takes TLS off and passes everything on, as a gateway before a server without TLS does. */
export class TlsGateway implements AsyncDisposable {
  readonly #server: Server;
  /** Where it passes connections on to. */
  target = '';

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open({ keyStore, passphrase }: Certificate): Promise<TlsGateway> {
    const server = createServer({ pfx: readFileSync(keyStore), passphrase });
    const gateway = new TlsGateway(server);
    server.on('secureConnection', (outer) => {
      const [host, port] = gateway.target.split(':');
      const inner = connect({ host: host!, port: Number(port), noDelay: true });
      outer.setNoDelay(true);
      outer.pipe(inner).pipe(outer);
      for (const [one, other] of [[outer, inner] as const, [inner, outer] as const]) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    return gateway;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `${HOST}:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
  }
}

export interface KafkaNode extends AsyncDisposable {
  /** SASL and TLS. */
  readonly address: string;
  /** Without either, for the test to look inside. */
  readonly innerAddress: string;
  readonly controllerPort: number;
  readonly clusterId: string;
}

/** A node of a cluster that keeps two copies of everything; with `first`, the second of it. */
export async function startKafkaNode(options: {
  folder: string;
  certificate: Certificate;
  user: string;
  password: string;
  first?: KafkaNode;
}): Promise<KafkaNode> {
  const { first } = options;
  let ports: readonly number[] = [];
  let clusterId = first?.clusterId ?? '';
  const recipe: Recipe = {
    ...kafka,
    ports: 3,
    async prepare(facts) {
      const prepared = JSON.parse(await kafka.prepare(facts)) as { clusterId: string };
      clusterId ||= prepared.clusterId;
      return JSON.stringify({ ...prepared, clusterId });
    },
    async command(facts) {
      ports = facts.ports;
      const usual = await kafka.command(facts);
      const meta = join(facts.dataFolder, 'meta.properties');
      if (first) {
        const text = await readFile(meta, 'utf8');
        await writeFile(meta, text.replace('node.id=1', 'node.id=2'));
      }
      await appendFile(join(facts.folder, 'server.properties'), guardedKafka(ports, options));
      return { ...usual, answers: () => kafkaAnswers(ports[INNER]!, clusterId) };
    },
  };
  const folder = join(options.folder, first ? 'kafka-2' : 'kafka-1');
  const server = await startIn(folder, recipe);
  return {
    address: server.address,
    innerAddress: `${HOST}:${ports[INNER]}`,
    controllerPort: first?.controllerPort ?? ports[1]!,
    clusterId,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** In a properties file the last one of a name is the one that counts. */
function guardedKafka(
  [outer, controller, inner]: readonly number[],
  { certificate, user, password, first }: Parameters<typeof startKafkaNode>[0],
): string {
  const listeners = `OUTER://${HOST}:${outer},INNER://${HOST}:${inner}`;
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  return [
    '',
    ...(first
      ? [
          'process.roles=broker',
          'node.id=2',
          `controller.quorum.voters=1@${HOST}:${first.controllerPort}`,
          `listeners=${listeners}`,
        ]
      : [`listeners=${listeners},CONTROLLER://${HOST}:${controller}`]),
    `advertised.listeners=${listeners}`,
    'listener.security.protocol.map=OUTER:SASL_SSL,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name=INNER',
    'ssl.keystore.type=PKCS12',
    `ssl.keystore.location=${certificate.keyStore}`,
    `ssl.keystore.password=${certificate.passphrase}`,
    'sasl.enabled.mechanisms=PLAIN',
    `listener.name.outer.plain.sasl.jaas.config=${login} user_${user}="${password}";`,
    'default.replication.factor=2',
    '',
  ].join('\n');
}

/** Resolves with the address behind the gateway. */
export async function startGuardedRedis(options: {
  folder: string;
  password: string;
}): Promise<AsyncDisposable & { address: string }> {
  const { password } = options;
  const recipe: Recipe = {
    ...redis,
    async command(facts) {
      const usual = await redis.command(facts);
      await appendFile(usual.args[0]!, `requirepass ${password}\n`);
      const port = facts.ports[0]!;
      return { ...usual, answers: () => answersPassword(port, password) };
    },
  };
  const server = await startIn(join(options.folder, 'redis'), recipe);
  return { address: server.address, [Symbol.asyncDispose]: () => server.stop() };
}

async function answersPassword(port: number, password: string): Promise<boolean> {
  const client = new Redis({ host: HOST, port, password, lazyConnect: true, retryStrategy: null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } finally {
    client.disconnect();
  }
}

/**
 * Its queues are known by the gateway's address, as those of Amazon SQS are by its own. In memory,
 * which is several times as fast as on disk.
 */
export async function startElasticmqBehind(
  gateway: TlsGateway,
  options: { folder: string },
): Promise<AsyncDisposable & { address: string }> {
  const recipe: Recipe = {
    ...elasticmq,
    async command(facts) {
      const usual = await elasticmq.command(facts);
      const node = `node-address { protocol = https, host = "${HOST}", port = ${gateway.port} }`;
      await appendFile(join(facts.folder, 'elasticmq.conf'), `\n${node}\n`);
      return usual;
    },
  };
  const server = await startIn(join(options.folder, 'elasticmq'), recipe, 'memory');
  return { address: server.address, [Symbol.asyncDispose]: () => server.stop() };
}

async function startIn(folder: string, recipe: Recipe, tier: Tier = 'kill'): Promise<LocalServer> {
  await mkdir(folder);
  const server = new LocalServer(recipe, { tier, folder, log: () => {} });
  await server.start();
  return server;
}
