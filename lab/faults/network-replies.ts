/**
 * The network loses what the server says and nothing else: what clients ask for is done, and nobody
 * hears of it. This is what doubles likes.
 */
import type { Fault } from './fault.ts';
import { silence, whyNoProxy } from './network-silence.ts';

/** Longer than producers wait for an answer, 10 s and on Kafka 12 s, so that they send again or say
 * that they do not know. */
const CUT_S = 14;

export const networkReplies: Fault = {
  name: 'network-replies',
  summary: `the network loses every reply of the server for ${CUT_S} s, in silence`,
  target: 'network',
  equipment: ['network'],
  whyNot: (_, server) => whyNoProxy(server),
  strike: (stage) => silence(stage, 'replies', CUT_S),
};
