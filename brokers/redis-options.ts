/** How the clients of both Redis brokers reach their server. */
import { readFileSync } from 'node:fs';
import type { RedisOptions } from 'ioredis';
import type { Endpoint } from './servers/server.ts';

/** What an endpoint says, in the options of ioredis; BullMQ takes them too. */
type Reach = Pick<RedisOptions, 'host' | 'port' | 'username' | 'password' | 'tls'>;

/** Address, user, password and TLS of an endpoint, as ioredis takes them. Reads `caFile`. */
export function redisOptionsOf({ address, username, password, tls }: Endpoint): Reach {
  const [host = '', port] = address.split(':');
  // Without a name in the greeting, a server of several names answers with another's certificate.
  const servername = /[a-z]/i.test(host) ? { servername: host } : {};
  const authority = tls?.caFile === undefined ? {} : { ca: readFileSync(tls.caFile) };
  return {
    host,
    port: Number(port),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: { ...servername, ...authority } }),
  };
}
