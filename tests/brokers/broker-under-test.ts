/** A broker on a real server of its own, likes to send through it, and a place for what arrives. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Broker } from '../../brokers/broker.ts';
import { BROKERS } from '../../brokers/index.ts';
import { startLocalServer } from '../../brokers/servers/local/index.ts';
import type { LocalServer } from '../../brokers/servers/local/local-server.ts';
import type { Tier } from '../../brokers/servers/server.ts';
import type { HandleLikes, Like } from '../../likes/like.ts';
import type { FixtureConnection } from './fixtures/connection.ts';
import { temporaryFolder } from './servers/temporary-folder.ts';

/** Far more than any delivery or answer takes, also where many tests share a slow server. */
export const ARRIVAL_LIMIT_MS = 40_000;
const POLL_MS = 20;
export const LANES = 4;

/** What the suite cannot know of a system by itself. */
export interface BrokerFacts {
  /** After this long the likes in the hands of a dead consumer go to another one. */
  readonly takeoverMs: number;
  /** A consumer reads on this long after its server, killed meanwhile, answers again. */
  readonly readerRecoveryMs: number;
  /** A send that began while the server was down has rejected after this long. */
  readonly sendLimitMs: number;
  /** An address where nobody listens is reported after this long. */
  readonly connectLimitMs: number;
  /** Whether a consumer notices that its queue was deleted. */
  readonly consumerNoticesDeletion: boolean;
  /** Texts that the system takes from nobody, such as an empty one. */
  readonly cannotCarry?: readonly string[];
  /** More than the largest message that the system takes, in bytes; undefined from 2 MiB up. */
  readonly tooManyBytes?: number;
  /** Likes of one post that a consumer can have in its hands, when fewer than 50. */
  readonly likesOfPostInHandMax?: number;
  /** Settings that decide what an acknowledgement survives, as the server tells them. */
  readonly decisiveSettings: Readonly<Partial<Record<Tier, Record<string, string>>>>;
}

export interface BrokerUnderTest {
  readonly server: LocalServer;
  readonly broker: Broker;
  /** A queue of four lanes with a name that nobody had before. */
  freshQueue(): Promise<string>;
  connection(queue: string): FixtureConnection;
}

/** Starts the server before the tests of the suite that calls this, and ends it after them. */
export function useBroker(name: string, tier: Tier): BrokerUnderTest {
  const entry = BROKERS[name]!;
  let server: LocalServer | undefined;
  let broker: Broker | undefined;
  let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined;
  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startLocalServer(entry.server, { tier, folder: folder.path });
    broker = await entry.open({ address: server.address, tier });
  });
  afterAll(async () => {
    await broker?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });
  return {
    get server() {
      return server!;
    },
    get broker() {
      return broker!;
    },
    async freshQueue() {
      const queue = freshName();
      await broker!.createQueue(queue, { lanes: LANES });
      return queue;
    },
    connection: (queue) => ({ broker: name, address: server!.address, tier, queue }),
  };
}

export function freshName(): string {
  return `likes-${randomBytes(6).toString('hex')}`;
}

/** Likes of one new source, from seq 0, turn by turn on so many posts that each lane gets some. */
export function madeLikes(count: number, { posts = 40, from = 0, source = freshName() } = {}) {
  return Array.from(
    { length: count },
    (_, index): Like => ({
      source,
      seq: from + index,
      post: `post-${(from + index) % posts}`,
      user: `user-${index}`,
      action: index % 7 === 0 ? 'unlike' : 'like',
      version: 1 + (index % 3),
      likedAtMs: 1_500_000_000_000 + index,
    }),
  );
}

export const idOf = ({ source, seq }: Like): string => `${source} ${seq}`;

/** The ids of likes, each once, in an order that is the same for the same likes. */
export function idsOf(...groups: (readonly Like[])[]): string[] {
  return [...new Set(groups.flat().map(idOf))].sort();
}

/** Keeps what a consumer is given; `meet` may make it wait or reject. */
export class Inbox {
  readonly likes: Like[] = [];
  readonly handle: HandleLikes;

  constructor(meet: HandleLikes = async () => {}) {
    this.handle = async (likes, placeOf, headersOf) => {
      await meet(likes, placeOf, headersOf);
      this.likes.push(...likes);
    };
  }

  /** Resolves when each of these likes has arrived at least once; others may have come as well. */
  async has(likes: readonly Like[], limitMs = ARRIVAL_LIMIT_MS): Promise<void> {
    const wanted = idsOf(likes);
    let missing = wanted;
    await until(`${wanted.length} likes arrive`, limitMs, () => {
      const here = new Set(this.likes.map(idOf));
      missing = wanted.filter((id) => !here.has(id));
      return missing.length === 0;
    }).catch((error: Error) => {
      throw new Error(`${error.message}; ${missing.length} are missing, first ${missing[0]}`);
    });
  }
}

/** Asks until the answer is yes; rejects at the limit, naming what was hoped for. */
export async function until(
  hope: string,
  limitMs: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`not so within ${limitMs} ms: ${hope}`);
    await sleep(POLL_MS);
  }
}

/** Resolves when the server itself says that nothing waits and nothing is in anybody's hands. */
export async function drained(broker: Broker, queue: string): Promise<void> {
  let last = '';
  await until(`${queue} is drained`, ARRIVAL_LIMIT_MS, async () => {
    const { waiting, unacknowledged } = await broker.backlog(queue);
    last = `${waiting} waiting, ${unacknowledged} unacknowledged`;
    return waiting === 0 && unacknowledged === 0;
  }).catch((error: Error) => {
    throw new Error(`${error.message}; ${last}`);
  });
}

/** A fixture as a process of its own; disposing kills it. Its errors show in the test's output. */
export class FixtureProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly #ended: Promise<unknown>;

  constructor(fixture: string, connection: FixtureConnection) {
    const path = fileURLToPath(new URL(`fixtures/${fixture}.ts`, import.meta.url));
    this.child = spawn(
      process.execPath,
      ['--disable-warning=TimeoutNegativeWarning', path, JSON.stringify(connection)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.#ended = once(this.child, 'exit');
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.lines.push(line));
  }

  async says(start: string, limitMs = ARRIVAL_LIMIT_MS): Promise<void> {
    await until(`the fixture says "${start}"`, limitMs, () => {
      expect(this.child.exitCode ?? 0, 'exit code of the fixture').toBe(0);
      return this.lines.some((line) => line.startsWith(start));
    });
  }

  /** SIGKILL; resolves when the process is reaped. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill();
  }
}
