/**
 * Servers of somebody else's that a count store is kept on, from environment variables. Unlike
 * those of queues they need no runtime of their own: whoever names one gets it used.
 */
import type { StoreServerName } from '../server.ts';
import { ExternalError } from './errors.ts';

export interface ExternalStore {
  /** PostgreSQL: `postgres://user:password@host:port/database`. Cassandra: `host:port`. */
  readonly addresses: readonly string[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Cassandra: the data centre whose nodes are asked. */
  readonly datacenter?: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

const POSTGRES = 'LIKE_LAB_POSTGRES';
const CASSANDRA = 'LIKE_LAB_CASSANDRA';
const DATACENTER_DEFAULT = 'datacenter1';
const NODE = /^[\w.-]+:\d{1,5}$/;

/** All variables of this file, so that a misspelt one can be told from them. */
export const STORE_VARIABLES: readonly string[] = [
  POSTGRES,
  ...['', '_DATACENTER', '_USERNAME', '_PASSWORD'].map((end) => `${CASSANDRA}${end}`),
];

/**
 * Undefined where nobody named a server, so that the lab starts one of its own.
 * @throws ExternalError ENVIRONMENT_INVALID that names the variable and what is allowed
 */
export function readExternalStore(
  name: StoreServerName,
  // biome-ignore lint/style/noProcessEnv: these variables are how a user names their servers.
  environment: Variables = process.env,
): ExternalStore | undefined {
  const read = (variable: string) => environment[variable] || undefined;
  return name === 'postgres' ? readPostgres(read) : readCassandra(read);
}

type Read = (variable: string) => string | undefined;

function readPostgres(read: Read): ExternalStore | undefined {
  const addresses = listIn(read(POSTGRES));
  if (addresses === undefined) return undefined;
  const isUrl = (text: string) => {
    const url = URL.parse(text);
    return (
      url !== null && ['postgres:', 'postgresql:'].includes(url.protocol) && url.hostname !== ''
    );
  };
  if (addresses.every(isUrl)) return { addresses };
  throw wrong(POSTGRES, 'postgres://user:password@host:port/database, several by commas');
}

function readCassandra(read: Read): ExternalStore | undefined {
  const addresses = listIn(read(CASSANDRA));
  if (addresses === undefined) return undefined;
  if (!addresses.every((text) => NODE.test(text))) {
    throw wrong(CASSANDRA, 'the host:port of a node, several by commas');
  }
  const username = read(`${CASSANDRA}_USERNAME`);
  const password = read(`${CASSANDRA}_PASSWORD`);
  if ((username === undefined) !== (password === undefined)) {
    const missing = username === undefined ? '_USERNAME' : '_PASSWORD';
    throw wrong(CASSANDRA + missing, 'set, because its other half is; or unset both');
  }
  const datacenter = read(`${CASSANDRA}_DATACENTER`) ?? DATACENTER_DEFAULT;
  return { addresses, datacenter, username, password };
}

function listIn(text: string | undefined): string[] | undefined {
  return text?.split(',').map((part) => part.trim());
}

/** Never the value: it may hold a password. */
function wrong(variable: string, allowed: string): ExternalError {
  return new ExternalError('ENVIRONMENT_INVALID', `${variable} is wrong; it must be ${allowed}`);
}
