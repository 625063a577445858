/**
 * There is no Docker daemon where this runs, so a stand-in answers in its place. That proves what
 * the lab asks of Docker, in which order and with which limits, and what it makes of the answers.
 * It does not prove that Docker does what it is asked; see services-on-real-servers.test.ts for the
 * settings that its containers get.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { pullImages, startComposeServer } from '../../../../brokers/servers/compose/index.ts';
import { type StandIn, standInForDocker } from './stand-in.ts';

const silent = () => {};
const asRedis = { tier: 'kill', log: silent } as const;

test('a server is one service of a project of its own, on a free port of 127.0.0.1', async () => {
  using docker = standInForDocker();
  await using server = await startComposeServer('redis', asRedis);
  expect(server).toMatchObject({ name: 'redis', title: 'Redis', runtime: 'compose', tier: 'kill' });
  const [first] = docker.asked;
  const port = first!.ports.REDIS_KILL_PORT!;
  expect(server.endpoint).toEqual({ address: `127.0.0.1:${port}` });
  expect(first!.args.slice(0, 7)).toEqual([
    'compose',
    '-p',
    server.project,
    '-f',
    expect.stringMatching(/docker-compose\.yml$/),
    '--profile',
    '*',
  ]);
  expect(docker.composeCommands[0]).toBe('up --detach --wait --wait-timeout 90 redis-kill');
  expect(server.pid).toBe(1002);
  expect(await server.version()).toBe('6.2.14');
  // 12 KiB by `du`; its own pages and the mapped ones by the control group.
  expect(await server.usage()).toEqual({
    cpuUs: 1_500_000,
    memoryBytes: 12_288,
    diskBytes: 12_288,
  });
  // Every later command has the port too: another one would mean another container.
  expect(docker.asked.slice(1).filter(isCompose).map(portOf)).toEqual([port, port]);
});

test('its end removes the project with its volume', async () => {
  using docker = standInForDocker();
  const server = await startComposeServer('kafka', { tier: 'power', log: silent });
  await server[Symbol.asyncDispose]();
  expect(docker.composeCommands.at(-1)).toBe('down --volumes --remove-orphans');
  expect(server.pid).toBeUndefined();
});

test('a kill is SIGKILL, and its proof is what Docker and the port say afterwards', async () => {
  using docker = standInForDocker();
  await using server = await startComposeServer('redis', asRedis);
  const pid = server.pid!;
  const proof = await server.kill();
  expect(proof).toEqual({ pid, endedBy: 'SIGKILL', portRefused: true });
  expect(docker.composeCommands).toContain('kill --signal SIGKILL redis-kill');
  expect(server.pid).toBeUndefined();
  await expect(server.kill()).rejects.toMatchObject({ code: 'SERVER_NOT_RUNNING' });
  await expect(server.usage()).rejects.toMatchObject({ code: 'SERVER_NOT_RUNNING' });
  const { address } = server.endpoint;
  await server.start();
  expect(server.endpoint).toEqual({ address });
  expect(server.pid).not.toBe(pid);
});

test.each<[string, object, string]>([
  ['ended by itself', { ExitCode: 1, OOMKilled: false }, 'exit code 1'],
  ['was ended by the kernel', { ExitCode: 137, OOMKilled: true }, 'SIGKILL for want of memory'],
])('a container that %s is no proof of a kill', async (_what, end, endedBy) => {
  const running = { Running: true, Pid: 7, ExitCode: 0, OOMKilled: false };
  const ended = { Running: false, Pid: 0, ...end };
  const answers = [running, running, ended].map((state) => ({ out: JSON.stringify(state) }));
  using _docker = standInForDocker({ '^inspect': answers });
  await using server = await startComposeServer('redis', asRedis);
  expect(await server.kill()).toEqual({ pid: 7, endedBy, portRefused: true });
});

test('a kill is not over while something still accepts connections on the port', async () => {
  using _docker = standInForDocker();
  await using server = await startComposeServer('redis', asRedis);
  const port = Number(server.endpoint.address.split(':')[1]);
  const survivor = createServer().listen(port, '127.0.0.1');
  await once(survivor, 'listening');
  let isOver = false;
  const killed = server.kill().finally(() => {
    isOver = true;
  });
  // Two connections that ask whether the port is closed, and find it open.
  await once(survivor, 'connection');
  await once(survivor, 'connection');
  expect(isOver).toBe(false);
  survivor.close();
  expect(await killed).toMatchObject({ portRefused: true });
});

test('one that stops keeps its volume, and starting it again is the same container', async () => {
  using docker = standInForDocker();
  await using server = await startComposeServer('redis', asRedis);
  await server.stop();
  expect(server.pid).toBeUndefined();
  await server.start();
  await server.start();
  expect(server.pid).toBeDefined();
  const changes = docker.composeCommands.filter((command) => /^(up|stop|down)/.test(command));
  expect(changes.map((command) => command.split(' ')[0])).toEqual(['up', 'stop', 'up']);
});

test('a port that another program takes in between is given up for another', async () => {
  const taken = 'Error response from daemon: Bind for 127.0.0.1 failed: port is already allocated';
  using docker = standInForDocker({ '^compose up': [{ error: taken }] });
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  await using server = await startComposeServer('redis', { tier: 'kill', log });
  expect(server.pid).toBeDefined();
  expect(lines.join()).toMatch(/port \d+ was taken meanwhile/);
  const [first, second] = docker.asked.filter(({ args }) => args.includes('up'));
  expect(first!.ports).not.toEqual(second!.ports);
});

test('one that does not start shows what Docker and the server said, and is removed', async () => {
  using docker = standInForDocker({
    '^compose up': [{ error: 'container redis-kill-1 is unhealthy' }],
    '^compose logs': [{ out: "Can't open the append-only file" }],
  });
  const started = startComposeServer('redis', asRedis);
  const error = await started.then(
    () => undefined,
    (found: Error) => found,
  );
  expect(error).toMatchObject({ code: 'SERVER_NOT_STARTED' });
  const [line, ...words] = error!.message.split('\n');
  expect(line).toMatch(/^Redis did not start in a container; correct .*, and run again:$/);
  expect(words).toEqual([
    '  | container redis-kill-1 is unhealthy',
    "  | Can't open the append-only file",
  ]);
  expect(docker.composeCommands.at(-1)).toMatch(/^down --volumes/);
});

test('images are brought before the first trial, each service once', async () => {
  using docker = standInForDocker();
  const wanted = [
    { name: 'kafka', tier: 'kill' },
    { name: 'kafka', tier: 'power' },
    { name: 'redis', tier: 'everysec' },
  ] as const;
  await pullImages(wanted, silent);
  expect(docker.composeCommands).toEqual(['pull --quiet --policy missing kafka redis-everysec']);
});

function isCompose({ args }: StandIn['asked'][number]): boolean {
  return args[0] === 'compose' && !args.includes('down');
}

function portOf({ ports }: StandIn['asked'][number]): string | undefined {
  return ports.REDIS_KILL_PORT;
}
