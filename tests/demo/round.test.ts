import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { Round, type RoundParts } from '../../demo/round.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';

/** A process that is ready at once, except a worker of the broker `mute`, which never is. */
const CHILD = `
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(1));
process.once('message', ({ broker }) => {
  if (broker !== 'mute') process.send({ kind: 'ready', url: 'http://127.0.0.1:9' });
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

test('a worker that is never ready is ended, and another one may be started', async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, 'child.mjs');
  await writeFile(module, CHILD);
  const address = { broker: 'kafka' };
  await using round = await Round.open(partsWith(module, address), () => undefined);
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
