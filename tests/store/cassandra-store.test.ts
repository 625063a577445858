import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Like } from '../../likes/like.ts';
import { openKeyspace } from '../../store/cassandra-keyspace.ts';
import { CassandraLane } from '../../store/cassandra-lane.ts';
import { CassandraSession } from '../../store/cassandra-session.ts';
import type { CassandraStatesStore } from '../../store/cassandra-states.ts';
import { applyLaneBatch, LaneCache } from '../../store/lane-batch.ts';
import { openStore, type StoreOptions } from '../../store/open-store.ts';
import { testStore } from '../store-contract.ts';
import {
  bucketIn,
  type CassandraUnderTest,
  LAST,
  overwrite,
  placesFrom,
  startCassandra,
  subjectOf,
} from './cassandra-under-test.ts';
import { allCounts, madeLike, madeLikes, modelCounts } from './made-likes.ts';
import { OneLane, placedStore } from './placed-store.ts';

/** Stores of the property test: each makes a keyspace and its tables. */
const PROPERTY_RUNS = 2;

let node: CassandraUnderTest;

beforeAll(async () => {
  node = await startCassandra({ tier: 'everysec', restartsOften: true });
});

afterAll(() => node?.[Symbol.asyncDispose]());

const freshStore: CassandraUnderTest['freshStore'] = (rule) => node.freshStore(rule);

testStore(
  'cassandra',
  async () => {
    const options = freshStore();
    const lane = new OneLane();
    return subjectOf(async () => placedStore(await openStore(options), lane));
  },
  PROPERTY_RUNS,
  true,
);

describe('a tally on Cassandra', () => {
  test('is refused without places, and keeps all marks', async () => {
    await using store = await openStore(freshStore());
    await expect(store.apply(madeLikes('a', 3))).rejects.toMatchObject({
      code: 'PLACES_MISSING',
      message: expect.stringMatching(/use kafka or redis-streams, the rule states/),
    });
    await expect(store.retireSource('a')).rejects.toMatchObject({ code: 'SOURCE_KEPT' });
    expect(await store.totals()).toMatchObject({ posts: 0, marks: 0 });
  });

  test('is exact when writers die after each kind of rows and others cut anew', async () => {
    const options = freshStore();
    const likes = madeLikes('a', 60);
    const log = [...likes, ...likes.slice(0, 20), ...madeLikes('b', 20)];
    const batch = (from: number, to: number) =>
      log.slice(from, to).map((like, place) => ({ like, place, offset: BigInt(from + place) }));
    {
      await using session = await CassandraSession.open(options);
      const facts = await openKeyspace(session, options);
      class Dying extends CassandraLane {
        override async writeMarks(): Promise<void> {
          throw new Error('died');
        }
      }
      class DyingLater extends CassandraLane {
        override async writeCheckpoint(): Promise<void> {
          throw new Error('died');
        }
      }
      for (const [Lane, from, to] of [
        [Dying, 0, 50],
        [DyingLater, 0, 20],
        [Dying, 0, 70],
        [DyingLater, 0, 30],
      ] as const) {
        const lane = new Lane('likes/0', session, facts);
        await expect(applyLaneBatch(lane, new LaneCache(), batch(from, to))).rejects.toThrow(
          'died',
        );
      }
    }
    await using store = await openStore(options);
    expect(await store.findProblems()).toEqual([
      expect.stringMatching(/lane "likes\/0" has \d+ rows ahead of its checkpoint/),
    ]);
    // One that slept since the beginning wakes in the middle of those that went on.
    await using sleeper = await openStore(options);
    const fresh: number[] = [];
    for (let from = 0; from < log.length; from += 40) {
      const some = log.slice(from, from + 40);
      await store.apply(some, (commit) => fresh.push(...commit.fresh), placesFrom(from));
      await sleeper.apply(log.slice(0, 25), undefined, placesFrom(0));
    }
    expect(await allCounts(store)).toEqual(modelCounts(log));
    expect(await store.findProblems()).toEqual([]);
    expect((await store.totals()).marks).toBe(80);
  });

  test('is exact when two count the same lanes side by side', async () => {
    const options = freshStore();
    await using one = await openStore(options);
    await using other = await openStore(options);
    const lanes = ['likes/0', 'likes/1', 'likes/2'].map((lane) => ({
      lane,
      likes: madeLikes(lane, 400),
    }));
    const count = async (store: typeof one, lane: string, likes: Like[], size: number) => {
      for (let from = 0; from < likes.length; from += size) {
        await store.apply(likes.slice(from, from + size), undefined, placesFrom(from, lane));
      }
    };
    await Promise.all(
      lanes.flatMap(({ lane, likes }) => [
        count(one, lane, likes, 70),
        count(other, lane, likes, 90),
      ]),
    );
    expect(await allCounts(one)).toEqual(modelCounts(lanes.flatMap(({ likes }) => likes)));
    expect(await one.findProblems()).toEqual([]);
  });

  test('refuses a lane whose offsets are given out again, and loses nothing of it', async () => {
    await using store = await openStore(freshStore());
    await store.apply(madeLikes('a', 10), undefined, placesFrom(0));
    const again = madeLikes('b', 5);
    await expect(store.apply(again, undefined, placesFrom(0))).rejects.toMatchObject({
      code: 'LANE_OUT_OF_ORDER',
    });
    expect(await allCounts(store)).toEqual(modelCounts(madeLikes('a', 10)));
    // Under another name it is another lane.
    await store.apply(again, undefined, placesFrom(0, 'likes-again/0'));
    expect((await store.totals()).marks).toBe(15);
  });

  test('has its damage named: a count, a mark, a checkpoint, a like in two lanes', async () => {
    const options = freshStore();
    await using store = await openStore(options);
    const like = madeLike('a', 0, { post: 'x', action: 'like' });
    await store.apply([like], undefined, placesFrom(0));
    const place = "bucket = ? AND post = 'x' AND lane = 'likes/0'";
    await overwrite(
      options,
      `UPDATE KEYSPACE.counts USING TIMESTAMP ${LAST} SET likes = 5 WHERE ${place}`,
      await bucketIn(options, 'counts', 'post', 'x'),
    );
    expect(await store.findProblems()).toEqual([
      'shard 0: post "x" in lane "likes/0" is damaged: 5 likes, 0 unlikes',
      'shard 0: lane "likes/0" has 5 likes and unlikes, but 1 marks',
    ]);
    await overwrite(
      options,
      `UPDATE KEYSPACE.marks USING TIMESTAMP ${LAST} SET bits = 0x00 ` +
        "WHERE lane = 'likes/0' AND source = 'a' AND block = 0",
    );
    const damagedMark = 'shard 0: block 0 of source "a" in lane "likes/0" is damaged';
    expect((await store.findProblems())[1]).toContain(damagedMark);
    await using reader = await openStore(options);
    await expect(reader.apply([like], undefined, placesFrom(1))).rejects.toThrow(/is damaged/);

    const doubled = freshStore();
    await using twice = await openStore(doubled);
    for (const lane of ['likes/0', 'likes/1']) {
      await twice.apply([like], undefined, placesFrom(0, lane));
    }
    expect(await twice.findProblems()).toEqual([
      expect.stringMatching(/block 0 of source "a" .* has 1 marks that another lane has as well/),
    ]);
  });
});

describe('states on Cassandra', () => {
  const press = (user: string, version: number, action: Like['action'], seq = 0): Like =>
    madeLike(`s-${user}`, seq, { post: 'x', user, version, action });

  test('end with the last version of each user, whatever came when and how often', async () => {
    const options = freshStore('states');
    await using store = (await openStore(options)) as CassandraStatesStore;
    await store.apply([press('ada', 2, 'unlike'), press('bob', 1, 'like')]);
    await store.apply([press('ada', 1, 'like'), press('bob', 1, 'like'), press('eve', 1, 'like')]);
    await store.apply([press('eve', 3, 'like'), press('eve', 2, 'unlike')]);
    expect(await store.countOf('x')).toEqual({ post: 'x', likes: 2, unlikes: 0 });
    const liked = ['ada', 'bob', 'eve', 'nobody'].map((user) => store.isLikedBy(user, 'x'));
    expect(await Promise.all(liked)).toEqual([false, true, true, false]);
    const states = await Array.fromAsync(store.shards[0].states());
    expect(states.map(({ user, version }) => `${user} ${version}`).sort()).toEqual([
      'ada 2',
      'bob 1',
      'eve 3',
    ]);
  });

  test('are counted from the roll-up, and anew where a like came after it', async () => {
    const options = freshStore('states');
    await using store = (await openStore(options)) as CassandraStatesStore;
    await store.apply([press('ada', 1, 'like')]);
    expect(await store.rollUp()).toBe(1);
    expect(await store.rollUp()).toBe(0);
    expect(await store.findProblems()).toEqual([]);
    await store.apply([press('bob', 1, 'like')]);
    expect((await store.countOf('x')).likes).toBe(2);
    expect(await store.topPosts(3)).toEqual([{ post: 'x', likes: 2, unlikes: 0 }]);
    expect(await store.rollUp()).toBe(1);
    const rollUps = Array.from({ length: 4 }, () => store.rollUp());
    await Promise.all([store.apply([press('eve', 1, 'like')]), ...rollUps]);
    await store.rollUp();
    expect((await store.countOf('x')).likes).toBe(3);
    expect(await store.findProblems()).toEqual([]);
    await overwrite(
      options,
      `UPDATE KEYSPACE.states USING TIMESTAMP ${LAST} SET state = 0x00 ` +
        "WHERE post = 'x' AND bucket = ? AND user = 'bob'",
      await bucketIn(options, 'states', 'user', 'bob'),
    );
    expect(await store.findProblems()).toEqual([
      expect.stringContaining(
        'the state of user "bob" and post "x" is damaged: unlike in version 0',
      ),
      'shard 0: post "x" is rolled up to 3, its states say 2',
    ]);
  });
});

describe('opening a store on Cassandra', () => {
  test('is refused for another rule, for no store, for reading what is not there', async () => {
    const options = freshStore();
    await expect(openStore({ ...options, readOnly: true })).rejects.toMatchObject({
      code: 'NOT_A_STORE',
    });
    await (await openStore(options))[Symbol.asyncDispose]();
    await expect(openStore({ ...options, rule: 'states' as const })).rejects.toMatchObject({
      code: 'STORE_RULE_DIFFERS',
    });
    await expect(openStore({ ...options, keyspace: 'system_auth' })).rejects.toMatchObject({
      code: 'NOT_A_STORE',
    });
    await using reader = await openStore({ ...options, readOnly: true });
    await expect(reader.apply(madeLikes('a', 1), undefined, placesFrom(0))).rejects.toThrow(
      /reading only/,
    );
  });

  test('where nobody answers is an outage that names the address', async () => {
    const nowhere: StoreOptions = { ...freshStore(), contactPoints: ['127.0.0.1:1'] };
    await expect(openStore(nowhere)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });
});
