import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fetchJars, type JarSource } from '../../../brokers/servers/local/jars.ts';
import { identityOf } from '../../../brokers/servers/local/living.ts';
import { lockOwner, tryLock, waitForLock } from '../../../brokers/servers/local/lock.ts';
import { runMaven } from '../../../brokers/servers/local/maven.ts';
import { findJava, findMaven, javaVersionIn } from '../../../brokers/servers/local/programs.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SUMS = fileURLToPath(new URL('../../../brokers/servers/local/jars.sha256', import.meta.url));

/** A folder of its own with the real files of Redis in it, and the committed sums. */
async function copiedSource(folder: string): Promise<{ source: JarSource; file: string }> {
  const [original = ''] = await fetchJars('redis', () => {});
  const source = { jarsFolder: join(folder, 'jars'), sumsFile: join(folder, 'jars.sha256') };
  const file = join(source.jarsFolder, 'redis', basename(original));
  await mkdir(dirname(file), { recursive: true });
  await copyFile(original, file);
  await copyFile(SUMS, source.sumsFile);
  return { source, file };
}

describe('what servers are made of', () => {
  test('is left as it is when every sum is right', async () => {
    await using folder = await temporaryFolder();
    const { source, file } = await copiedSource(folder.path);
    const lines: string[] = [];
    expect(await fetchJars('redis', (line) => lines.push(line), source)).toEqual([file]);
    expect(lines).toEqual([]);
  });

  test('is named when it is corrupt, and fetched again by the real Maven', async () => {
    await using folder = await temporaryFolder();
    const { source, file } = await copiedSource(folder.path);
    const sound = await readFile(file);
    await writeFile(file, Buffer.concat([sound.subarray(0, -1), Buffer.from('?')]));
    const lines: string[] = [];
    await fetchJars('redis', (line) => lines.push(line), source);
    expect(lines[0]).toBe(`${basename(file)} is corrupt: fetching it again`);
    expect((await readFile(file)).equals(sound)).toBe(true);
  });

  test('is fetched once when two ask for it at the same time', async () => {
    await using folder = await temporaryFolder();
    const { source, file } = await copiedSource(folder.path);
    await rm(file);
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    await Promise.all([fetchJars('redis', log, source), fetchJars('redis', log, source)]);
    expect(lines.filter((line) => line.startsWith('fetching'))).toHaveLength(1);
  });

  test('is refused, with the way out, when what Maven brings has another sum', async () => {
    await using folder = await temporaryFolder();
    const { source, file } = await copiedSource(folder.path);
    const sums = await readFile(source.sumsFile, 'utf8');
    const sum = new RegExp(`[0-9a-f]{64}(?= {2}redis/${basename(file)})`);
    await writeFile(source.sumsFile, sums.replace(sum, '0'.repeat(64)));
    const fetched = fetchJars('redis', () => {}, source);
    await expect(fetched).rejects.toMatchObject({ code: 'JARS_WRONG' });
    await expect(fetched).rejects.toThrow(
      /^redis-server-\S+ has SHA-256 \w{64} instead of 0{64} .*delete embedded-redis-1.4.3.jar/,
    );
  });

  test('cannot be asked for with a broken list of sums', async () => {
    await using folder = await temporaryFolder();
    const { source } = await copiedSource(folder.path);
    await writeFile(source.sumsFile, 'kafka.jar\n');
    await expect(fetchJars('redis', () => {}, source)).rejects.toThrow(/the line "kafka.jar"/);
  });
});

describe('programs of this machine', () => {
  const nothing = { pathFolders: [], javaHome: undefined };

  test('that are missing are named, with what to install', async () => {
    await expect(findJava('Kafka', nothing)).rejects.toThrow(
      /^no Java found for Kafka: looked for java on PATH, JAVA_HOME is not set; install Java 17/,
    );
    await expect(findJava('Kafka', { ...nothing, javaHome: '/nowhere' })).rejects.toThrow(
      /JAVA_HOME is \/nowhere, but \/nowhere\/bin\/java cannot be run; correct or unset JAVA_HOME/,
    );
    await expect(findMaven('Kafka', nothing)).rejects.toThrow(
      /^no Maven found: looked for mvn on PATH, to fetch Kafka; install Maven/,
    );
  });

  test('that are too old are named with what they say', async () => {
    await using folder = await temporaryFolder();
    const java = join(folder.path, 'java');
    await writeFile(java, '#!/bin/sh\necho \'openjdk version "11.0.2" 2019-01-15\' >&2\n');
    await chmod(java, 0o755);
    const found = findJava('Kafka', { ...nothing, pathFolders: [folder.path] });
    await expect(found).rejects.toThrow(/Java 17 or newer is needed for Kafka, but .* "11.0.2"/);
    expect(javaVersionIn('java version "1.8.0_301"')).toBe(1);
  });

  test('that fail are quoted: an offline Maven says why', async () => {
    await using folder = await temporaryFolder();
    const maven = await findMaven('a test');
    const pom = fileURLToPath(
      new URL('../../../brokers/servers/local/redis.pom.xml', import.meta.url),
    );
    const empty = `-Dmaven.repo.local=${join(folder.path, 'empty')}`;
    const run = runMaven(maven, ['--offline', empty, '-f', pom, 'dependency:tree'], () => {});
    await expect(run).rejects.toMatchObject({ code: 'MAVEN_FAILED' });
    await expect(run).rejects.toThrow(
      /^Maven failed with code 1; if this machine is offline.*\n {2}\|/,
    );
  });
});

describe('a lock', () => {
  test('is held by one and passed on', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.lock');
    const first = await tryLock(file);
    expect(first).toBeDefined();
    expect(await tryLock(file)).toBeUndefined();
    expect(await lockOwner(file)).toEqual(identityOf(process.pid));
    const told: number[] = [];
    const second = waitForLock(file, ({ pid }) => {
      told.push(pid);
      void first!.release();
    });
    await (await second).release();
    expect(told).toEqual([process.pid]);
    expect(await lockOwner(file)).toBeUndefined();
  });

  test.each([
    ['a dead process', JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' })],
    ['an id that another process has now', JSON.stringify({ pid: process.pid, startedAt: '1' })],
    ['nobody at all', 'nonsense'],
  ])('that names %s is taken over, by one of many', async (_who, text) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a.lock');
    await writeFile(file, text);
    expect(await lockOwner(file)).toBeUndefined();
    const all = await Promise.all(Array.from({ length: 20 }, () => tryLock(file)));
    expect(all.filter((lock) => lock !== undefined)).toHaveLength(1);
  });
});
