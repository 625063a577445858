import { expect, test } from 'vitest';
import type { Broker } from '../../../brokers/broker.ts';
import type { ServerDisk } from '../../../brokers/servers/server.ts';
import { powerCut } from '../../../lab/faults/power-cut.ts';
import { diskStage, madeServer } from './disk-stage.ts';

const broker = {} as Broker;

test('a power cut takes what was not synced while the server is dead', async () => {
  const { server, done } = madeServer({ counts: { syncs: 3 } });
  const { facts, doubts } = await powerCut.strike(diskStage(server));
  expect(done).toEqual(['kill', 'cut', 'start']);
  expect(facts).toMatchObject({ endedBy: 'SIGKILL', filesCut: 1, bytesCut: 10, syncs: 3 });
  expect(doubts).toEqual([]);
});

test('a power cut proves nothing where no sync was seen that the tier needs', async () => {
  const { doubts } = await powerCut.strike(diskStage(madeServer().server));
  expect(doubts).toEqual(['the library has seen no sync of this server']);
  const { server } = madeServer({ tier: 'kill' });
  expect((await powerCut.strike(diskStage(server))).doubts).toEqual([]);
});

test('a power cut says nothing of a server that writes in place', () => {
  const { server } = madeServer();
  expect(powerCut.whyNot!(broker, server)).toBeUndefined();
  const disk = { ...server.disk, cutBack: undefined } as ServerDisk;
  const inPlace = madeServer({ disk, title: 'ElasticMQ' }).server;
  expect(powerCut.whyNot!(broker, inPlace)).toMatch(/^ElasticMQ writes in place/);
});
