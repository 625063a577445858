import { describe, expect, test } from 'vitest';
import {
  cassandraNode,
  configurationOf,
  jvmFlags,
} from '../../../brokers/servers/local/cassandra.ts';

const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

function settingsOf(
  host: string,
  tier: 'kill' | 'power' | 'everysec' = 'kill',
): Map<string, string> {
  const node = { host, hosts: HOSTS, clusterName: 'lab-x', heapMiB: 512 };
  const text = configurationOf({ tier, dataFolder: '/data', ports: [9042, 7000] }, node);
  const lines = text.split('\n').map((line) => /^(\w+): (.*)$/.exec(line));
  return new Map(lines.flatMap((found) => (found ? [[found[1]!, found[2]!]] : [])));
}

describe('the settings of a Cassandra node', () => {
  test('name addresses of this machine only, and its own among all nodes', () => {
    for (const host of HOSTS) {
      const settings = settingsOf(host);
      expect([settings.get('listen_address'), settings.get('rpc_address')]).toEqual([host, host]);
    }
    const all = [...settingsOf('127.0.0.2').values(), ...jvmFlags(512)].join(' ');
    expect(all.match(/\d+\.\d+\.\d+\.\d+/g)).toEqual(['127.0.0.2', '127.0.0.2']);
    expect(all).not.toMatch(/jmxremote|0\.0\.0\.0/);
  });

  test('give each node of three a third of the ring', () => {
    const tokens = HOSTS.map((host) => BigInt(settingsOf(host).get('initial_token')!.slice(1, -1)));
    const third = 2n ** 64n / 3n;
    expect(tokens).toEqual([-(2n ** 63n), -(2n ** 63n) + third, -(2n ** 63n) + third * 2n]);
  });

  test.each([
    ['power', 'batch'],
    ['kill', 'batch'],
    ['everysec', 'periodic'],
  ] as const)('sync before an acknowledgement at tier %s: %s', (tier, sync) => {
    expect(settingsOf('127.0.0.1', tier).get('commitlog_sync')).toBe(sync);
    expect(cassandraNode().tiers).toContain(tier);
  });
});
