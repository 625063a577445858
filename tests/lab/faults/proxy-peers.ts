/** Two peers with a proxy between them, that keep what they are given. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NetworkProxy, openProxy } from '../../../lab/faults/proxy.ts';

const LIMIT_MS = 10_000;
const POLL_MS = 1;

/** Asks until the answer is yes; rejects after 10 s, naming what was hoped for. */
export async function until(hope: string, isSo: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + LIMIT_MS;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`not so within ${LIMIT_MS} ms: ${hope}`);
    await sleep(POLL_MS);
  }
}

/** One end of a connection. */
export class Peer {
  readonly socket: Socket;
  readonly #arrived: Buffer[] = [];
  bytes = 0;
  /** What it was told of the end: `end` for FIN, else the code of the error. */
  ending: string | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#arrived.push(bytes);
      this.bytes += bytes.length;
    });
    socket.on('end', () => {
      this.ending ??= 'end';
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.ending ??= error.code;
    });
  }

  get arrived(): Buffer {
    return Buffer.concat(this.#arrived);
  }
}

/** A proxy that passes on to a server, which keeps every connection that reaches it. */
export class ProxiedPair implements AsyncDisposable {
  readonly proxy: NetworkProxy;
  readonly servers: Peer[] = [];
  readonly #listener = createServer({ allowHalfOpen: true }, (socket) => {
    this.servers.push(new Peer(socket));
  });
  readonly #clients: Peer[] = [];

  private constructor(proxy: NetworkProxy) {
    this.proxy = proxy;
  }

  static async open(): Promise<ProxiedPair> {
    const pair = new ProxiedPair(await openProxy());
    pair.#listener.listen(0, '127.0.0.1');
    await once(pair.#listener, 'listening');
    pair.proxy.passTo(`127.0.0.1:${(pair.#listener.address() as AddressInfo).port}`);
    return pair;
  }

  /** A client whose connection was accepted, by whomever. */
  async client(): Promise<Peer> {
    const { port } = this.proxy;
    const client = new Peer(connect({ host: '127.0.0.1', port, allowHalfOpen: true }));
    this.#clients.push(client);
    await once(client.socket, 'connect');
    return client;
  }

  /** A client and the end of its connection at the server. */
  async connected(): Promise<{ client: Peer; server: Peer }> {
    const known = this.servers.length;
    const client = await this.client();
    await until('the connection reaches the server', () => this.servers.length > known);
    return { client, server: this.servers[known]! };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of [...this.#clients, ...this.servers]) socket.destroy();
    await this.proxy[Symbol.asyncDispose]();
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    await closed;
  }
}
