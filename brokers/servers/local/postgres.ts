/** PostgreSQL as a process of this machine: how it is set up and asked whether it answers. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { Endpoint } from '../server.ts';
import { removeElsewhere } from './elsewhere.ts';
import type { Recipe } from './local-server.ts';
import { initialize, makeHome } from './postgres-programs.ts';
import { HOST } from './process.ts';

const ANSWER_TIMEOUT_MS = 5_000;
/** Each process that counts has a few for every shard; one that waits costs some 2 MiB. */
const CONNECTIONS_MAX = 300;
const USERNAME = 'lab';
/** There from the start, as in every cluster. */
const DATABASE = 'postgres';

const preparedSchema = z.object({
  programs: z.string(),
  dataFolder: z.string(),
  user: z.object({ name: z.string(), uid: z.number(), gid: z.number() }).optional(),
  password: z.string(),
});
type Prepared = z.infer<typeof preparedSchema>;

function read(prepared: string): Prepared {
  return preparedSchema.parse(JSON.parse(prepared));
}

/** Settings that differ from PostgreSQL's own, or that the tier rests on, each with its reason. */
export function settingsOf(port: number): Readonly<Record<string, string>> {
  return {
    // On 127.0.0.1 only, and without a socket in the file system, whose path may be too long.
    listen_addresses: HOST,
    unix_socket_directories: '',
    port: String(port),
    // The tier `power`: a commit is answered when its log record is on the disk. Both are the
    // defaults, named because everything depends on them.
    fsync: 'on',
    synchronous_commit: 'on',
    max_connections: String(CONNECTIONS_MAX),
    // In the data folder, so that a server that was killed leaves nothing behind elsewhere.
    dynamic_shared_memory_type: 'mmap',
  };
}

/** Its password is this server's alone: two labs may have chosen the same free port. */
async function answers(port: number, password: string): Promise<boolean> {
  // Loaded here, since most trials need no PostgreSQL.
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    host: HOST,
    port,
    user: USERNAME,
    password,
    database: DATABASE,
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
  });
  // What goes wrong later than the answer is of no interest here.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}

/** What a client needs to be told of a server's endpoint, in one line. Holds the password. */
export function postgresUrl({ address, username, password }: Endpoint): string {
  return `postgres://${username}:${password}@${address}/${DATABASE}`;
}

export const postgres: Recipe<'postgres'> = {
  name: 'postgres',
  title: 'PostgreSQL',
  tiers: ['power'],
  ports: 1,
  versionLine: /starting PostgreSQL ([\d.]+)/,
  async prepare({ folder }) {
    const home = await makeHome(folder);
    const password = randomBytes(16).toString('hex');
    await initialize(home, { username: USERNAME, password }).catch(async (error: unknown) => {
      await removeElsewhere(folder);
      throw error;
    });
    return JSON.stringify({ ...home, password } satisfies Prepared);
  },
  async command({ ports, prepared }) {
    const { programs, dataFolder, user, password } = read(prepared);
    const settings = Object.entries(settingsOf(ports[0]!));
    return {
      file: join(programs, 'bin', 'postgres'),
      args: ['-D', dataFolder, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      user,
      // Ends its clients' transactions and itself; at SIGTERM it would wait until they have gone.
      stopSignal: 'SIGINT',
      answers: () => answers(ports[0]!, password),
    };
  },
  credentials: (prepared) => ({ username: USERNAME, password: read(prepared).password }),
};
