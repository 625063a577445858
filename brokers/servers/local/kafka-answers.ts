/**
 * One question to a Kafka broker without a client library, so that polling it while it starts
 * costs nothing: a Metadata request of version 2 for no topics (KIP-4; the wire format is on
 * https://kafka.apache.org/protocol).
 */
import { connect } from 'node:net';
import { HOST } from './process.ts';

const ANSWER_TIMEOUT_MS = 1_000;
const METADATA_KEY = 3;
const METADATA_VERSION = 2;
/** The size, which is in front of everything, and the correlation id behind it. */
const SIZE_BYTES = 4;
const BROKERS_AT = 8;

function metadataRequest(): Buffer {
  const request = Buffer.alloc(18);
  request.writeInt32BE(request.length - SIZE_BYTES, 0);
  request.writeInt16BE(METADATA_KEY, 4);
  request.writeInt16BE(METADATA_VERSION, 6);
  request.writeInt32BE(1, 8);
  // No client id (null), and an empty list of topics.
  request.writeInt16BE(-1, 12);
  request.writeInt32BE(0, 14);
  return request;
}

/** True when the broker of this cluster is unfenced: a fenced one is not in its own list. */
export function kafkaAnswers(port: number, clusterId: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port, timeout: ANSWER_TIMEOUT_MS });
    let answer = Buffer.alloc(0);
    const finish = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => socket.write(metadataRequest()));
    socket.on('data', (part) => {
      answer = Buffer.concat([answer, part]);
      if (answer.length < SIZE_BYTES || answer.length < SIZE_BYTES + answer.readInt32BE(0)) return;
      finish(answer.readInt32BE(BROKERS_AT) > 0 && answer.includes(clusterId));
    });
    socket.once('timeout', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('error', () => finish(false));
  });
}
