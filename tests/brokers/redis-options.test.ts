import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { redisOptionsOf } from '../../brokers/redis-options.ts';
import { temporaryFolder } from './servers/temporary-folder.ts';

test('an address alone is a host and a port, and nothing else', () => {
  expect(redisOptionsOf({ address: '127.0.0.1:6379' })).toEqual({ host: '127.0.0.1', port: 6379 });
});

test('user and password are handed on as they are', () => {
  const told = { username: 'counter', password: 'a:b@c %41' };
  expect(redisOptionsOf({ address: 'redis.example:1', ...told })).toMatchObject(told);
});

test('TLS names the server it wants, unless that is a number', () => {
  expect(redisOptionsOf({ address: 'redis.example:1', tls: {} }).tls).toEqual({
    servername: 'redis.example',
  });
  expect(redisOptionsOf({ address: '10.0.0.1:1', tls: {} }).tls).toEqual({});
});

test('TLS trusts the authority in the file, and a missing file is an error', async () => {
  await using folder = await temporaryFolder();
  const caFile = join(folder.path, 'authority.pem');
  expect(() => redisOptionsOf({ address: 'a:1', tls: { caFile } })).toThrow('ENOENT');
  await writeFile(caFile, 'an authority');
  const { tls } = redisOptionsOf({ address: 'a:1', tls: { caFile } });
  expect(String((tls as { ca: Buffer }).ca)).toBe('an authority');
});
