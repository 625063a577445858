/**
 * A TCP proxy on loopback that can stop passing on what it is given, as a network does that loses
 * packets: nobody is told, nothing is refused, and what was sent meanwhile comes through when the
 * network is back, because TCP sends it again. It runs in the process that opened it.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ProxiedConnection } from './proxied-connection.ts';

const HOST = '127.0.0.1';
/** Far more than all clients of a trial open; what comes beyond is closed at once. */
const CONNECTIONS_MAX = 4_096;

/** What does not come through: nothing at all, or nothing that the server says. */
export type Cut = 'both' | 'replies';

/** A number for each way: what clients send is a request, what the server sends is a reply. */
export interface EachWay {
  readonly requests: number;
  readonly replies: number;
}

export interface ProxyCounts {
  /** Connections of clients that neither they nor the proxy have closed. */
  readonly connections: number;
  /** Bytes that were taken from one side and not yet handed to the other. */
  readonly heldBytes: EachWay;
  /** Bytes that were handed to the other side since the proxy was opened. */
  readonly passedBytes: EachWay;
  /** Connections that `reset` has ended since the proxy was opened. */
  readonly connectionsReset: number;
}

/** Disposing it closes every connection through it. */
export interface NetworkProxy extends AsyncDisposable {
  /** Where clients connect: `127.0.0.1:port`. The same as long as the proxy lives. */
  readonly address: string;
  readonly port: number;
  /** Where connections from now on lead, `host:port`. Those that come before are reset. */
  passTo(address: string): void;
  /**
   * From now on nothing is passed on, in silence: the proxy goes on reading, holds so much of it,
   * and then lets the sender's own buffers fill. Connections can still be opened. With `replies`
   * what clients send is passed on all the same, also over new connections.
   */
  cut(cut: Cut): void;
  /**
   * Passes on what was held, in order, and all that follows. A connection that one side has closed
   * meanwhile is closed for the other side after that; one that was opened during a cut of both
   * ways and given up again never reaches the server, since nobody answered its first packet.
   */
  heal(): void;
  /** Ends all connections by RST to both sides, and returns how many; what is held is lost. */
  reset(): number;
  counts(): ProxyCounts;
}

/** Listens on a free port; resets what comes before `passTo`. */
export async function openProxy(): Promise<NetworkProxy> {
  const listener = createServer({ allowHalfOpen: true, noDelay: true });
  listener.maxConnections = CONNECTIONS_MAX;
  const proxy = new LoopbackProxy(listener);
  listener.listen(0, HOST);
  await once(listener, 'listening');
  return proxy;
}

class LoopbackProxy implements NetworkProxy {
  readonly #listener: Server;
  readonly #connections = new Set<ProxiedConnection>();
  readonly #passedBytes = { requests: 0, replies: 0 };
  #connectionsReset = 0;
  #target: { readonly host: string; readonly port: number } | undefined;
  #cut: Cut | undefined;

  constructor(listener: Server) {
    this.#listener = listener;
    listener.on('connection', (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  get address(): string {
    return `${HOST}:${this.port}`;
  }

  passTo(address: string): void {
    const { hostname: host, port } = new URL(`tcp://${address}`);
    this.#target = { host, port: Number(port) };
  }

  cut(cut: Cut): void {
    this.#cut = cut;
    this.#tellAll();
  }

  heal(): void {
    this.#cut = undefined;
    this.#tellAll();
  }

  reset(): number {
    const open = [...this.#connections].filter((connection) => connection.isOpen);
    for (const connection of this.#connections) connection.reset();
    this.#connectionsReset += open.length;
    return open.length;
  }

  counts(): ProxyCounts {
    const all = [...this.#connections];
    const held = (way: keyof EachWay) => all.reduce((sum, one) => sum + one[way].heldBytes, 0);
    return {
      connections: all.filter(({ isOpen }) => isOpen).length,
      heldBytes: { requests: held('requests'), replies: held('replies') },
      passedBytes: { ...this.#passedBytes },
      connectionsReset: this.#connectionsReset,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    for (const connection of this.#connections) connection.reset();
    await closed;
  }

  #accept(client: Socket): void {
    if (this.#target === undefined) {
      client.resetAndDestroy();
      return;
    }
    const connection = new ProxiedConnection(client, this.#target, this.#passedBytes);
    this.#connections.add(connection);
    connection.closed.then(() => this.#connections.delete(connection));
    connection.stop(this.#cut);
  }

  #tellAll(): void {
    for (const connection of this.#connections) connection.stop(this.#cut);
  }
}
