/** What a fault of a disk needs of a trial, without one. */
import type { DiskCounts, Server, ServerDisk } from '../../../brokers/servers/server.ts';
import { openClock } from '../../../lab/clock.ts';
import type { Stage } from '../../../lab/faults/fault.ts';
import { Random } from '../../../likes/workloads/random.ts';

/** `acknowledged`: what the producers would say when the fault asks. */
export function diskStage(
  server: Server,
  acknowledged: () => number = () => 0,
  signal = new AbortController().signal,
): Stage {
  const crew = {
    get acknowledged() {
      return acknowledged();
    },
    holdConsumers: () => undefined,
    whileAlive: <T>(work: Promise<T>) => work,
  };
  const random = Random.seeded(7, 1);
  return { server, crew, signal, random, clock: openClock(), strike: 0 } as unknown as Stage;
}

/** Notes what is done to a server, in order, and does nothing. */
export function madeServer(given: Partial<Server> & { counts?: Partial<DiskCounts> } = {}) {
  const done: string[] = [];
  const none = { syncs: 0, syncsDelayed: 0, syncsUnderWay: 0, writesRefused: 0 };
  let pid: number | undefined = 1;
  const disk: ServerDisk = {
    delaySyncs: (delayMs) => done.push(delayMs > 0 ? 'slow' : 'fast'),
    refuseWrites: (refused) => done.push(refused ? 'full' : 'room'),
    counts: () => ({ ...none, ...given.counts }),
    async cutBack() {
      done.push('cut');
      return { files: 1, bytes: 10 };
    },
  };
  const server = {
    ...{ name: 'redis', title: 'Redis', tier: 'power', disk },
    get pid() {
      return pid;
    },
    async kill() {
      done.push('kill');
      pid = undefined;
      return { pid: 1, endedBy: 'SIGKILL', portRefused: true };
    },
    async start() {
      done.push('start');
      pid ??= 2;
    },
    ...given,
  } as unknown as Server;
  return { server, done, die: () => (pid = undefined) };
}
