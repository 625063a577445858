/** Where the parts of a large clean trial lie, for those who write and those who check it. */
import { join } from 'node:path';

const CONSUMERS = 2;

export function cleanTrialIn(folder: string) {
  return {
    producerRecords: [join(folder, 'producer.records')],
    consumerRecords: Array.from({ length: CONSUMERS }, (_, index) =>
      join(folder, `consumer-${index}.records`),
    ),
    storeFolder: join(folder, 'store'),
    /** What each post must have, as the workload says. */
    expectedPath: join(folder, 'expected.json'),
  };
}
