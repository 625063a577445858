import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { describe, expect, test } from 'vitest';
import { COMPOSE_FILE } from '../../../../brokers/servers/compose/docker.ts';
import { type ComposedName, serviceOf } from '../../../../brokers/servers/compose/services.ts';
import * as elasticmqRecipe from '../../../../brokers/servers/local/elasticmq.ts';
import * as kafkaRecipe from '../../../../brokers/servers/local/kafka.ts';
import * as redisRecipe from '../../../../brokers/servers/local/redis.ts';
import { SERVER_NAMES, TIERS } from '../../../../brokers/servers/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { readComposeFile } from './compose-file.ts';

const { services, volumes, configs } = readComposeFile();

/**
 * The parser: dclint reads a Compose file with `yaml` (anchors and merges as Compose has them) and
 * holds it against the JSON schema of the Compose specification, which is complete: it refuses
 * every key and every type that the specification does not know. Docker's own parser, compose-go,
 * comes from no npm package without a Go toolchain or a download outside npm; where `docker
 * compose` is installed it has the last word below. What a schema cannot know, such as a volume
 * that nobody declares, is tested here by hand.
 */
function findingsIn(file: string): string[] {
  const exact = ['service-image-require-explicit-tag', 'no-unbound-port-interfaces'];
  const linter = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] });
  const [result] = linter.lintFiles([file], false);
  const messages: readonly { rule: string; message: string }[] = result!.messages;
  const wanted = new Set(['invalid-yaml', 'invalid-schema', 'unknown-error', ...exact]);
  return messages
    .filter(({ rule }) => wanted.has(rule))
    .map(({ rule, message }) => `${rule}: ${message}`);
}

describe('docker-compose.yml', () => {
  test('is a Compose file, with exact images and no port open to other machines', () => {
    expect(findingsIn(COMPOSE_FILE)).toEqual([]);
  });

  test.each<[string, string, RegExp]>([
    ['a misspelt key', 'services: { a: { image: "a:1", comand: x } }', /invalid-schema.*\/a/],
    ['a port that is none', 'services: { a: { image: "a:1", ports: [true] } }', /invalid-schema/],
    [
      'a misspelt part of a healthcheck',
      'services: { a: { image: "a:1", healthcheck: { start_intervall: 1s } } }',
      /invalid-schema.*healthcheck/,
    ],
    ['no YAML at all', 'services: { a: [', /invalid-yaml/],
    ['an image without a tag', 'services: { a: { image: redis } }', /explicit-tag/],
    [
      'a port on every address',
      'services: { a: { image: "a:1", ports: ["6379:6379"] } }',
      /unbound-port/,
    ],
  ])('and the parser refuses %s', async (_what, text, finding) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'docker-compose.yml');
    await writeFile(file, `${text}\n`);
    expect(findingsIn(file).join('\n')).toMatch(finding);
  });

  test('is accepted by `docker compose config` as well, where that is installed', (context) => {
    const args = ['compose', '-f', COMPOSE_FILE, '--profile', '*', 'config', '--format', 'json'];
    const hasCompose = runs(['compose', 'version']);
    if (!hasCompose) context.skip('docker compose is not on this machine');
    const read = JSON.parse(execFileSync('docker', args, { encoding: 'utf8', timeout: 20_000 }));
    // With those of the file that it includes.
    const watching = ['prometheus', 'grafana'].flatMap((name) => [name, `${name}-desktop`]);
    const wanted = [...Object.keys(services), ...watching];
    expect(Object.keys(read.services).sort()).toEqual(wanted.sort());
  });

  test('has a service for every server and tier of the local runtime, and no other', () => {
    const composed = SERVER_NAMES.filter((name): name is ComposedName => name !== 'null');
    const wanted = composed.flatMap((name) =>
      TIERS.flatMap((tier) => {
        const { tiers } = serviceOf(name, tiersOf(name)[0]!).recipe;
        return tiers.includes(tier) ? [serviceOf(name, tier)] : [];
      }),
    );
    const names = new Set(wanted.map(({ name }) => name));
    expect(Object.keys(services).sort()).toEqual([...names].sort());
    for (const { name, portVariable, dataFolder } of wanted) {
      const other = readComposeFile({ [portVariable]: '45678' }).services[name]!;
      expect(other.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:45678:\d+$/)]);
      expect(services[name]!.volumes).toEqual([`${name}-data:${dataFolder}`]);
    }
    expect(() => serviceOf('kafka', 'memory')).toThrow(/Kafka has no tier "memory"; choose/);
  });

  test('keeps the data of each service apart, asks each for its health, restarts none', () => {
    const used = Object.values(services).map((service) => service.volumes[0]!.split(':')[0]!);
    expect(used.toSorted()).toEqual(Object.keys(volumes).toSorted());
    const ports = Object.values(services).map((service) => service.ports[0]!.split(':')[1]!);
    expect(new Set(ports).size).toBe(ports.length);
    for (const service of Object.values(services)) {
      expect(service.healthcheck.test.length).toBeGreaterThan(1);
      expect(service.healthcheck).toMatchObject({ interval: '1h', start_interval: '500ms' });
      expect(service.restart).toBe('no');
      for (const { source } of service.configs ?? []) expect(configs).toHaveProperty([source]);
    }
  });

  test('starts the tier `kill` of each server when nobody says which', () => {
    const usual = Object.entries(services).filter(([, { profiles }]) => profiles === undefined);
    expect(usual.map(([name]) => name).sort()).toEqual(['elasticmq-kill', 'kafka', 'redis-kill']);
  });
});

describe('the settings are those of the local runtime', () => {
  test('for Kafka', () => {
    const environment = services.kafka!.environment!;
    const local = valuesIn(kafkaRecipe.configurationOf('/var/lib/kafka/data', [9092, 29093]), '=');
    const composed = Object.fromEntries(
      Object.entries(environment)
        .filter(([name]) => !['KAFKA_HEAP_OPTS', 'KAFKA_JVM_PERFORMANCE_OPTS'].includes(name))
        // As the image does it, with no setting here that has a line or a dash in its name.
        .map(([name, value]) => [name.slice(6).toLowerCase().replaceAll('_', '.'), value]),
    );
    // In the container on every address; 127.0.0.1 is where it is published.
    local.listeners = local.listeners!.replace('BROKER://127.0.0.1', 'BROKER://0.0.0.0');
    expect(composed).toEqual(local);
    const flags = `${environment.KAFKA_HEAP_OPTS} ${environment.KAFKA_JVM_PERFORMANCE_OPTS}`;
    expect(flags.split(' ')).toEqual(kafkaRecipe.JVM_FLAGS);
    expect(services.kafka!.image).toBe(`apache/kafka:${versionIn('kafka', 'kafka_2.13')}`);
  });

  test.each(redisRecipe.redis.tiers)('for Redis at the tier %s', (tier) => {
    const service = services[`redis-${tier}`]!;
    const local = valuesIn(redisRecipe.configurationOf(tier, 6379, '/data'), ' ');
    const [program, file, ...flags] = service.command!.split(' ');
    expect([program, file]).toEqual(['redis-server', service.configs![0]!.target]);
    const composed = valuesIn(configs[service.configs![0]!.source]!.content, ' ');
    flags.forEach((flag, index) => {
      if (flag.startsWith('--')) composed[flag.slice(2)] = flags[index + 1]!;
    });
    const { bind, 'protected-mode': isProtected, ...others } = composed;
    expect({ bind, isProtected }).toEqual({ bind: '0.0.0.0', isProtected: 'no' });
    const { bind: _, dir, ...wanted } = local;
    expect({ ...others, dir: JSON.stringify(others.dir) }).toEqual({ ...wanted, dir });
    // The same minor version as the binary that is fetched where there is none.
    expect(service.image).toMatch(/^redis:6\.2\.\d+$/);
  });

  test.each(elasticmqRecipe.elasticmq.tiers)('for ElasticMQ at the tier %s', (tier) => {
    const service = services[`elasticmq-${tier}`]!;
    const local = elasticmqRecipe.configurationOf({
      tier,
      folder: '/',
      dataFolder: '/data',
      ports: [9324],
      prepared: JSON.stringify({ mark: 'lab-mark' }),
    });
    const variables = { [`ELASTICMQ_${tier.toUpperCase()}_PORT`]: '9324' };
    const composed = readComposeFile(variables).configs[`elasticmq-${tier}.conf`]!.content;
    const hocon = (text: string) =>
      text
        .replace(/^\s*#.*$/gm, '')
        .replace('bind-hostname = "0.0.0.0"', 'bind-hostname = "127.0.0.1"')
        .replace(/[\s,]+/g, ' ')
        .trim();
    expect(hocon(composed)).toBe(hocon(local));
    const flags = service.environment!.JAVA_TOOL_OPTIONS!.split(' ');
    const logging = flags.filter((flag) => flag.startsWith('-Dlogback'));
    expect(flags).toEqual([...elasticmqRecipe.JVM_FLAGS, ...logging]);
    const version = versionIn('elasticmq', 'elasticmq-server_2.13');
    expect(service.image).toBe(`softwaremill/elasticmq:${version}`);
  });
});

function tiersOf(name: ComposedName) {
  const recipes = { ...kafkaRecipe, ...redisRecipe, ...elasticmqRecipe };
  return recipes[name].tiers;
}

/** Lines of a name and a value; comments and empty lines left out. */
function valuesIn(text: string, separator: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(separator);
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

/** The version that the pom of the local runtime pins. */
function versionIn(pom: string, artifact: string): string | undefined {
  const file = new URL(`../../../../brokers/servers/local/${pom}.pom.xml`, import.meta.url);
  const found = new RegExp(`<artifactId>${artifact}</artifactId>\\s*<version>([\\d.]+)<`);
  return found.exec(readFileSync(file, 'utf8'))?.[1];
}

function runs(args: readonly string[]): boolean {
  try {
    execFileSync('docker', args, { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}
