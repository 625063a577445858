import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  cpuUsIn,
  diskBytesOf,
  identityOf,
  isAlive,
} from '../../../brokers/servers/local/living.ts';
import { LocalServer, type Recipe } from '../../../brokers/servers/local/local-server.ts';
import { ServerProcess } from '../../../brokers/servers/local/process.ts';
import { redis } from '../../../brokers/servers/local/redis.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The real Redis, started with settings of the test. */
function redisWith(configuration: (ports: readonly number[]) => string): Recipe {
  return {
    ...redis,
    async command(facts) {
      const usual = await redis.command(facts);
      await writeFile(usual.args[0]!, configuration(facts.ports));
      return usual;
    },
  };
}

test('a server with a wrong setting is reported with the last lines of its log', async () => {
  await using folder = await temporaryFolder();
  const recipe = redisWith((ports) => `port ${ports[0]}\nappendfsync sometimes\n`);
  const server = new LocalServer(recipe, { tier: 'kill', folder: folder.path, log: () => {} });
  const error = await server.start().then(
    () => undefined,
    (found: Error) => found,
  );
  expect(error).toMatchObject({ code: 'SERVER_NOT_STARTED' });
  expect(error!.message).toMatch(
    /^Redis ended before it answered; correct what the end of its log/,
  );
  expect(error!.message).toMatch(/\n {2}\| .*appendfsync sometimes/);
  expect(server.pid).toBeUndefined();
});

test('a program that cannot be run is named', async () => {
  await using folder = await temporaryFolder();
  const recipe: Recipe = {
    ...redis,
    prepare: async () => join(folder.path, 'no-such-program'),
  };
  const server = new LocalServer(recipe, { tier: 'kill', folder: folder.path, log: () => {} });
  await expect(server.start()).rejects.toThrow(/no-such-program/);
});

test('a port that another program takes in between is given up for another', async () => {
  await using folder = await temporaryFolder();
  const lines: string[] = [];
  const squatter = createServer();
  let attempts = 0;
  const recipe: Recipe = {
    ...redis,
    async command(facts) {
      attempts += 1;
      if (attempts === 1) {
        squatter.listen(facts.ports[0]!, '127.0.0.1');
        await once(squatter, 'listening');
      }
      return redis.command(facts);
    },
  };
  const log = (line: string) => lines.push(line);
  await using server = new LocalServer(recipe, { tier: 'kill', folder: folder.path, log });
  await server.start();
  expect(attempts).toBe(2);
  expect(lines.join()).toMatch(/port \d+ was taken meanwhile/);
  expect(server.pid).toBeDefined();
  squatter.close();
});

test('a server that ignores SIGTERM is killed, and one that never answers as well', async () => {
  await using folder = await temporaryFolder();
  const command = {
    title: 'A stubborn program',
    file: process.execPath,
    args: [
      '-e',
      "process.on('SIGTERM', () => {}); console.log('here'); setInterval(() => {}, 1e6)",
    ],
    folder: folder.path,
    port: 1,
    // It answers once it has said something, which is after it has begun to ignore the signal.
    answers: async () => (await readFile(join(folder.path, 'server.log'), 'utf8')).includes('here'),
  };
  const stubborn = await ServerProcess.start(command, { stopTimeoutMs: 100 });
  const identity = identityOf(stubborn.pid!)!;
  await stubborn.stop();
  expect(isAlive(identity)).toBe(false);
  const silent = { ...command, answers: async () => false };
  const started = ServerProcess.start(silent, { startTimeoutMs: 300 });
  await expect(started).rejects.toThrow(/did not answer within 0.3 s/);
});

test('the identity of a process tells it from a later one with the same id', () => {
  const me = identityOf(process.pid)!;
  expect(isAlive(me)).toBe(true);
  expect(isAlive({ ...me, startedAt: `${me.startedAt}0` })).toBe(false);
});

test('processor time is read in every form that ps prints', () => {
  expect(cpuUsIn('0:01.25')).toBe(1_250_000);
  expect(cpuUsIn('01:02:03')).toBe(3_723_000_000);
  expect(cpuUsIn('2-00:00:01')).toBe(172_801_000_000);
  expect(() => cpuUsIn('soon')).toThrow(/soon/);
});

test('disk usage counts what files occupy, not how long they claim to be', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'full'), Buffer.alloc(1_000_000, 'x'));
  const sparse = await open(join(folder.path, 'sparse'), 'w');
  await sparse.truncate(100_000_000);
  await sparse.close();
  const bytes = await diskBytesOf(folder.path);
  expect(bytes).toBeGreaterThanOrEqual(1_000_000);
  expect(bytes).toBeLessThan(2_000_000);
});
