/**
 * A whole run under `--runtime compose`, with a stand-in for Docker that starts a real Redis where
 * the container would be. It shows that the lab runs on what Compose has started and ends it; what
 * Docker itself does is shown by no test here.
 */
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { fetchJars } from '../../brokers/servers/local/jars.ts';
import { findRedis } from '../../brokers/servers/local/programs.ts';
import { readRun } from '../../lab/result-files.ts';
import { standInForDocker } from '../brokers/servers/compose/stand-in.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { linesOf, runLab } from './lab-process.ts';

const silent = () => {};

test('a run in containers counts every like, and leaves no container', async () => {
  await using folder = await temporaryFolder();
  const program = (await findRedis()) ?? (await fetchJars('redis', silent))[0]!;
  // biome-ignore lint/style/noProcessEnv: the lab needs the rest of it as well.
  const { PATH = '', ...others } = process.env;
  using docker = standInForDocker();
  const out = join(folder.path, 'out');
  const args = ['--brokers', 'redis-streams,null', '--profile', 'smoke', '--likes', '2000'];
  const { code, stderr } = await runLab(
    ['throughput', '--runtime', 'compose', ...args, '--out', out],
    {
      ...others,
      PATH: `${docker.folder}${delimiter}${PATH}`,
      STAND_IN_FOLDER: docker.folder,
      STAND_IN_REDIS: program,
    },
  );
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { results } = readRun(join(out, 'index.json'));
  const redis = results.filter(({ broker }) => broker === 'redis-streams');
  expect(redis.length).toBeGreaterThan(0);
  for (const { verdict, server, resources } of redis) {
    expect({ verdict, server }).toEqual({
      verdict: 'pass',
      server: { title: 'Redis', runtime: 'compose' },
    });
    expect(resources?.serverCpuUsPerLike).toBeDefined();
  }
  // The lab's own server runs on this machine under any runtime.
  const nulls = results.filter(({ broker }) => broker === 'null');
  expect(nulls.map(({ server }) => server?.runtime)).toContain('local');
  const commands = docker.composeCommands.map((command) => command.split(' ')[0]);
  expect(commands.slice(0, 2)).toEqual(['pull', 'up']);
  expect(commands.at(-1)).toBe('down');
});

test('without a Docker daemon it is one line that says what to do', async () => {
  await using folder = await temporaryFolder();
  const error = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.';
  using docker = standInForDocker({ '^version': [{ error }] });
  const args = ['throughput', '--runtime', 'compose', '--brokers', 'redis-streams'];
  const { code, stderr } = await runLab([...args, '--out', join(folder.path, 'out')], {
    PATH: docker.folder,
    STAND_IN_FOLDER: docker.folder,
  });
  expect(linesOf(stderr)).toHaveLength(1);
  expect(stderr).toMatch(
    /^error: no Docker daemon answers \(Cannot connect .*\); start Docker and run again, or choose/,
  );
  expect(code).toBe(2);
});
