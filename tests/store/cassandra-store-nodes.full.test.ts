/** Three real nodes: one is killed under load, or two are away and then the third. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type CassandraCluster,
  startCassandraCluster,
} from '../../brokers/servers/local/store-servers.ts';
import type { Like } from '../../likes/like.ts';
import type { CassandraStoreOptions, Consistency } from '../../store/cassandra-options.ts';
import type { CountStore } from '../../store/count-store.ts';
import { openStore } from '../../store/open-store.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { placesFrom } from './cassandra-under-test.ts';
import { allCounts, madeLike, madeLikes, modelCounts } from './made-likes.ts';

const LANES = ['likes/0', 'likes/1', 'likes/2'];
const BATCH = 200;
/** Before, between and after the kills. */
const LIKES_BETWEEN = 2_000;
/** As a consumer pauses before it tries a batch again. */
const RETRY_PAUSE_MS = 200;
/** A node is down for some seconds, and everything is tried again until it is back. */
const RETRIES_MAX = 600;
/** Long enough for a node that is alone to find out that it is, and to store a batch. */
const ALONE_MS = 30_000;
const NODES_LIMIT_MS = 600_000;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: CassandraCluster;
let keyspaces = 0;

beforeAll(async () => {
  folder = await temporaryFolder();
  // What a killed node had acknowledged it has again: what is lost here, no disk has lost.
  const options = { tier: 'kill', folder: folder.path, restartsOften: true } as const;
  cluster = await startCassandraCluster(options);
}, NODES_LIMIT_MS);

beforeEach(async () => {
  for (const node of cluster.nodes) await node.start();
}, NODES_LIMIT_MS);

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

function freshStore(consistency: Consistency): CassandraStoreOptions {
  keyspaces += 1;
  const { contactPoints } = cluster;
  const keyspace = `nodes_${keyspaces}`;
  return { engine: 'cassandra', contactPoints, keyspace, replication: 3, consistency };
}

/** Applies a batch until it is stored, as every consumer here does; with how often it had to. */
async function applyUntilStored(
  store: CountStore,
  batch: readonly Like[],
  lane: string,
  first: number,
): Promise<number> {
  for (let outages = 0; ; outages++) {
    try {
      await store.apply(batch, undefined, placesFrom(first, lane));
      return outages;
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
      if (outages === RETRIES_MAX) throw error;
      await sleep(RETRY_PAUSE_MS);
    }
  }
}

describe('a store on three nodes', () => {
  test(
    'at QUORUM loses nothing when nodes are killed under load, one after the other',
    async () => {
      await using store = await openStore(freshStore('quorum'));
      const applied = LANES.map(() => 0);
      const total = () => applied.reduce((sum, count) => sum + count, 0);
      let isOver = false;
      const loads = LANES.map(async (lane, place) => {
        for (let from = 0; !isOver; from += BATCH) {
          const batch = Array.from({ length: BATCH }, (_, index) => madeLike(lane, from + index));
          await applyUntilStored(store, batch, lane, from);
          applied[place] = from + BATCH;
        }
      });
      const until = async (likes: number) => {
        while (total() < likes) await sleep(10);
      };
      const kills = async () => {
        for (const node of cluster.nodes.slice(1)) {
          await until(total() + LIKES_BETWEEN);
          expect(await node.kill()).toMatchObject({ endedBy: 'SIGKILL', portRefused: true });
          // Proof that it goes on without that node.
          await until(total() + LIKES_BETWEEN);
          await node.start();
        }
        await until(total() + LIKES_BETWEEN);
      };
      await kills().finally(() => {
        isOver = true;
      });
      await Promise.all(loads);
      const likes = LANES.flatMap((lane, place) => madeLikes(lane, applied[place]!));
      expect(await allCounts(store)).toEqual(modelCounts(likes));
      expect(await store.findProblems()).toEqual([]);
    },
    NODES_LIMIT_MS,
  );

  test.each<[Consistency, string]>([
    ['quorum', 'waits, and loses nothing'],
    ['one', 'goes on, and loses what only the third node had'],
  ])(
    'at %s, where two nodes are away and then the third, it %s',
    async (consistency) => {
      const options = freshStore(consistency);
      await using store = await openStore(options);
      const likes = madeLikes('a', 3_000);
      const part = (from: number, to: number) =>
        applyUntilStored(store, likes.slice(from, to), 'likes/0', from);
      await part(0, 1_000);
      const [third, ...two] = cluster.nodes;
      for (const node of two) expect(await node.kill()).toMatchObject({ endedBy: 'SIGKILL' });
      const second = part(1_000, 2_000);
      const isStored = await Promise.race([second.then(() => true), sleep(ALONE_MS, false)]);
      // The proof of the difference: an acknowledgement while only one of three replicas was there.
      expect(isStored).toBe(consistency === 'one');
      expect(await third!.kill()).toMatchObject({ endedBy: 'SIGKILL', portRefused: true });
      for (const node of two) await node.start();
      await second;
      await part(2_000, 3_000);
      await third!.start();

      const atQuorum: CassandraStoreOptions = { ...options, consistency: 'quorum' };
      await using reader = await openStore(atQuorum);
      const model = modelCounts(likes);
      const right = model.reduce((sum, { likes: liked, unlikes }) => sum + liked + unlikes, 0);
      const counts = await allCounts(reader);
      const found = counts.reduce((sum, { likes: liked, unlikes }) => sum + liked + unlikes, 0);
      console.log(`${consistency}: ${right - found} of ${right} acknowledged likes are lost`);
      if (consistency === 'quorum') expect(counts).toEqual(model);
      else expect(found).toBeLessThan(right);
    },
    NODES_LIMIT_MS,
  );
});
