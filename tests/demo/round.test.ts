import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { Round, type RoundParts } from '../../demo/round.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';

/**
 * A process that is ready at once, except a worker of the broker `mute`, which never is. A gateway
 * dies when it is asked for anything.
 */
const CHILD = `
import { createServer } from 'node:http';
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(1));
process.once('message', ({ role, broker }) => {
  if (broker === 'mute') return;
  if (role !== 'gateway') return process.send({ kind: 'ready' });
  const server = createServer(() => process.kill(process.pid, 'SIGKILL'));
  server.listen(0, '127.0.0.1', () => {
    process.send({ kind: 'ready', url: 'http://127.0.0.1:' + server.address().port });
  });
});
`;
const READY_MS_MAX = 30_000;

function partsWith(childModule: string, address: { broker: string }): RoundParts {
  const none = async () => undefined;
  return {
    ...{ childModule, way: 'queued', brokerTitle: 'Kafka', post: 'p', databaseUrl: '' },
    database: {
      countOf: async () => 0,
      usersOf: async () => [],
      lockWaits: async () => 0,
      [Symbol.asyncDispose]: none,
    },
    queue: {
      address: address as RoundParts['queue']['address'],
      server: { kill: none, start: none } as unknown as RoundParts['queue']['server'],
      ...{ drainedTimeMs: 0, takeoverMsMax: 0 },
      backlog: async () => ({ waiting: 0, unacknowledged: 0, parked: 0 }),
    },
    [Symbol.asyncDispose]: none,
  };
}

afterEach(() => vi.useRealTimers());

async function openRound(folder: string, address: { broker: string }, lines: string[] = []) {
  const module = join(folder, 'child.mjs');
  await writeFile(module, CHILD);
  return await Round.open(partsWith(module, address), (line) => void lines.push(line));
}

test('a gateway that dies is told, and nothing is given to it any more', async () => {
  await using folder = await temporaryFolder();
  const lines: string[] = [];
  await using round = await openRound(folder.path, { broker: 'kafka' }, lines);
  const record = round.startCrowd(50);
  expect([round.gateway, record.row.struck]).toEqual(['up', false]);
  round.press();
  await expect.poll(() => round.gateway).toBe('dead');
  // Nobody knows what it did with the like before it died.
  await expect.poll(() => round.ledger.sums).toMatchObject({ attempted: 1, unknown: 1 });
  expect(lines).toEqual([
    'the gateway has ended (SIGKILL); clear the round, which starts another one',
  ]);
  expect(record.row.struck).toBe(true);
  expect(() => round.press()).toThrow('the gateway is dead; clear the round');
  expect(round.ledger.sums.attempted).toBe(1);
  expect(round.worker).toBe('up');
});

test('a worker that is never ready is ended, and another one may be started', async () => {
  await using folder = await temporaryFolder();
  const address = { broker: 'kafka' };
  await using round = await openRound(folder.path, address);
  await round.killWorker();
  address.broker = 'mute';
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const starting = round.startWorker();
  vi.advanceTimersByTime(READY_MS_MAX);
  await expect(starting).rejects.toThrow('not ready within 30 s; start a new one');
  vi.useRealTimers();
  expect(round.worker).toBe('dead');
  address.broker = 'kafka';
  await round.startWorker();
  expect(round.worker).toBe('up');
});
