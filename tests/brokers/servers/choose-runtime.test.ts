import { afterEach, expect, test, vi } from 'vitest';
import { chooseRuntime } from '../../../brokers/servers/choose-runtime.ts';
import { fetchJars } from '../../../brokers/servers/local/jars.ts';
import { standInForDocker } from './compose/stand-in.ts';
import { temporaryFolder } from './temporary-folder.ts';

const silent = () => {};

afterEach(() => {
  vi.unstubAllEnvs();
});

test('this machine runs what it can', async () => {
  expect(await chooseRuntime(['kafka', 'elasticmq', 'redis', 'null'])).toBe('local');
});

test('without Java on PATH, Docker runs what needs Java', async () => {
  using _docker = standInForDocker();
  vi.stubEnv('JAVA_HOME', '');
  expect(await chooseRuntime(['redis', 'kafka'])).toBe('compose');
});

test('without Java on PATH, what needs none runs here all the same', async () => {
  await fetchJars('redis', silent);
  using docker = standInForDocker();
  vi.stubEnv('JAVA_HOME', '');
  expect(await chooseRuntime(['redis', 'null'])).toBe('local');
  expect(docker.asked).toEqual([]);
});

test('with neither, one line names all three ways and what each needs', async () => {
  await using folder = await temporaryFolder();
  vi.stubEnv('PATH', folder.path);
  vi.stubEnv('JAVA_HOME', '');
  const error = await chooseRuntime(['kafka', 'null']).then(
    () => undefined,
    (found: Error) => found,
  );
  expect(error).toMatchObject({ code: 'NO_RUNTIME' });
  expect(error!.message).not.toContain('\n');
  for (const part of [
    /^nothing here can run kafka, null: --runtime local: no Java found for Kafka: /,
    /--runtime compose: there is no docker on PATH; install Docker 25 /,
    /--runtime external: .*environment variables \(README\.md, /,
  ]) {
    expect(error!.message).toMatch(part);
  }
});
