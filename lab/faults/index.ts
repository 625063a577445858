/** Every fault, in the order of the matrix. */
import { backlog } from './backlog.ts';
import { consumerKill } from './consumer-kill.ts';
import type { Fault } from './fault.ts';
import { memoryFull } from './memory-full.ts';
import { networkCut } from './network-cut.ts';
import { networkReplies } from './network-replies.ts';
import { networkReset } from './network-reset.ts';
import { poison } from './poison.ts';
import { powerCut } from './power-cut.ts';
import { producerKill } from './producer-kill.ts';
import { rebalanceStorm } from './rebalance-storm.ts';
import { rollingDeploy } from './rolling-deploy.ts';
import { serverDiskFull } from './server-disk-full.ts';
import { serverKill } from './server-kill.ts';
import { serverPause } from './server-pause.ts';
import { slowDisk, slowDiskKill } from './slow-disk.ts';
import { storeDiskFull } from './store-disk-full.ts';
import { storeSteps } from './store-steps.ts';
import { zombie } from './zombie.ts';

export const FAULTS: readonly Fault[] = [
  serverKill,
  serverPause,
  powerCut,
  slowDisk,
  slowDiskKill,
  serverDiskFull,
  consumerKill,
  zombie,
  rollingDeploy,
  rebalanceStorm,
  producerKill,
  networkCut,
  networkReplies,
  networkReset,
  storeSteps,
  storeDiskFull,
  memoryFull,
  backlog,
  poison,
];

export function faultNamed(name: string): Fault {
  const found = FAULTS.find((fault) => fault.name === name);
  if (found === undefined) throw new Error(`${name} is no fault of lab/faults/index.ts`);
  return found;
}
