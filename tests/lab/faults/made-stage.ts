/** What a fault of the network needs of a trial, without one: a proxy and a producer that sends. */

import { openClock } from '../../../lab/clock.ts';
import type { Stage } from '../../../lab/faults/fault.ts';
import type { NetworkProxy } from '../../../lab/faults/proxy.ts';

/** The fault believes that a send begins when it asks; `signal` is the trial's. */
export function madeStage(proxy: NetworkProxy, signal = new AbortController().signal): Stage {
  const crew = {
    producer: { untilSending: async () => undefined },
    whileAlive: <T>(work: Promise<T>) => work,
  };
  return { proxy, crew, signal, clock: openClock() } as unknown as Stage;
}
