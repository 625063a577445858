/** What a like costs on its whole way. */
import type { TrialResult } from './trial-result.ts';

/**
 * CPU µs of producer, consumers, server and, where the store has one, its server; undefined where
 * the server is somebody else's, so that its share is not known.
 */
export function cpuUsPerLike({ resources }: TrialResult): number | undefined {
  if (resources?.serverCpuUsPerLike === undefined) return undefined;
  const { producerCpuUsPerLike, consumerCpuUsPerLike, serverCpuUsPerLike } = resources;
  const { storeServerCpuUsPerLike = 0 } = resources;
  return producerCpuUsPerLike + consumerCpuUsPerLike + serverCpuUsPerLike + storeServerCpuUsPerLike;
}
