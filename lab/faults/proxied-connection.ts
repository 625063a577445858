/** One connection through the proxy: two sockets, and what is on its way between them. */
import { Socket } from 'node:net';

/**
 * Held of one connection each way, in bytes: what a socket of Linux holds by itself at most (the
 * last number of net.ipv4.tcp_wmem). Beyond it the proxy stops reading, so the sender is blocked.
 */
export const HELD_BYTES_MAX = 4 * 1024 * 1024;

export class ProxiedConnection {
  /** What the client sends, and what the server sends. */
  readonly requests: Way;
  readonly replies: Way;
  /** Resolves when both sides are closed and nothing is held any more. */
  readonly closed: Promise<unknown>;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #target: { readonly host: string; readonly port: number };
  #isDialled = false;

  constructor(
    client: Socket,
    target: { readonly host: string; readonly port: number },
    passedBytes: { requests: number; replies: number },
  ) {
    const server = new Socket({ allowHalfOpen: true });
    server.setNoDelay(true);
    this.#client = client;
    this.#server = server;
    this.#target = target;
    const closing = [client, server].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    this.closed = Promise.all(closing);
    this.requests = new Way(client, server, (bytes) => {
      passedBytes.requests += bytes;
    });
    this.replies = new Way(server, client, (bytes) => {
      passedBytes.replies += bytes;
    });
  }

  /** Neither the client nor the proxy has closed it. */
  get isOpen(): boolean {
    return !this.#client.destroyed && !this.#client.readableEnded;
  }

  /** Stops one way, both or none; what does not stop goes on with what it held. */
  stop(cut: 'both' | 'replies' | undefined): void {
    if (cut !== 'both' && !this.#isDialled) this.#dial();
    this.replies.stop(cut !== undefined);
    this.requests.stop(cut === 'both');
  }

  reset(): void {
    for (const socket of [this.#client, this.#server]) socket.resetAndDestroy();
  }

  #dial(): void {
    this.#isDialled = true;
    // During a cut its first packet would have been lost; whoever gave up has sent nothing else.
    if (this.isOpen) this.#server.connect(this.#target);
    else this.reset();
  }
}

/** One way of a connection. It keeps the order, since all that it is given goes through a queue. */
class Way {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #notePassed: (bytes: number) => void;
  #waiting: Buffer[] = [];
  #isStopped = true;
  #end: 'none yet' | 'closed' | 'broken' = 'none yet';
  heldBytes = 0;

  constructor(from: Socket, to: Socket, notePassed: (bytes: number) => void) {
    this.#from = from;
    this.#to = to;
    this.#notePassed = notePassed;
    from.on('error', () => undefined); // 'close' follows, and says that there was one.
    from.on('data', (bytes: Buffer) => {
      this.#waiting.push(bytes);
      this.heldBytes += bytes.length;
      this.#pass();
    });
    from.on('end', () => this.#finish('closed'));
    from.on('close', (isBroken) => isBroken && this.#finish('broken'));
    to.on('drain', () => this.#pass());
  }

  stop(isStopped: boolean): void {
    this.#isStopped = isStopped;
    this.#pass();
  }

  #finish(end: 'closed' | 'broken'): void {
    this.#end = end;
    this.#pass();
  }

  #pass(): void {
    if (this.#to.destroyed) this.#takeAll();
    if (!this.#isStopped && !this.#to.destroyed && !this.#to.writableNeedDrain) this.#passAll();
    // While nothing is stopped, what waits for a slow receiver holds the sender up at once.
    const heldBytesMax = this.#isStopped ? HELD_BYTES_MAX : 1;
    if (this.heldBytes >= heldBytesMax) this.#from.pause();
    else this.#from.resume();
  }

  #passAll(): void {
    if (this.heldBytes > 0) {
      this.#notePassed(this.heldBytes);
      this.#to.write(this.#takeAll());
    }
    if (this.#end === 'closed' && !this.#to.writableEnded) this.#to.end();
    if (this.#end === 'broken') this.#break();
  }

  /** As RST, unless there is something that has to get there before it. */
  #break(): void {
    if (this.#to.writableLength === 0) this.#to.resetAndDestroy();
    else this.#to.destroySoon();
  }

  #takeAll(): Buffer {
    const bytes = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.heldBytes = 0;
    return bytes;
  }
}
