/** A proxy before a PostgreSQL that cuts connections around a COMMIT. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A simple query of that text; and what the server says when it has carried it out. */
const COMMIT = Buffer.from('COMMIT\0');

export class CommitCutter implements AsyncDisposable {
  /** Cuts that are still to be made, and whether the COMMIT reaches the server before. */
  #cuts: ('before' | 'after')[] = [];
  readonly #server = createServer((client) => this.#pass(client));
  readonly #sockets = new Set<Socket>();
  readonly #port: number;
  made = 0;

  private constructor(port: number) {
    this.#port = port;
  }

  /** A proxy before the server of `url`, and the address of the same database by way of it. */
  static async start(url: string): Promise<{ cutter: CommitCutter; url: string }> {
    const address = new URL(url);
    const cutter = new CommitCutter(Number(address.port));
    cutter.#server.listen(0, '127.0.0.1');
    await once(cutter.#server, 'listening');
    address.port = String((cutter.#server.address() as AddressInfo).port);
    return { cutter, url: address.href };
  }

  /** The next COMMIT: not passed on, or carried out without an answer. */
  cutNext(where: 'before' | 'after'): void {
    this.#cuts.push(where);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(client: Socket): void {
    const server = connect(this.#port, '127.0.0.1');
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    let isCut = false;
    client.on('data', (data) => {
      const cut = data.includes(COMMIT) ? this.#cuts.shift() : undefined;
      if (cut !== undefined) this.made += 1;
      if (cut === 'before') end();
      else server.write(data);
      isCut ||= cut === 'after';
    });
    server.on('data', (data) => {
      if (!isCut) client.write(data);
      // From here on it is on the disk, and nobody is told.
      else if (data.includes(COMMIT)) end();
    });
  }
}
