/**
 * One question to a Cassandra node without a client library, so that polling it while it starts
 * costs nothing: STARTUP and a QUERY of CQL's binary protocol, version 4
 * (https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec).
 */
import { connect } from 'node:net';

const ANSWER_TIMEOUT_MS = 1_000;
const REQUEST_VERSION = 0x04;
const HEADER_BYTES = 9;
const LENGTH_AT = 5;
const OPCODE_AT = 4;
const STARTUP = 0x01;
const READY = 0x02;
const QUERY = 0x07;
const RESULT = 0x08;
const CONSISTENCY_ONE = 0x0001;

function frame(opcode: number, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(REQUEST_VERSION, 0);
  header.writeUInt8(opcode, OPCODE_AT);
  header.writeUInt32BE(body.length, LENGTH_AT);
  return Buffer.concat([header, body]);
}

/** A `[string]` of the protocol; with `long`, a `[long string]`. */
function text(value: string, long = false): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(long ? 4 : 2);
  if (long) length.writeUInt32BE(bytes.length);
  else length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function startup(): Buffer {
  const pairs = Buffer.from([0, 1]);
  return frame(STARTUP, Buffer.concat([pairs, text('CQL_VERSION'), text('3.0.0')]));
}

function query(cql: string): Buffer {
  const options = Buffer.from([0, CONSISTENCY_ONE, 0]);
  return frame(QUERY, Buffer.concat([text(cql, true), options]));
}

/** The rows that answer a question, as they are on the wire; undefined when there is no answer. */
function ask(host: string, port: number, cql: string): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ANSWER_TIMEOUT_MS });
    let received = Buffer.alloc(0);
    const finish = (answer: Buffer | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => socket.write(startup()));
    socket.on('data', (part) => {
      received = Buffer.concat([received, part]);
      if (received.length < HEADER_BYTES) return;
      const end = HEADER_BYTES + received.readUInt32BE(LENGTH_AT);
      if (received.length < end) return;
      const opcode = received.readUInt8(OPCODE_AT);
      const body = received.subarray(HEADER_BYTES, end);
      received = received.subarray(end);
      if (opcode === READY) socket.write(query(cql));
      else finish(opcode === RESULT ? body : undefined);
    });
    for (const event of ['timeout', 'close', 'error'] as const) {
      socket.once(event, () => finish(undefined));
    }
  });
}

/** True when the node of this cluster takes questions from clients. */
export async function cassandraAnswers(
  host: string,
  port: number,
  clusterName: string,
): Promise<boolean> {
  const rows = await ask(host, port, 'SELECT cluster_name FROM system.local');
  return rows?.includes(clusterName) ?? false;
}
