/**
 * A worker module like cli/worker.ts, whose registry also knows the variants. To be started as a
 * process, never imported: what is imported with it listens to the messages of the process.
 */
import type { BrokerEntry } from '../../../brokers/broker.ts';
import { BROKERS } from '../../../brokers/index.ts';
import type { WorkerSetup } from '../../../lab/worker-process.ts';
import '../../../cli/worker.ts';
import { variantsOf } from './variants/index.ts';

const storeFolder = new Promise<string>((resolve) => {
  process.once('message', (setup) => resolve(String((setup as WorkerSetup).store.folder)));
});

Object.assign(
  BROKERS as Record<string, BrokerEntry>,
  variantsOf(() => storeFolder),
);
