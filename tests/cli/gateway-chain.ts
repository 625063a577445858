/**
 * Clients, two gateways, a queue on a real server, a counting process: the server is killed in the
 * middle. Whatever was answered 202 has to be counted, and nothing else but what was said to be
 * unknown.
 */
import { expect } from 'vitest';
import { openStore } from '../../store/open-store.ts';
import { rowsOf } from '../store/made-likes.ts';
import { GatewayClients } from './gateway-clients.ts';
import { type LabProcess, until } from './lab-process.ts';
import type { QueueServer } from './queue-fixture.ts';

const POSTS = 5;
const CLIENTS = 8;
/** Before the kill and after it, over all clients. */
const ACCEPTED_LEAST = 150;

export async function expectExactOverKill(queueServer: QueueServer, broker: string): Promise<void> {
  const folder = queueServer.storeFolder(`gateway-${broker}`);
  const queue = `--brokers ${broker} --queue likes --store ${folder}`;
  await using counting = queueServer.lab(`count ${queue} --create --rule states`);
  await counting.says(/lag 0 /, 'stdout');
  const start = () => queueServer.lab(`gateway ${queue} --port 0 --json --limiter off`);
  await using one = start();
  await using two = start();
  const urls = await Promise.all([one, two].map(urlOf));
  const clients = new GatewayClients({ urls, clients: CLIENTS, posts: POSTS });
  const bothAccept = (from: number) =>
    urls.every((url) => {
      const accepted = clients.with(202, from).filter((given) => given.url === url);
      return accepted.length >= ACCEPTED_LEAST / 2;
    });
  await until('likes are accepted', () => bothAccept(0));

  await queueServer.server.kill();
  const killed = clients.given.length;
  await until('likes are refused', () => clients.with(503, killed).length > 0);
  const ready = await fetch(`${urls[0]}/readyz`);
  expect(ready.status).toBe(503);
  expect(await (await fetch(`${urls[0]}/healthz`)).json()).toEqual({ alive: true });
  await queueServer.server.start();
  const restarted = clients.given.length;
  await until('likes are accepted again, by both', () => bothAccept(restarted));

  // One gateway is told to end while its clients go on.
  one.child.kill('SIGTERM');
  expect((await one.ended()).code, (await one.ended()).stderr).toBe(0);
  await clients.stop();
  two.child.kill('SIGTERM');
  expect((await two.ended()).code).toBe(0);
  counting.child.kill('SIGTERM');
  expect((await counting.ended()).code).toBe(0);
  const rest = await queueServer.run(`count ${queue} --rule states --until-drained --json`);
  expect(rest.code, rest.stderr).toBe(0);
  await expectCounted(folder, clients);
}

/** A gateway's own word, once it listens. */
export async function urlOf(gateway: LabProcess): Promise<string> {
  let said = '';
  gateway.child.stdout!.on('data', (text: string) => {
    said += text;
  });
  await gateway.says(/"url":/, 'stdout');
  return JSON.parse(said).url;
}

async function expectCounted(folder: string, clients: GatewayClients): Promise<void> {
  const accepted = clients.with(202);
  const unknown = clients.given.filter(({ status, mayHaveBeenStored }) => {
    return status !== 202 && mayHaveBeenStored !== false;
  });
  await using store = await openStore({ folder });
  expect(await store.findProblems()).toEqual([]);
  // Each like has a user of its own, so each that was counted has a state of its own.
  const states = await rowsOf(store, (shard) => shard.states!());
  const stored = new Set(states.map(({ user, post }) => `${user} ${post}`));
  expect(stored.size).toBe(states.length);
  const ids = accepted.map(({ number }) => `${number!.source} ${number!.seq}`);
  expect(new Set(ids).size).toBe(ids.length);
  expect(accepted.filter(({ user, post }) => !stored.has(`${user} ${post}`))).toEqual([]);
  for (let index = 0; index < POSTS; index++) {
    const ofPost = ({ post }: { post: string }) => post === `p-${index}`;
    const { likes, unlikes } = await store.countOf(`p-${index}`);
    expect(unlikes).toBe(0);
    expect(likes).toBeGreaterThanOrEqual(accepted.filter(ofPost).length);
    expect(likes).toBeLessThanOrEqual([...accepted, ...unknown].filter(ofPost).length);
  }
}
