/** The least that adds counts up in PostgreSQL: summed per post beforehand, without marks. */
import pg from 'pg';
import type { PostgresOrder } from './postgres-contest.ts';
import { addUp, likeBatches, SHARDS } from './store-batches.ts';
import { WarmRate } from './warm-rate.ts';

const { url, likes } = JSON.parse(process.argv[2]!) as PostgresOrder;
const batches = likeBatches(likes).map((batch) => ({
  size: batch.length,
  shards: addUp(batch).map((counts) => {
    // In the order of the posts, as any writer has to do it that is not alone.
    const rows = [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
    return [
      rows.map(([post]) => post),
      rows.map(([, count]) => count.likes),
      rows.map(([, count]) => count.unlikes),
    ];
  }),
}));
const shards = await Promise.all(
  Array.from({ length: SHARDS }, async (_, index) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(
      `CREATE TABLE bare_${index} (post text PRIMARY KEY, likes bigint, unlikes bigint)`,
    );
    const text = `INSERT INTO bare_${index} AS held
      SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) ON CONFLICT (post) DO UPDATE
      SET likes = held.likes + excluded.likes, unlikes = held.unlikes + excluded.unlikes`;
    return { client, upsert: { name: 'upsert', text } };
  }),
);
const rate = new WarmRate(likes);
for (const batch of batches) {
  await Promise.all(
    shards.map(({ client, upsert }, index) =>
      client.query({ ...upsert, values: batch.shards[index]! }),
    ),
  );
  rate.add(batch.size);
}
rate.print();
for (const { client } of shards) await client.end();
