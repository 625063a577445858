/**
 * Writes the records and the store of a trial in which nothing went wrong, as large as one likes:
 * `node tests/lab/write-clean-trial.ts FOLDER LIKES LIKES_PER_BATCH`. A process of its own, so that
 * its memory is not taken for the checker's.
 */
import { writeFileSync } from 'node:fs';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { Like } from '../../likes/like.ts';
import { openWorkload } from '../../likes/workloads/workload.ts';
import { openStore } from '../../store/open-store.ts';
import { cleanTrialIn } from './clean-trial.ts';

async function write(folder: string, likes: number, likesPerBatch: number): Promise<void> {
  const { producerRecords, consumerRecords, storeFolder, expectedPath } = cleanTrialIn(folder);
  const workload = openWorkload('trending', { likes, seed: 1 });
  writeFileSync(expectedPath, JSON.stringify([...workload.expectedCounts()!]));
  await using store = await openStore({ folder: storeFolder, synchronous: 'OFF' });
  using producer = new RecordWriter(producerRecords[0]!);
  const consumers = consumerRecords.map((path) => new RecordWriter(path));
  let timeUs = 0;
  let batch: Like[] = [];
  const flush = async () => {
    timeUs += 10;
    const records = consumers[(timeUs / 10) % consumers.length]!;
    producer.attempted(timeUs, batch);
    producer.outcome(timeUs + 1, batch, 'ok');
    records.delivered(timeUs + 2, batch);
    const sent = batch;
    await store.apply(sent, ({ fresh, seen }) => {
      const [counted, known] = [fresh, seen].map((places) => places.map((at) => sent[at]!));
      records.stored(timeUs + 3, counted!, known!);
    });
    batch = [];
  };
  for (const { retry, ...like } of workload.stream()) {
    batch.push({ ...like, source: 'gateway-1', likedAtMs: 0 });
    if (batch.length === likesPerBatch) await flush();
  }
  if (batch.length > 0) await flush();
  for (const consumer of consumers) consumer[Symbol.dispose]();
}

const [folder, likes, likesPerBatch] = process.argv.slice(2);
await write(folder!, Number(likes), Number(likesPerBatch));
