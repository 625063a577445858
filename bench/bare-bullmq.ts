/**
 * The least that BullMQ does by itself: a worker of the same concurrency whose processor does
 * nothing. Completed jobs are removed, as consumers/bullmq.ts has it.
 */
import { Worker } from 'bullmq';
import { WarmRate } from './warm-rate.ts';

const { address, queue, jobs, concurrency } = JSON.parse(process.argv[2]!);
const [host, port] = address.split(':');
const rate = new WarmRate(jobs);
const done = Promise.withResolvers<void>();
const worker = new Worker(queue, async () => undefined, {
  connection: { host, port: Number(port), maxRetriesPerRequest: null },
  concurrency,
  removeOnComplete: { count: 0 },
});
worker.on('error', (error) => done.reject(error));
// Completed, not processed: a job is done for good only when the server has it so.
worker.on('completed', () => {
  rate.add(1);
  if (rate.handled === jobs) done.resolve();
});
await done.promise;
rate.print();
await worker.close();
