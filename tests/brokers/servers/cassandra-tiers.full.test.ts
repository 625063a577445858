/** What the tiers of one Cassandra node hold, with real kills. */
import { setTimeout as sleep } from 'node:timers/promises';
import cassandra from 'cassandra-driver';
import { expect, test } from 'vitest';
import { DATACENTER } from '../../../brokers/servers/local/cassandra.ts';
import { startLocalStoreServer } from '../../../brokers/servers/local/store-servers.ts';
import { temporaryFolder } from './temporary-folder.ts';

const WRITES_AT_ONCE = 16;
const WRITING_MS = 1_500;
const START_LIMIT_MS = 180_000;

async function connectTo(address: string): Promise<cassandra.Client> {
  const client = new cassandra.Client({ contactPoints: [address], localDataCenter: DATACENTER });
  await client.connect();
  return client;
}

test.each([
  ['kill', 'holds every acknowledged write'],
  ['everysec', 'has lost the last ones'],
] as const)(
  'Cassandra at tier %s %s over a kill',
  async (tier, _) => {
    await using folder = await temporaryFolder();
    await using server = await startLocalStoreServer('cassandra', { tier, folder: folder.path });
    const before = await connectTo(server.address);
    const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
    await before.execute(`CREATE KEYSPACE k WITH replication = ${replication}`);
    await before.execute('CREATE TABLE k.t (id int PRIMARY KEY)');
    let next = 0;
    const acknowledged = new Map<number, number>();
    /** Until the first refusal, which is the death of the node. */
    const write = async () => {
      for (;;) {
        const id = next++;
        const asked = before.execute('INSERT INTO k.t (id) VALUES (?)', [id], { prepare: true });
        const isWritten = await asked.then(
          () => true,
          () => false,
        );
        if (!isWritten) return;
        acknowledged.set(id, performance.now());
      }
    };
    const writers = Array.from({ length: WRITES_AT_ONCE }, write);
    const startedMs = performance.now();
    while (performance.now() - startedMs < WRITING_MS) await sleep(10);
    const killedMs = performance.now();
    const proof = await server.kill();
    expect(proof).toMatchObject({ endedBy: 'SIGKILL', portRefused: true });
    await Promise.all(writers);
    await before.shutdown();
    await server.start();
    const after = await connectTo(server.address);
    const found = new Set<number>();
    for await (const row of await after.execute('SELECT id FROM k.t')) found.add(row.id);
    await after.shutdown();
    const lost = [...acknowledged].filter(([id]) => !found.has(id));
    console.log(`${tier}: ${lost.length} of ${acknowledged.size} acknowledged writes are lost`);
    expect(acknowledged.size).toBeGreaterThan(100);
    if (tier === 'kill') expect(lost).toEqual([]);
    else {
      expect(lost.length).toBeGreaterThan(0);
      // The marks in its log are 100 ms apart, on a machine that has nothing else to do.
      for (const [, atMs] of lost) expect(killedMs - atMs).toBeLessThan(1_000);
    }
  },
  START_LIMIT_MS,
);
