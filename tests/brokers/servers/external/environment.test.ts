import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, test } from 'vitest';
import {
  type ExternalName,
  readExternal,
} from '../../../../brokers/servers/external/environment.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A real certificate of a public authority. */
const PEM = rootCertificates[0]!;

describe('what the variables say', () => {
  test('of a Kafka cluster with TLS and SASL', async () => {
    await using folder = await temporaryFolder();
    const caFile = join(folder.path, 'ca.pem');
    await writeFile(caFile, PEM);
    const facts = readExternal('kafka', {
      LIKE_LAB_KAFKA: 'b-1.example.com:9096, b-2.example.com:9096',
      LIKE_LAB_KAFKA_USERNAME: 'lab',
      LIKE_LAB_KAFKA_PASSWORD: ' with blanks ',
      LIKE_LAB_KAFKA_SASL: 'scram-sha-512',
      LIKE_LAB_KAFKA_TLS: '1',
      LIKE_LAB_KAFKA_CA_FILE: caFile,
      LIKE_LAB_KAFKA_TIER: 'power',
      HOME: '/root',
    });
    expect(facts).toMatchObject({
      title: 'Kafka at b-1.example.com:9096,b-2.example.com:9096',
      tier: 'power',
      endpoint: {
        address: 'b-1.example.com:9096,b-2.example.com:9096',
        username: 'lab',
        password: ' with blanks ',
        saslMechanism: 'scram-sha-512',
        tls: { caFile },
      },
    });
  });

  test('of servers without a password or TLS, where an empty variable is none', () => {
    const kafka = { LIKE_LAB_KAFKA: 'localhost:9092', LIKE_LAB_KAFKA_PASSWORD: '' };
    expect(readExternal('kafka', kafka).endpoint).toEqual({ address: 'localhost:9092' });
    const redis = { LIKE_LAB_REDIS: 'redis://10.0.0.7' };
    expect(readExternal('redis', redis)).toMatchObject({
      title: 'Redis at 10.0.0.7:6379',
      tier: 'kill',
      endpoint: { address: '10.0.0.7:6379' },
    });
    const sqs = { LIKE_LAB_SQS_ENDPOINT: 'http://localhost:9324', LIKE_LAB_SQS_TIER: 'memory' };
    expect(readExternal('elasticmq', sqs)).toMatchObject({
      title: 'SQS at localhost:9324',
      tier: 'memory',
      endpoint: { address: 'localhost:9324' },
    });
  });

  test('of Redis with TLS, a user and a password that a URL does not allow', () => {
    const { endpoint, title } = readExternal('redis', {
      LIKE_LAB_REDIS: 'rediss://lab:p%40ss%2Fw%23rd@redis.example.com:6380/0',
    });
    expect(endpoint).toEqual({
      address: 'redis.example.com:6380',
      username: 'lab',
      password: 'p@ss/w#rd',
      tls: {},
    });
    expect(title).toBe('Redis at redis.example.com:6380');
    const only = readExternal('redis', { LIKE_LAB_REDIS: 'redis://:100%25%@h:1' });
    expect(only.endpoint).toEqual({ address: 'h:1', password: '100%25%' });
  });

  test('of Amazon SQS itself, which has no address, and of one with an address in a region', () => {
    expect(readExternal('elasticmq', { LIKE_LAB_SQS_REGION: 'eu-west-1' })).toMatchObject({
      title: 'Amazon SQS in eu-west-1',
      endpoint: { address: '', region: 'eu-west-1', tls: {} },
    });
    const own = {
      LIKE_LAB_SQS_REGION: 'us-gov-west-1',
      LIKE_LAB_SQS_ENDPOINT: 'https://sqs.local',
    };
    expect(readExternal('elasticmq', own)).toMatchObject({
      title: 'SQS at sqs.local:443',
      endpoint: { address: 'sqs.local:443', region: 'us-gov-west-1', tls: {} },
    });
  });
});

const SECRET = 'hunter2';
const KAFKA = { LIKE_LAB_KAFKA: 'a:9092' };
const SHOWN = { LIKE_LAB_KAFKA_USERNAME: 'lab', LIKE_LAB_KAFKA_PASSWORD: SECRET };

describe('what is wrong is one line with the variable and what is allowed, and no secret', () => {
  test.each<[string, ExternalName, Record<string, string>, RegExp]>([
    ['no Kafka', 'kafka', {}, /^LIKE_LAB_KAFKA .* must be the host:port of a Kafka node/],
    ['an address without a port', 'kafka', { LIKE_LAB_KAFKA: 'a:9092,b' }, /^LIKE_LAB_KAFKA /],
    ['a port that is none', 'kafka', { LIKE_LAB_KAFKA: 'a:70000' }, /^LIKE_LAB_KAFKA /],
    [
      'a password in the address',
      'kafka',
      { LIKE_LAB_KAFKA: `lab:${SECRET}@a:9092` },
      /^LIKE_LAB_KAFKA /,
    ],
    [
      'a password without a user',
      'kafka',
      { ...KAFKA, LIKE_LAB_KAFKA_PASSWORD: SECRET },
      /^LIKE_LAB_KAFKA_USERNAME .* its other half is/,
    ],
    [
      'a user without a password',
      'kafka',
      { ...KAFKA, LIKE_LAB_KAFKA_USERNAME: 'lab' },
      /^LIKE_LAB_KAFKA_PASSWORD .* its other half is/,
    ],
    [
      'a mechanism that is none',
      'kafka',
      { ...KAFKA, ...SHOWN, LIKE_LAB_KAFKA_SASL: 'gssapi' },
      /^LIKE_LAB_KAFKA_SASL .* plain, scram-sha-256, scram-sha-512$/,
    ],
    [
      'a mechanism without a user',
      'kafka',
      { ...KAFKA, LIKE_LAB_KAFKA_SASL: 'plain' },
      /^LIKE_LAB_KAFKA_USERNAME .* because LIKE_LAB_KAFKA_SASL is/,
    ],
    [
      'a switch that is none',
      'kafka',
      { ...KAFKA, LIKE_LAB_KAFKA_TLS: 'yes' },
      /^LIKE_LAB_KAFKA_TLS .* 1 or 0$/,
    ],
    [
      'an authority without TLS',
      'kafka',
      { ...KAFKA, LIKE_LAB_KAFKA_CA_FILE: 'ca.pem' },
      /^LIKE_LAB_KAFKA_CA_FILE .* needs LIKE_LAB_KAFKA_TLS to be 1$/,
    ],
    [
      'a file that is not there',
      'kafka',
      { ...KAFKA, LIKE_LAB_KAFKA_TLS: '1', LIKE_LAB_KAFKA_CA_FILE: '/nowhere.pem' },
      /^LIKE_LAB_KAFKA_CA_FILE .* a file that can be read .* in PEM$/,
    ],
    [
      'a file without a certificate',
      'redis',
      { LIKE_LAB_REDIS: 'rediss://a', LIKE_LAB_REDIS_CA_FILE: import.meta.filename },
      /^LIKE_LAB_REDIS_CA_FILE .* in PEM$/,
    ],
    [
      'a tier that is none there',
      'kafka',
      { ...KAFKA, LIKE_LAB_KAFKA_TIER: 'memory' },
      /^LIKE_LAB_KAFKA_TIER .* kill, power$/,
    ],
    [
      'an address of Redis that is no URL',
      'redis',
      { LIKE_LAB_REDIS: `lab:${SECRET}@a:6379` },
      /^LIKE_LAB_REDIS .* redis:\/\/host:port/,
    ],
    [
      'a password with a # that nobody encoded',
      'redis',
      { LIKE_LAB_REDIS: `redis://:${SECRET}#@a:6379` },
      /^LIKE_LAB_REDIS .* %-encode/,
    ],
    [
      'another database',
      'redis',
      { LIKE_LAB_REDIS: `redis://:${SECRET}@a:6379/3` },
      /^LIKE_LAB_REDIS .* no database$/,
    ],
    ['no SQS', 'elasticmq', {}, /^LIKE_LAB_SQS_REGION is not set; .* such as eu-west-1/],
    [
      'a region that is none',
      'elasticmq',
      { LIKE_LAB_SQS_REGION: 'Ireland' },
      /^LIKE_LAB_SQS_REGION .* such as eu-west-1$/,
    ],
    [
      'an endpoint with a key in it',
      'elasticmq',
      { LIKE_LAB_SQS_ENDPOINT: `https://key:${SECRET}@a` },
      /^LIKE_LAB_SQS_ENDPOINT .* https:\/\/host:port, nothing else$/,
    ],
    [
      'a misspelt variable',
      'kafka',
      { ...KAFKA, LIKE_LAB_KAFKA_PASSWROD: SECRET },
      /^LIKE_LAB_KAFKA_PASSWROD is no variable of the lab; allowed are LIKE_LAB_KAFKA, /,
    ],
  ])('%s', (_what, name, environment, line) => {
    let error: Error & { code?: string } = new Error('it was accepted');
    try {
      readExternal(name, environment);
    } catch (found) {
      error = found as Error;
    }
    expect(error.message).toMatch(line);
    expect(error.message).not.toMatch(/\n/);
    expect(error.code).toBe('ENVIRONMENT_INVALID');
    expect(`${error.stack}`).not.toContain(SECRET);
  });
});
