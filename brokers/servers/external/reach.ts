/** Finds out whether anybody answers at an address, through TLS where the endpoint says so. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Endpoint } from '../server.ts';
import type { ExternalFacts } from './environment.ts';
import { ExternalError } from './errors.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** What Node says when it does not trust who answers, or the certificate has another name. */
const DISTRUST = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME/;

/**
 * Resolves when one of the addresses accepts a connection, and TLS trusts it. Amazon SQS has no
 * address of its own to ask: its client knows where each region is.
 * @throws ExternalError SERVER_UNREACHABLE that says which variable to correct
 */
export async function reach(facts: ExternalFacts): Promise<void> {
  const { endpoint } = facts;
  if (endpoint.address === '') return;
  const addresses = endpoint.address.split(',');
  await Promise.any(addresses.map((address) => connectOnce(address, endpoint))).catch(
    (all: AggregateError) => {
      throw unreachable(facts, all.errors[0] as Error & { code?: string });
    },
  );
}

function connectOnce(address: string, { tls }: Endpoint): Promise<void> {
  const [host, port] = address.split(':') as [string, string];
  const to = { host, port: Number(port), timeout: CONNECT_TIMEOUT_MS };
  const ca = tls?.caFile === undefined ? {} : { ca: readFileSync(tls.caFile) };
  return new Promise((resolve, reject) => {
    // Without a name in the greeting, servers of several names answer with another's certificate.
    const name = /[a-z]/i.test(host) ? { servername: host } : {};
    const socket: Socket = tls ? connectTls({ ...to, ...ca, ...name }) : connect(to);
    const finish = (error?: Error) => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.once(tls ? 'secureConnect' : 'connect', () => finish());
    socket.once('timeout', () => finish(new Error(`no answer in ${CONNECT_TIMEOUT_MS / 1000} s`)));
    socket.once('error', finish);
    socket.once('close', () => finish(new Error('it closed the connection')));
  });
}

function unreachable(facts: ExternalFacts, cause: Error & { code?: string }): ExternalError {
  const { title, addressVariable, caVariable } = facts;
  const isDistrust = DISTRUST.test(cause.code ?? '');
  const step = isDistrust
    ? `set ${caVariable} to the certificate of its authority, in PEM`
    : `check that it runs and is reached from here, and correct ${addressVariable}`;
  return new ExternalError(
    'SERVER_UNREACHABLE',
    `${title} does not answer (${cause.message || cause.code}); ${step}`,
    cause,
  );
}
