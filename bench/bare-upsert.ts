/** The least that adds counts up in SQLite: they are summed per post beforehand, without marks. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { addUp, likeBatches, SHARDS, type StoreOrder } from './store-batches.ts';
import { WarmRate } from './warm-rate.ts';

const { folder, likes } = JSON.parse(process.argv[2]!) as StoreOrder;
const batches = likeBatches(likes).map((batch) => ({ size: batch.length, shards: addUp(batch) }));
mkdirSync(folder);
const shards = Array.from({ length: SHARDS }, (_, index) => {
  const database = new DatabaseSync(join(folder, `shard-${index}.sqlite`));
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4096;
    CREATE TABLE counts (post TEXT PRIMARY KEY, likes INTEGER, unlikes INTEGER)
    STRICT, WITHOUT ROWID`);
  const upsert = database.prepare(`INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE
    SET likes = likes + excluded.likes, unlikes = unlikes + excluded.unlikes`);
  const [begin, commit] = ['BEGIN IMMEDIATE', 'COMMIT'].map((text) => database.prepare(text));
  return { upsert, begin: begin!, commit: commit! };
});
const rate = new WarmRate(likes);
for (const batch of batches) {
  for (const [index, { upsert, begin, commit }] of shards.entries()) {
    begin.run();
    for (const [post, count] of batch.shards[index]!) upsert.run(post, count.likes, count.unlikes);
    commit.run();
  }
  rate.add(batch.size);
}
rate.print();
