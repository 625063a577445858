/** The network between the clients and the server loses everything, both ways, in silence. */
import type { Fault } from './fault.ts';
import { silence, whyNoProxy } from './network-silence.ts';

/** Longer than every client waits for an answer, BullMQ's consumer longest: 15 s. Meanwhile
 * sessions, leases, locks and visibility timeouts, of 10 s, run out as well. */
const CUT_S = 16;

export const networkCut: Fault = {
  name: 'network-cut',
  summary: `the network loses every packet for ${CUT_S} s, in silence`,
  target: 'network',
  equipment: ['network'],
  whyNot: (_, server) => whyNoProxy(server),
  strike: (stage) => silence(stage, 'both', CUT_S),
};
