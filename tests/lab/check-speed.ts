/**
 * Measures the checker on clean likes: `node tests/lab/check-speed.ts [likes]`.
 * A program, not a test: a rate says nothing about right or wrong, and machines differ.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from '../../lab/checker.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { Like } from '../../likes/like.ts';
import { openWorkload } from '../../likes/workloads/workload.ts';
import { openStore } from '../../store/open-store.ts';

const LIKES = Number(process.argv[2] ?? 2_000_000);
const LIKES_PER_BATCH = 2_000;
const ROUNDS = 3;
const MIB = 1024 ** 2;

const folder = mkdtempSync(join(tmpdir(), 'check-speed-'));
const producerRecords = [join(folder, 'producer.records')];
const consumerRecords = [join(folder, 'consumer-0.records'), join(folder, 'consumer-1.records')];
const workload = openWorkload('trending', { likes: LIKES, seed: 1 });
const store = await openStore({ folder: join(folder, 'store'), synchronous: 'OFF' });
try {
  await write();
  const bytes = process.memoryUsage.rss();
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    const { ledger } = check({
      producerRecords,
      consumerRecords,
      stored: store,
      parked: [],
      drained: true,
      sums: { attempted: LIKES },
      expected: workload.expectedCounts(),
    });
    const seconds = (performance.now() - startedMs) / 1000;
    const isClean = ledger.counted === LIKES && ledger.lost + ledger.doubleEffects === 0;
    if (!isClean || ledger.residual !== 0) throw new Error(JSON.stringify(ledger));
    console.log(
      `${LIKES} likes in ${seconds.toFixed(2)} s: ${Math.round(LIKES / seconds)} likes/s; ` +
        `resident ${Math.round(bytes / MIB)} MiB before, ` +
        `${Math.round(process.memoryUsage.rss() / MIB)} MiB after, ` +
        `${Math.round(process.resourceUsage().maxRSS / 1024)} MiB at most since the start`,
    );
  }
} finally {
  store[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
}

async function write(): Promise<void> {
  using producer = new RecordWriter(producerRecords[0]!);
  const consumers = consumerRecords.map((path) => new RecordWriter(path));
  let timeUs = 0;
  let batch: Like[] = [];
  const flush = async () => {
    const records = consumers[(timeUs / 10) % 2]!;
    producer.attempted(timeUs, batch);
    producer.outcome(timeUs + 1, batch, 'ok');
    records.delivered(timeUs + 2, batch);
    const likes = batch;
    await store.apply(likes, ({ fresh, seen }) => {
      const [counted, known] = [fresh, seen].map((places) => places.map((at) => likes[at]!));
      records.stored(timeUs + 3, counted!, known!);
    });
    timeUs += 10;
    batch = [];
  };
  for (const { retry, ...like } of workload.stream()) {
    batch.push({ ...like, source: 'gateway-1', likedAtMs: 0 });
    if (batch.length === LIKES_PER_BATCH) await flush();
  }
  await flush();
  for (const consumer of consumers) consumer[Symbol.dispose]();
}
