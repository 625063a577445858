import { mkdtemp, rm } from 'node:fs/promises';
import { startLocalStoreServer } from './brokers/servers/local/store-servers.ts';
import { openStore } from './store/open-store.ts';
import { CassandraSession } from './store/cassandra-session.ts';
import { madeLikes } from './tests/store/made-likes.ts';
const folder = await mkdtemp('/tmp/cass-try-');
let t = performance.now();
const lap = (name: string) => { console.log(name, Math.round(performance.now() - t)); t = performance.now(); };
const server = await startLocalStoreServer('cassandra', { tier: 'everysec', folder, log: console.log });
lap('up');
const o = { engine: 'cassandra', contactPoints: [server.address], keyspace: 'a' } as const;
for (let i = 0; i < 4; i++) {
  const s = await CassandraSession.open(o); lap('session');
  await s.change(`CREATE KEYSPACE k${i} WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`); lap('ks');
  await s.change(`CREATE TABLE k${i}.x (a int PRIMARY KEY)`); lap('table');
  await s.writeFirst(`INSERT INTO k${i}.x (a) VALUES (0) IF NOT EXISTS`, []); lap('lwt');
  await s.change(`TRUNCATE k${i}.x`); lap('truncate');
  await s[Symbol.asyncDispose](); lap('close');
}
for (let i = 0; i < 3; i++) {
const store = await openStore(o); lap('open');
for (let b = 0; b < 3; b++) {
  const likes = madeLikes('x' + b + i, 1000);
  await store.apply(likes, undefined, (p) => ({ lane: 'l' + i, offset: BigInt(b * 1000 + p) })); lap('batch');
}
await store[Symbol.asyncDispose](); lap('close');
}
await server.stop();
await rm(folder, { recursive: true });
