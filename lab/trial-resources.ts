/** What a trial cost: processor time, memory and disk of everybody in it. */
import type { TrialEvidence } from './run-trial.ts';
import type { StoreToCheck } from './trial-context.ts';
import type { TrialResult } from './trial-result.ts';
import type { WorkerUsage } from './worker-messages.ts';

/** CPU time over wall time: 1 is a whole core. */
export function coreShare(usage: WorkerUsage): number {
  return usage.wallUs > 0 ? usage.cpuUs / usage.wallUs : 0;
}

function usageOf(usage: WorkerUsage) {
  const { wallUs, memoryBytesMaxByHalf, ...rest } = usage;
  const [first, second] = memoryBytesMaxByHalf;
  const halves: [number, number] = [first, second];
  return { ...rest, coreShare: coreShare(usage), memoryBytesMaxByHalf: halves };
}

export async function resourcesOf(
  evidence: TrialEvidence,
  store: StoreToCheck,
  counted: number,
): Promise<TrialResult['resources']> {
  const [producer] = evidence.producers;
  const consumers = evidence.consumers.map(({ usage }) => usage);
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const perLike = (cpuUs: number) => (counted > 0 ? cpuUs / counted : 0);
  const transactions = sum(evidence.consumers.map(({ sums }) => sums.transactions));
  const { server } = evidence;
  return {
    producer: usageOf(producer!.usage),
    consumers: consumers.map(usageOf),
    producerCpuUsPerLike: perLike(producer!.usage.cpuUs),
    consumerCpuUsPerLike: perLike(sum(consumers.map(({ cpuUs }) => cpuUs))),
    ...(server && {
      serverCpuUsPerLike: perLike(server.cpuUs.publishing + server.cpuUs.counting),
      serverMemoryBytesMax: server.memoryBytesMax,
      serverDiskBytesMax: server.diskBytesMax,
    }),
    ...(evidence.storeServerCpuUs !== undefined && {
      storeServerCpuUsPerLike: perLike(evidence.storeServerCpuUs),
    }),
    storeDiskBytes: await store.diskBytes(),
    likesPerStoreTransaction: transactions > 0 ? counted / transactions : 0,
    // Over HTTP it is the client that keeps a schedule.
    generatorLagUsP99: (evidence.path?.client ?? producer!).generatorLagUsP99,
  };
}
