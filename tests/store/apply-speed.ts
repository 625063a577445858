/**
 * Measures `apply` beside a bare upsert of the same counts: `node tests/store/apply-speed.ts`.
 * A program, not a test: a rate says nothing about right or wrong, and machines differ.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Like } from '../../likes/like.ts';
import { openStore } from '../../store/open-store.ts';
import { evenSlotMap, shardOfPost } from '../../store/slot-map.ts';
import type { Synchronous } from '../../store/sqlite-file.ts';

const SHARDS = 4;
const POSTS = 1_800;
const ZIPF_EXPONENT = 0.99;
const LIKES = 200_000;
const ROUNDS = 7;
const BATCH_SIZES = [1_000, 5_000, 10_000];

type Counts = Map<string, { likes: number; unlikes: number }>[];

/** The yardstick: upserts of counts that are added up already, in the same transactions. */
function upsertOnly(folder: string, batches: Counts[], synchronous: Synchronous): number {
  const shards = Array.from({ length: SHARDS }, (_, index) => {
    const database = new DatabaseSync(join(folder, `bare-${index}.sqlite`));
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous};
      PRAGMA wal_autocheckpoint = 4096;
      CREATE TABLE counts (post TEXT PRIMARY KEY, likes INTEGER, unlikes INTEGER)
      STRICT, WITHOUT ROWID`);
    const upsert = database.prepare(`INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE
      SET likes = likes + excluded.likes, unlikes = unlikes + excluded.unlikes`);
    const [begin, commit] = ['BEGIN IMMEDIATE', 'COMMIT'].map((text) => database.prepare(text));
    return { database, upsert, begin: begin!, commit: commit! };
  });
  const startedMs = performance.now();
  for (const batch of batches) {
    for (const [index, { upsert, begin, commit }] of shards.entries()) {
      begin.run();
      for (const [post, { likes, unlikes }] of batch[index]!) upsert.run(post, likes, unlikes);
      commit.run();
    }
  }
  const tookMs = performance.now() - startedMs;
  for (const { database } of shards) database.close();
  return tookMs;
}

async function applyAll(folder: string, batches: Like[][], synchronous: Synchronous) {
  using store = await openStore({ folder, shards: SHARDS, synchronous });
  const startedMs = performance.now();
  for (const batch of batches) await store.apply(batch);
  const tookMs = performance.now() - startedMs;
  if (store.totals().likes !== LIKES) throw new Error('not every like was counted; look for a bug');
  return tookMs;
}

/** Likes from one source, as they come out of JSON: no two of them share a string. */
function makeLikes(): Like[] {
  let sum = 0;
  const cumulative = Array.from({ length: POSTS }, (_, rank) => {
    sum += (rank + 1) ** -ZIPF_EXPONENT;
    return sum;
  });
  let state = 1;
  return Array.from({ length: LIKES }, (_, seq) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const aim = (state / 2 ** 32) * sum;
    let rank = 0;
    while (cumulative[rank]! < aim) rank++;
    const post = `v${(rank * 7_919).toString(36).padStart(10, '_')}`;
    const like = { source: 'producer-0.1f2e3d4c', seq, post, user: `user-${seq % 9_973}` };
    return JSON.parse(JSON.stringify({ ...like, action: 'like', version: 1, likedAtMs: seq }));
  });
}

function addUp(batch: Like[]): Counts {
  const map = evenSlotMap(SHARDS);
  const shards: Counts = Array.from({ length: SHARDS }, () => new Map());
  for (const { post } of batch) {
    const counts = shards[shardOfPost(map, post)]!;
    const count = counts.get(post) ?? { likes: 0, unlikes: 0 };
    counts.set(post, { ...count, likes: count.likes + 1 });
  }
  return shards;
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
}

const likes = makeLikes();
for (const synchronous of ['FULL', 'NORMAL'] as const) {
  for (const size of BATCH_SIZES) {
    const batches = Array.from({ length: LIKES / size }, (_, batch) =>
      likes.slice(batch * size, (batch + 1) * size),
    );
    const counts = batches.map(addUp);
    const rates: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const folder = mkdtempSync(join(tmpdir(), 'apply-speed-'));
      const oursMs = await applyAll(join(folder, 'store'), batches, synchronous);
      const bareMs = upsertOnly(folder, counts, synchronous);
      rates.ours.push(LIKES / oursMs);
      rates.bare.push(LIKES / bareMs);
      rmSync(folder, { recursive: true });
    }
    const ratio = median(rates.ours.map((ours, round) => ours / rates.bare[round]!));
    console.log(
      `${synchronous} batches of ${size}: apply ${median(rates.ours).toFixed(0)}, ` +
        `bare upsert ${median(rates.bare).toFixed(0)} thousand likes/s, ratio ${ratio.toFixed(2)}`,
    );
  }
}
