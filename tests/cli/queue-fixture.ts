/** A server that is somebody else’s for `count` and `produce`, and what they have counted. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { startLocalServer } from '../../brokers/servers/local/index.ts';
import type { LocalServer } from '../../brokers/servers/local/local-server.ts';
import { openWorkload } from '../../likes/workloads/workload.ts';
import { openStore } from '../../store/open-store.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { type Ended, LabProcess, linesOf } from './lab-process.ts';

export const LIKES = 20_000;

const ADDRESS_VARIABLES = {
  kafka: (address: string) => ({ LIKE_LAB_KAFKA: address }),
  redis: (address: string) => ({ LIKE_LAB_REDIS: `redis://${address}` }),
} as const;

export interface QueueServer {
  readonly server: LocalServer;
  /** A folder for one store, gone after the tests. */
  storeFolder(name: string): string;
  /** Starts `count` or `produce` on the server, as a process of its own. */
  lab(args: string): LabProcess;
  /** The same, to its end. */
  run(args: string): Promise<Ended>;
}

/** Starts the server before the tests of the suite that calls this, and ends it after them. */
export function useServer(name: keyof typeof ADDRESS_VARIABLES): QueueServer {
  let server: LocalServer | undefined;
  let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined;
  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startLocalServer(name, { tier: 'kill', folder: folder.path });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });
  const lab = (args: string) =>
    new LabProcess(
      [...args.split(' '), '--runtime', 'external'],
      ADDRESS_VARIABLES[name](server!.endpoint.address),
    );
  return {
    get server() {
      return server!;
    },
    storeFolder: (store) => join(folder!.path, store),
    lab,
    async run(args) {
      await using started = lab(args);
      return await started.ended();
    },
  };
}

/** The last line of `--json`: what the whole run came to. */
export function totalOf({ stdout }: Ended): Record<string, number> {
  return JSON.parse(linesOf(stdout).at(-1)!);
}

/** Each like of the workload once, post by post, by the rule that comes from the file alone. */
export async function expectExact(storeFolder: string, seed = 1): Promise<void> {
  await using store = await openStore({ folder: storeFolder });
  const workload = openWorkload('trending', { likes: LIKES, seed });
  const wanted = [...workload.expectedCounts()!].map(([post, { likes, unlikes }]) => {
    return { post, likes, unlikes };
  });
  expect(await store.countsOf(wanted.map(({ post }) => post))).toEqual(wanted);
  expect((await store.totals()).marks).toBe(LIKES);
  expect(await store.findProblems()).toEqual([]);
}
