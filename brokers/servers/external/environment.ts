/**
 * The servers of the runtime `external`, from environment variables: the only place that reads
 * them. Secrets come this way because arguments can be seen by every user of a machine.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Endpoint, type ServerName, TIERS, type Tier } from '../server.ts';
import { ExternalError } from './errors.ts';
import { STORE_VARIABLES } from './store-environment.ts';

/** The null server is the lab's own: nobody else runs one. */
export type ExternalName = Exclude<ServerName, 'null'>;

export interface ExternalFacts {
  readonly endpoint: Endpoint;
  /** What acknowledgements survive there: the user's word, since it cannot always be read. */
  readonly tier: Tier;
  /** Such as `Kafka at broker-1:9092`; without any secret. */
  readonly title: string;
  /** What to correct when it does not answer. */
  readonly addressVariable: string;
  readonly caVariable: string;
  readonly tierVariable: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

const PREFIX = 'LIKE_LAB_';
const TIER_DEFAULT: Tier = 'kill';
const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const ADDRESS = /^[A-Za-z0-9.-]+:\d{1,5}$/;
/** Larger than the largest bundle of public authorities. */
const CA_FILE_BYTES_MAX = 4 * 1024 * 1024;

const NAMES: Readonly<Record<ExternalName, readonly string[]>> = {
  kafka: ['', '_USERNAME', '_PASSWORD', '_SASL', '_TLS', '_CA_FILE', '_TIER'].map(
    (end) => `LIKE_LAB_KAFKA${end}`,
  ),
  redis: ['', '_CA_FILE', '_TIER'].map((end) => `LIKE_LAB_REDIS${end}`),
  elasticmq: ['_ENDPOINT', '_REGION', '_CA_FILE', '_TIER'].map((end) => `LIKE_LAB_SQS${end}`),
};

/**
 * Where a server of somebody else's is.
 * @throws ExternalError ENVIRONMENT_INVALID that names the variable and what is allowed
 */
export function readExternal(
  name: ExternalName,
  // biome-ignore lint/style/noProcessEnv: these variables are how a user names their servers.
  environment: Variables = process.env,
): ExternalFacts {
  refuseUnknown(environment);
  // An empty variable is one that was meant to be unset.
  const read = (variable: string) => environment[variable] || undefined;
  return READERS[name](read);
}

type Read = (variable: string) => string | undefined;

const READERS: Readonly<Record<ExternalName, (read: Read) => ExternalFacts>> = {
  kafka: readKafka,
  redis: readRedis,
  elasticmq: readSqs,
};

function readKafka(read: Read): ExternalFacts {
  const variable = 'LIKE_LAB_KAFKA';
  const addresses = (read(variable) ?? '').split(',').map((part) => part.trim());
  if (!addresses.every(isAddress)) {
    throw wrong(variable, 'the host:port of a Kafka node, several by commas');
  }
  const address = addresses.join(',');
  const username = read(`${variable}_USERNAME`);
  const password = read(`${variable}_PASSWORD`);
  if ((username === undefined) !== (password === undefined)) {
    const missing = username === undefined ? '_USERNAME' : '_PASSWORD';
    throw wrong(variable + missing, 'set, because its other half is; or unset both');
  }
  const asked = read(`${variable}_SASL`);
  const saslMechanism = SASL_MECHANISMS.find((allowed) => allowed === (asked ?? 'plain'));
  if (saslMechanism === undefined) throw wrong(`${variable}_SASL`, SASL_MECHANISMS.join(', '));
  if (asked !== undefined && username === undefined) {
    throw wrong(`${variable}_USERNAME`, `set, because ${variable}_SASL is; or unset that`);
  }
  const isTls = readSwitch(read, `${variable}_TLS`);
  const tls = readTls(read, variable, isTls ? undefined : `${variable}_TLS to be 1`);
  return {
    endpoint: { address, ...(username && { username, password, saslMechanism }), ...tls },
    tier: readTier(read, variable, ['kill', 'power']),
    title: `Kafka at ${address}`,
    addressVariable: variable,
    caVariable: `${variable}_CA_FILE`,
    tierVariable: `${variable}_TIER`,
  };
}

function readRedis(read: Read): ExternalFacts {
  const variable = 'LIKE_LAB_REDIS';
  const allowed =
    'redis://host:port or rediss://user:password@host:port (rediss is TLS; %-encode what a URL ' +
    'does not allow)';
  const url = parseUrl(read(variable), ['redis:', 'rediss:']);
  if (url === undefined) throw wrong(variable, allowed);
  // Both Redis brokers use database 0, and a cluster has no other.
  if (!['', '/', '/0'].includes(url.pathname)) throw wrong(variable, `${allowed}, no database`);
  const isTls = url.protocol === 'rediss:';
  const address = `${url.hostname}:${url.port || 6379}`;
  const username = decoded(url.username) || undefined;
  const password = decoded(url.password) || undefined;
  const tls = readTls(read, variable, isTls ? undefined : `${variable} to begin with rediss://`);
  return {
    endpoint: { address, ...(username && { username }), ...(password && { password }), ...tls },
    tier: readTier(read, variable, TIERS),
    title: `Redis at ${address}`,
    addressVariable: variable,
    caVariable: `${variable}_CA_FILE`,
    tierVariable: `${variable}_TIER`,
  };
}

function readSqs(read: Read): ExternalFacts {
  const variable = 'LIKE_LAB_SQS';
  const text = read(`${variable}_ENDPOINT`);
  const region = read(`${variable}_REGION`);
  if (text === undefined && region === undefined) {
    throw wrong(`${variable}_REGION`, 'a region such as eu-west-1, for Amazon SQS', ' is not set');
  }
  if (region !== undefined && !/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region)) {
    throw wrong(`${variable}_REGION`, 'a region such as eu-west-1');
  }
  const url = text === undefined ? undefined : parseUrl(text, ['http:', 'https:']);
  const isPlain = url && url.username === '' && url.password === '' && url.pathname === '/';
  if (text !== undefined && !isPlain) {
    throw wrong(`${variable}_ENDPOINT`, 'http://host:port or https://host:port, nothing else');
  }
  const isTls = url === undefined || url.protocol === 'https:';
  const address = url ? `${url.hostname}:${url.port || (isTls ? 443 : 80)}` : '';
  const tls = readTls(read, variable, isTls ? undefined : `${variable}_ENDPOINT to be https`);
  return {
    endpoint: { address, ...(region && { region }), ...tls },
    tier: readTier(read, variable, ['memory', 'kill']),
    title: address === '' ? `Amazon SQS in ${region}` : `SQS at ${address}`,
    addressVariable: url ? `${variable}_ENDPOINT` : `${variable}_REGION`,
    caVariable: `${variable}_CA_FILE`,
    tierVariable: `${variable}_TIER`,
  };
}

/** `missing`: what would have to be otherwise for a file of an authority to make sense. */
function readTls(read: Read, variable: string, missing: string | undefined): Pick<Endpoint, 'tls'> {
  const name = `${variable}_CA_FILE`;
  const path = read(name);
  if (missing !== undefined) {
    if (path !== undefined) throw wrong(name, `used with TLS only: it needs ${missing}`);
    return {};
  }
  if (path === undefined) return { tls: {} };
  const caFile = resolve(path);
  if (!isCertificate(caFile)) {
    throw wrong(name, "a file that can be read and holds the authority's certificate in PEM");
  }
  return { tls: { caFile } };
}

function readTier(read: Read, variable: string, allowed: readonly Tier[]): Tier {
  const name = `${variable}_TIER`;
  const text = read(name) ?? TIER_DEFAULT;
  const tier = allowed.find((candidate) => candidate === text);
  if (tier === undefined) throw wrong(name, allowed.join(', '));
  return tier;
}

function readSwitch(read: Read, variable: string): boolean {
  const text = read(variable) ?? '0';
  if (text !== '0' && text !== '1') throw wrong(variable, '1 or 0');
  return text === '1';
}

function isAddress(text: string): boolean {
  const port = Number(text.split(':')[1]);
  return ADDRESS.test(text) && port >= 1 && port <= 65_535;
}

function parseUrl(text: string | undefined, protocols: readonly string[]): URL | undefined {
  const url = URL.parse(text ?? '');
  if (url === null || !protocols.includes(url.protocol) || url.search || url.hash) return undefined;
  return isAddress(`${url.hostname}:${url.port || 1}`) ? url : undefined;
}

/** A lone percent sign stands for itself, as it does in a password that nobody encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isCertificate(file: string): boolean {
  try {
    if (statSync(file).size > CA_FILE_BYTES_MAX) return false;
    // Of several it reads the first.
    return new X509Certificate(readFileSync(file)).serialNumber !== '';
  } catch {
    // Missing, a folder, not ours to read, or no certificate: the error names the variable.
    return false;
  }
}

/** A misspelt name would otherwise be a password that is silently not used. */
function refuseUnknown(environment: Variables): void {
  const known = [...Object.values(NAMES).flat(), ...STORE_VARIABLES];
  const unknown = Object.keys(environment).find(
    (name) => name.startsWith(PREFIX) && !known.includes(name),
  );
  if (unknown === undefined) return;
  throw new ExternalError(
    'ENVIRONMENT_INVALID',
    `${unknown} is no variable of the lab; allowed are ${known.join(', ')}`,
  );
}

function wrong(variable: string, allowed: string, problem = ' is missing or wrong') {
  return new ExternalError('ENVIRONMENT_INVALID', `${variable}${problem}; it must be ${allowed}`);
}
