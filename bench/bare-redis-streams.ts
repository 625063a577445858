/**
 * The least that drains streams: one call reads all of them, another acknowledges and trims. Every
 * like is parsed, nothing is counted; no lease, no pending entries of others, no outage. Group,
 * lanes and COUNT are those of consumers/redis-streams.ts as the lab runs it.
 */
import { Redis } from 'ioredis';
import { WarmRate } from './warm-rate.ts';

type Batch = [stream: string, entries: [id: string, fields: string[]][]][];

const { address, queue, entries } = JSON.parse(process.argv[2]!);
const reader = new Redis(Number(address.split(':')[1]), address.split(':')[0]);
const redis = reader.duplicate();
const streams = [0, 1, 2, 3].map((lane) => `${queue}:${lane}`);
const from = [...streams, ...streams.map(() => '>')];
const limits = ['COUNT', 1_000, 'BLOCK', 500, 'STREAMS'] as const;
const rate = new WarmRate(entries);
while (rate.handled < entries) {
  const found = await reader.xreadgroup('GROUP', 'like-counters', 'bare', ...limits, ...from);
  if (found === null) break;
  const done = redis.multi();
  for (const [stream, batch] of found as Batch) {
    for (const [, fields] of batch) JSON.parse(fields[1]!);
    done.xack(stream, 'like-counters', ...batch.map(([id]) => id));
    done.xtrim(stream, 'MINID', '~', batch.at(-1)![0]);
  }
  await done.exec();
  rate.add((found as Batch).reduce((sum, [, batch]) => sum + batch.length, 0));
}
rate.print();
reader.disconnect();
redis.disconnect();
