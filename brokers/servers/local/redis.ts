/** Redis as a process of this machine: how it is found, set up and asked whether it answers. */
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Tier } from '../server.ts';
import { fetchJars } from './jars.ts';
import type { Recipe } from './local-server.ts';
import { HOST } from './process.ts';
import { findRedis } from './programs.ts';

const ANSWER_TIMEOUT_MS = 1_000;

/** What the tiers mean to Redis. */
const TIER_SETTINGS: Readonly<Record<Tier, readonly string[]>> = {
  memory: ['appendonly no'],
  // What most people run: fsync once a second, off the main thread. While one of them is late, the
  // server answers before it has written, for up to 2 s.
  everysec: ['appendonly yes', 'appendfsync everysec'],
  // The file is written before the reply, so what the kernel holds outlives the process.
  kill: ['appendonly yes', 'appendfsync no'],
  // One fsync before the replies of each turn of its loop: an acknowledged like is on the disk.
  power: ['appendonly yes', 'appendfsync always'],
};

/** Settings that differ from Redis's own, one per line, each with its reason. */
export function configurationOf(tier: Tier, port: number, dataFolder: string): string {
  return [
    // Nobody outside this machine may reach a server without a password.
    `bind ${HOST}`,
    `port ${port}`,
    `dir ${JSON.stringify(dataFolder)}`,
    // Snapshots would make the `memory` tier survive some kills and not others, and their forks
    // would show as latency of the wrong thing.
    'save ""',
    // A queue must refuse what it cannot hold; any other policy throws away likes in silence.
    'maxmemory-policy noeviction',
    ...TIER_SETTINGS[tier],
    // A rewrite forks and holds back fsyncs or doubles the writing. Left at its default, it comes
    // at 64 MiB, 128 MiB and so on, in some trials and not in others. From 1 GiB on it is allowed,
    // so that a long run whose likes were deleted again does not fill the disk.
    'auto-aof-rewrite-min-size 1gb',
    // The default, named because the line above depends on it: rewrite when doubled.
    'auto-aof-rewrite-percentage 100',
    // A consumer on a machine with two busy cores is late, not dead: never cut it off.
    'timeout 0',
    // A tail cut off by the kill is expected here; without this, Redis would refuse to start.
    'aof-load-truncated yes',
  ].join('\n');
}

/** Over Redis's inline protocol. While it loads its file, PING is answered by LOADING instead. */
function answers(port: number, pid: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port, timeout: ANSWER_TIMEOUT_MS });
    let text = '';
    const finish = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => socket.write('INFO server\r\nPING\r\n'));
    socket.on('data', (data) => {
      text += data.toString();
      if (text.endsWith('+PONG\r\n')) finish(text.includes(`process_id:${pid}\r\n`));
      else if (text.includes('\r\n-') || text.startsWith('-')) finish(false);
    });
    socket.once('timeout', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('error', () => finish(false));
  });
}

export const redis: Recipe = {
  name: 'redis',
  title: 'Redis',
  tiers: ['kill', 'memory', 'everysec', 'power'],
  ports: 1,
  // Also where, from version 7 on, the file is several in a folder of their own.
  appendOnly: (path) => path.endsWith('.aof'),
  versionLine: /Redis version=([\d.]+)/,
  /** Returns the path of the redis-server to run. */
  async prepare({ log }) {
    return (await findRedis()) ?? (await fetchJars('redis', log))[0]!;
  },
  async command({ tier, folder, dataFolder, ports, prepared }) {
    const file = `${folder}/redis.conf`;
    await writeFile(file, `${configurationOf(tier, ports[0]!, dataFolder)}\n`);
    return { file: prepared, args: [file], answers: (pid) => answers(ports[0]!, pid) };
  },
};
