import { describe, expect, test } from 'vitest';
import { readExternal } from '../../../../brokers/servers/external/environment.ts';
import { readExternalStore } from '../../../../brokers/servers/external/store-environment.ts';

const POSTGRES = 'postgres://counter:secret@db-1:5432/likes';

describe('servers of stores that somebody else runs', () => {
  test('are used when they are named, and only then', () => {
    expect(readExternalStore('postgres', {})).toBeUndefined();
    expect(readExternalStore('cassandra', { LIKE_LAB_CASSANDRA: '' })).toBeUndefined();
    const both = `${POSTGRES}, ${POSTGRES.replace('db-1', 'db-2')}`;
    const { addresses } = readExternalStore('postgres', { LIKE_LAB_POSTGRES: both })!;
    expect(addresses).toEqual([POSTGRES, POSTGRES.replace('db-1', 'db-2')]);
    const nodes = { LIKE_LAB_CASSANDRA: 'one:9042,two:9042' };
    expect(readExternalStore('cassandra', nodes)).toEqual({
      addresses: ['one:9042', 'two:9042'],
      datacenter: 'datacenter1',
    });
  });

  test.each([
    ['postgres', { LIKE_LAB_POSTGRES: 'mysql://counter:secret@db-1/likes' }, 'LIKE_LAB_POSTGRES'],
    ['postgres', { LIKE_LAB_POSTGRES: `${POSTGRES},` }, 'several by commas'],
    ['cassandra', { LIKE_LAB_CASSANDRA: 'one' }, 'the host:port of a node'],
    [
      'cassandra',
      { LIKE_LAB_CASSANDRA: 'one:9042', LIKE_LAB_CASSANDRA_PASSWORD: 'secret' },
      'LIKE_LAB_CASSANDRA_USERNAME',
    ],
  ] as const)('of %s, named wrongly, are one line without the secret', (name, variables, line) => {
    const read = () => readExternalStore(name, variables);
    expect(read).toThrow(line);
    expect(read).not.toThrow('secret');
    expect(read).toThrow(expect.objectContaining({ code: 'ENVIRONMENT_INVALID' }));
  });

  test('have variables that are no misspelt ones of the queues', () => {
    const variables = { LIKE_LAB_KAFKA: 'one:9092', LIKE_LAB_POSTGRES: POSTGRES };
    expect(readExternal('kafka', variables).title).toBe('Kafka at one:9092');
    expect(() => readExternal('kafka', { ...variables, LIKE_LAB_POSTGRE: POSTGRES })).toThrow(
      'LIKE_LAB_POSTGRE is no variable of the lab',
    );
  });
});
